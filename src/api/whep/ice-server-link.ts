import { createHmac } from 'node:crypto';

/** A STUN or TURN server for viewers. */
export type IceServer = {
	readonly urls: readonly string[];
	readonly username?: string | undefined;
	readonly credential?: string | undefined;
	/** Shared with the TURN server: each viewer gets a user name and password of its own that end. */
	readonly secret?: string | undefined;
};

/** How long a TURN password made from a secret is good: a viewer may watch for so long. Seconds. */
const CREDENTIAL_LIFETIME_S = 24 * 3600;

/**
 * The values of the `Link` header that tell a WHEP player the ICE servers (RFC 9725 4.6), one for each URL. With a
 * secret, user name and password are of the form TURN servers know as REST API credentials: the time they end, and its
 * HMAC-SHA1.
 *
 * @param now milliseconds since the Unix epoch
 */
export function iceServerLinks(servers: readonly IceServer[], now: number): string[] {
	return servers.flatMap((server) => {
		const { username, credential } = server.secret === undefined ? server : timeLimited(server.secret, now);
		return server.urls.map((url) => {
			const parts = [`<${url}>`, 'rel="ice-server"'];
			if (username !== undefined) parts.push(`username=${quoted(username)}`);
			if (credential !== undefined) parts.push(`credential=${quoted(credential)}`, 'credential-type="password"');
			return parts.join('; ');
		});
	});
}

function timeLimited(secret: string, now: number): { username: string; credential: string } {
	const username = `${Math.floor(now / 1000) + CREDENTIAL_LIFETIME_S}:dualcast`;
	return { username, credential: createHmac('sha1', secret).update(username).digest('base64') };
}

/** A quoted-string (RFC 9110 5.6.4). */
function quoted(text: string): string {
	return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
