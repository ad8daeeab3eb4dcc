import { DtlsClient } from 'werift';
import type { Certificate } from './certificate.ts';
import { DtlsSession } from './dtls-session.ts';
import { AES128_CM_SHA1_80 } from './srtp-keys.ts';

/**
 * Plays one handshake in memory. The first one costs a hundred times as much as the others, as code is compiled and
 * curve tables are built; no viewer shall wait for that.
 *
 * @throws Error when the handshake fails, as every other one would
 */
export async function rehearseHandshake(certificate: Certificate): Promise<void> {
	const { certPem, keyPem, signatureHash, fingerprint } = certificate;
	const [algorithm = '', value = ''] = fingerprint.split(' ');
	const transport = {
		type: 'udp',
		address: { address: '', family: '', port: 0 },
		closed: false,
		onData(_datagram: Buffer, _from: readonly [string, number]): void {},
		send: async (datagram: Buffer): Promise<void> => {
			setImmediate(() => session.receive(datagram));
		},
		close: async (): Promise<void> => {},
	};
	let session: DtlsSession;
	const secured = new Promise<void>((resolve, reject) => {
		session = new DtlsSession({
			certificate,
			remoteFingerprint: { algorithm, value },
			send: (datagram) => void setImmediate(() => transport.onData(datagram, ['', 0])),
			onSecured: () => resolve(),
			onClosed: (reason) => reject(new Error(reason)),
		});
	});
	const client = new DtlsClient({
		transport,
		cert: certPem,
		key: keyPem,
		signatureHash,
		srtpProfiles: [AES128_CM_SHA1_80.profile],
		extendedMasterSecret: true,
	});
	await Promise.all([client.connect(), secured]);
	client.close();
}
