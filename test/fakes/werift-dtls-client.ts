import { X509Certificate } from 'node:crypto';
import {
	CipherContext,
	DtlsClient,
	HashAlgorithm,
	NamedCurveAlgorithm,
	SignatureAlgorithm,
	type SignatureHash,
} from 'werift';

/** A viewer's self-signed certificate. */
export type ClientCertificate = {
	readonly certPem: string;
	readonly keyPem: string;
	readonly signatureHash: SignatureHash;
	/** As in the offer. */
	readonly fingerprint: { readonly algorithm: string; readonly value: string };
};

export async function createClientCertificate(): Promise<ClientCertificate> {
	const created = await CipherContext.createSelfSignedCertificateWithKey(
		{ hash: HashAlgorithm.sha256_4, signature: SignatureAlgorithm.ecdsa_3 },
		NamedCurveAlgorithm.secp256r1_23,
	);
	const value = new X509Certificate(created.certPem).fingerprint256;
	return { ...created, fingerprint: { algorithm: 'sha-256', value } };
}

export type WeriftDtlsOptions = {
	readonly certificate: ClientCertificate;
	/** What it signs with instead of the certificate's key. */
	readonly keyPem?: string;
	readonly srtpProfiles?: (1 | 7)[];
	readonly extendedMasterSecret?: boolean;
	send(datagram: Buffer): void;
};

/** werift's DTLS client over any path of datagrams. It repeats its flights by a timer of its own. */
export function createDtlsClient(options: WeriftDtlsOptions) {
	const transport = {
		type: 'udp',
		address: { address: '', family: '', port: 0 },
		closed: false,
		onData(_datagram: Buffer, _from: readonly [string, number]): void {},
		send: async (datagram: Buffer): Promise<void> => options.send(datagram),
		close: async (): Promise<void> => {},
	};
	const client = new DtlsClient({
		transport,
		cert: options.certificate.certPem,
		key: options.keyPem ?? options.certificate.keyPem,
		signatureHash: options.certificate.signatureHash,
		srtpProfiles: options.srtpProfiles ?? [1],
		extendedMasterSecret: options.extendedMasterSecret ?? true,
	});
	return {
		client,
		deliver: (datagram: Buffer): void => transport.onData(datagram, ['', 0]),
		start: (): void => void client.connect().catch(() => {}),
		/** Ends its retransmissions. */
		stop: (): void => {
			client.dtls.flight = 100;
		},
		/** Its SRTP master keys. */
		keys: () => {
			const { localKey, localSalt, remoteKey, remoteSalt } = client.extractSessionKeys(16, 14);
			return { local: { key: localKey, salt: localSalt }, remote: { key: remoteKey, salt: remoteSalt } };
		},
	};
}
