/** A STUN or TURN server for viewers. */
export type IceServer = {
	readonly urls: readonly string[];
	readonly username?: string | undefined;
	readonly credential?: string | undefined;
};

/** The values of the `Link` header that tell a WHEP player the ICE servers (RFC 9725 4.6), one for each URL. */
export function iceServerLinks(servers: readonly IceServer[]): string[] {
	return servers.flatMap(({ urls, username, credential }) =>
		urls.map((url) => {
			const parts = [`<${url}>`, 'rel="ice-server"'];
			if (username !== undefined) parts.push(`username=${quoted(username)}`);
			if (credential !== undefined) parts.push(`credential=${quoted(credential)}`, 'credential-type="password"');
			return parts.join('; ');
		}),
	);
}

/** A quoted-string (RFC 9110 5.6.4). */
function quoted(text: string): string {
	return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
