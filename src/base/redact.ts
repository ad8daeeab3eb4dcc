const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)[^/?#\s"'<>]*@/gi;
const SECRET_PARAMETER =
	/([?&;](?:[^=&;#\s]*(?:password|passwd|pwd|token|secret|key|auth|jwt|user|username)[^=&;#\s]*)=)[^&;#\s"'<>]*/gi;
const CREDENTIAL_HEADER = /((?:proxy-)?authorization\s*[:=]\s*["']?(?:basic|digest|bearer)\s+)[^\r\n]*/gi;

/**
 * Takes secrets out of a text that may hold URLs or headers: user information in URLs, query parameters that
 * look like credentials, and the value of Authorization headers become `***`. Everything logged, answered or
 * thrown that came from a configured URL or from a peer goes through here.
 */
export function redact(text: string): string {
	return text.replace(USER_INFO, '$1***@').replace(SECRET_PARAMETER, '$1***').replace(CREDENTIAL_HEADER, '$1***');
}
