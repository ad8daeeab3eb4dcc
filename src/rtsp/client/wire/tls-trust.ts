import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { SourceError } from '../../../base/errors.ts';

/**
 * Who is believed to be the camera at the other end of a TLS connection: whoever has a certificate that this
 * machine's authorities vouch for, whoever has one that these authorities vouch for, whoever has the certificate of
 * this fingerprint, or anyone.
 */
export type TlsTrust =
	| 'chain'
	| 'unchecked'
	| {
			/** SHA-256 of the certificate in hexadecimal digits; colons and case do not matter. */
			readonly fingerprint: string;
	  }
	| {
			/** Certificates in PEM; undefined for those this machine knows. */
			readonly authorities: Buffer | undefined;
			/** What they are set by, such as `cluster.tls.ca`. */
			readonly setting: string;
	  };

/**
 * Judges the peer of a TLS connection that stands.
 *
 * @param remote `host:port`
 * @returns why it is not trusted, and what to set if it should be
 */
export function distrust(socket: Socket, trust: TlsTrust, remote: string): SourceError | undefined {
	if (trust === 'unchecked') return undefined;
	if (!(socket instanceof TLSSocket)) return untrusted(`the connection to ${remote} is not encrypted`, '');
	const seen = plainFingerprint(socket.getPeerCertificate().fingerprint256 ?? '');
	if (trust === 'chain' || 'authorities' in trust) {
		if (socket.authorized) return undefined;
		const cause = String(socket.authorizationError ?? 'unknown');
		const cure =
			trust === 'chain'
				? `if this is your camera, set tls: { fingerprint: ${seen} } for this stream`
				: `${trust.setting} must name the file of the authority that signed it, and it must be for this host`;
		return untrusted(`the certificate of ${remote} is not trusted (${cause}); ${cure}`, seen);
	}
	if (seen !== '' && seen === plainFingerprint(trust.fingerprint)) return undefined;
	return untrusted(
		`${remote} has another certificate than tls.fingerprint says; if the camera was given a new one, ` +
			`set tls: { fingerprint: ${seen} }`,
		seen,
	);
}

function plainFingerprint(text: string): string {
	return text.replaceAll(':', '').toLowerCase();
}

function untrusted(message: string, fingerprint: string): SourceError {
	return new SourceError('camera_untrusted', message, { permanent: true, facts: { fingerprint } });
}
