/** Query parameters that may carry a token; they never go into a log or on to another host. */
export const TOKEN_PARAMETERS = ['jwt', 'token'] as const;
const BEARER = /^bearer +([\w.~+/=-]+) *$/i;
const BASIC = /^basic +([A-Za-z0-9+/]+=*) *$/i;

/**
 * The token a request brings, from the first of: `Authorization: Bearer` (RFC 6750 2.1), the password of
 * `Authorization: Basic` (players that take only a user name and a password), `?jwt=` and `?token=`.
 *
 * @param url path and query of the request line
 */
export function tokenOf(authorization: string | undefined, url: string): string | undefined {
	const bearer = BEARER.exec(authorization ?? '')?.[1];
	if (bearer !== undefined) return bearer;
	const { password } = passwordOf(authorization);
	if (password !== '') return password;
	const query = url.indexOf('?');
	if (query < 0) return undefined;
	const parameters = new URLSearchParams(url.slice(query + 1));
	for (const name of TOKEN_PARAMETERS) {
		const value = parameters.get(name);
		if (value !== null && value !== '') return value;
	}
	return undefined;
}

/** The user name and password of `Authorization: Basic`; empty without. */
export function passwordOf(authorization: string | undefined): { user: string; password: string } {
	const basic = BASIC.exec(authorization ?? '')?.[1];
	const text = basic === undefined ? '' : Buffer.from(basic, 'base64').toString('utf8');
	const colon = text.indexOf(':');
	return colon < 0 ? { user: '', password: '' } : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
