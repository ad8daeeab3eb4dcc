// Whatever is long in these is bounded or stops where the next match could begin: texts of a peer are read in a time
// that grows with their length, not with its square.
const USER_INFO = /(:\/\/)[^/?#\s"'<>]*@/g;
const SECRET_PARAMETER =
	/([?&;][^=&;#?\s]{0,128}(?:password|passwd|pwd|token|secret|key|auth|jwt|user|username)[^=&;#?\s]{0,128}=)[^&;#\s"'<>]*/gi;
const CREDENTIAL_HEADER = /((?:proxy-)?authorization\s*[:=]\s*["']?(?:basic|digest|bearer)\s+)[^\r\n]*/gi;

/**
 * Takes secrets out of a text that may hold URLs or headers: user information in URLs, query parameters that
 * look like credentials, and the value of Authorization headers become `***`. Everything logged, answered or
 * thrown that came from a configured URL or from a peer goes through here.
 */
export function redact(text: string): string {
	return text.replace(USER_INFO, '$1***@').replace(SECRET_PARAMETER, '$1***').replace(CREDENTIAL_HEADER, '$1***');
}
