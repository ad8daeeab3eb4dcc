import { createHmac } from 'node:crypto';

/** The hash function a cipher suite binds the handshake to. */
export type PrfHash = 'sha256' | 'sha384';

/** PRF of TLS 1.2 (RFC 5246 5): P_hash(secret, label + seed). */
export function prf(hash: PrfHash, secret: Uint8Array, label: string, seed: Uint8Array, length: number): Buffer {
	const labelled = Buffer.concat([Buffer.from(label, 'ascii'), seed]);
	const output: Buffer[] = [];
	let chain: Buffer = labelled;
	for (let produced = 0; produced < length; produced += chain.length) {
		chain = createHmac(hash, secret).update(chain).digest();
		output.push(createHmac(hash, secret).update(chain).update(labelled).digest());
	}
	return Buffer.concat(output, length);
}
