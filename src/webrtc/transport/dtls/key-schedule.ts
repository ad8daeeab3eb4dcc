import { createHash } from 'node:crypto';
import type { CipherSuite } from './cipher-suite.ts';
import { prf } from './prf.ts';
import { RecordCipher } from './record-cipher.ts';

const MASTER_SECRET_LENGTH = 48;
const VERIFY_DATA_LENGTH = 12;

export type Randoms = { readonly client: Buffer; readonly server: Buffer };

/** Everything that follows from the master secret of one association. */
export class KeySchedule {
	readonly #suite: CipherSuite;
	readonly #master: Buffer;
	readonly #randoms: Randoms;

	/** @param master 48 bytes */
	constructor(suite: CipherSuite, master: Buffer, randoms: Randoms) {
		this.#suite = suite;
		this.#master = master;
		this.#randoms = randoms;
	}

	/** RFC 5246 6.3; AEAD suites have no MAC keys. */
	ciphers(): { readonly client: RecordCipher; readonly server: RecordCipher } {
		const { keyLength, ivLength } = this.#suite;
		const seed = Buffer.concat([this.#randoms.server, this.#randoms.client]);
		const block = this.#prf('key expansion', seed, 2 * (keyLength + ivLength));
		const cipher = (side: 0 | 1): RecordCipher => {
			const iv = 2 * keyLength + side * ivLength;
			const key = block.subarray(side * keyLength, (side + 1) * keyLength);
			return new RecordCipher(this.#suite, key, block.subarray(iv, iv + ivLength));
		};
		return { client: cipher(0), server: cipher(1) };
	}

	/** The body of a Finished message (RFC 5246 7.4.9). @param transcript every message before it */
	verifyData(side: 'client' | 'server', transcript: Buffer): Buffer {
		const hash = createHash(this.#suite.prfHash).update(transcript).digest();
		return this.#prf(`${side} finished`, hash, VERIFY_DATA_LENGTH);
	}

	/** Keying material for another protocol (RFC 5705 4), without a context. */
	export(label: string, length: number): Buffer {
		return this.#prf(label, Buffer.concat([this.#randoms.client, this.#randoms.server]), length);
	}

	#prf(label: string, seed: Buffer, length: number): Buffer {
		return prf(this.#suite.prfHash, this.#master, label, seed, length);
	}
}

/**
 * The master secret, and what follows from it.
 *
 * @param transcript for the extended master secret (RFC 7627 4): every message up to the ClientKeyExchange; without
 *   it the one of RFC 5246 8.1 is made, which only the randoms bind to the handshake
 */
export function deriveKeys(
	suite: CipherSuite,
	premaster: Buffer,
	randoms: Randoms,
	transcript: Buffer | undefined,
): KeySchedule {
	const { prfHash } = suite;
	const master =
		transcript === undefined
			? prf(prfHash, premaster, 'master secret', Buffer.concat([randoms.client, randoms.server]), MASTER_SECRET_LENGTH)
			: prf(
					prfHash,
					premaster,
					'extended master secret',
					createHash(prfHash).update(transcript).digest(),
					MASTER_SECRET_LENGTH,
				);
	return new KeySchedule(suite, master, randoms);
}
