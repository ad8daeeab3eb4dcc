// Whatever is long in these is bounded or stops where the next match could begin: texts of a peer are read in a time
// that grows with their length, not with its square.
const USER_INFO = /(:\/\/)[^/?#\s"'<>]*@/g;
const SECRET_WORD = 'pas|pwd|psw|usr|user|login|token|secret|key|auth|jwt|cred|signature';
const SECRET_PARAMETER = new RegExp(
	`([?&;](?:[^=&;#?\\s]{0,128}(?:${SECRET_WORD})[^=&;#?\\s]{0,128}|pw|un)=)[^&;\\s"'<>]*`,
	'gi',
);
/** Alone, each of these letters says nothing. */
const SHORT_PARAMETERS = /([?&;]u=)[^&;\s"'<>]*([&;]p=)[^&;\s"'<>]*/gi;
/** In a path: `/user=admin_password=secret_channel=1_stream=0.sdp` of XM cameras, or `/user=admin/password=secret/`. */
const SECRET_IN_PATH = new RegExp(
	`([/_](?:[a-z.-]{0,16}(?:${SECRET_WORD})[a-z.-]{0,16}|pw|un)=)` +
		`(?:[^?&;\\s"'<>]{0,128}?(?=_(?:pas[a-z]*|pwd|channel|stream)=)|(?:[^/?&;#_\\s"'<>]|_(?![a-z]{2,16}=[^&;\\s]))*)`,
	'gi',
);
const CREDENTIAL_HEADER = /((?:proxy-)?authorization\s*[:=]\s*["']?(?:basic|digest|bearer)\s+)[^\r\n]*/gi;

const CAMERA_URL = /(rtsp[sx]?:\/\/[^/?#\s"'<>]*)([/?#][^\s"'<>]*)/gi;
/** Up to a host in the path: what should have been encoded and was not may be the rest of a password. */
const BEFORE_HOST =
	/^([/?#]).*@(?=(?:\[[0-9a-f:.%]+\]|localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::\d{1,5})?(?:[/?#]|$))/i;
/** `/admin:secret/` or `?admin:secret&`, and not `/10.0.0.1:554/`. */
const NAME_AND_SECRET =
	/(?<!\/)([/?&])(?!\d+\.\d+\.\d+\.\d+:\d{1,5}(?:[/?&#]|$))[^/?#&;=:@\s]+(?::|%3a)[^/?&\s]+(?=[/?&]|$)/gi;

/**
 * Takes secrets out of a text that may hold URLs or headers: user information in URLs, parameters that look like
 * credentials wherever cameras want them, and the value of Authorization headers become `***`. Everything logged,
 * answered or thrown that came from a configured URL or from a peer goes through here.
 */
export function redact(text: string): string {
	return text
		.replace(USER_INFO, '$1***@')
		.replace(CAMERA_URL, (_, place: string, path: string) => place + redactPath(path))
		.replace(SECRET_PARAMETER, '$1***')
		.replace(SHORT_PARAMETERS, '$1***$2***')
		.replace(SECRET_IN_PATH, '$1***')
		.replace(CREDENTIAL_HEADER, '$1***');
}

function redactPath(path: string): string {
	return path.replace(BEFORE_HOST, '$1***@').replace(NAME_AND_SECRET, '$1***');
}
