import { type CipherGCMTypes, createCipheriv, createDecipheriv } from 'node:crypto';
import type { CipherSuite } from './cipher-suite.ts';
import type { DtlsRecord } from './record.ts';

const TAG_LENGTH = 16;
const NONCE_LENGTH = 12;
const ASSOCIATED_LENGTH = 13;

/** A record without its protection, or with it. */
type Header = Omit<DtlsRecord, 'fragment'>;

/** One direction's AEAD: AES-GCM with a nonce in each record (RFC 5288), ChaCha20-Poly1305 without (RFC 7905). */
export class RecordCipher {
	readonly #suite: CipherSuite;
	readonly #algorithm: CipherGCMTypes;
	readonly #key: Buffer;
	readonly #iv: Buffer;

	constructor(suite: CipherSuite, key: Buffer, iv: Buffer) {
		this.#suite = suite;
		// Node's types know ChaCha20-Poly1305 under a type of its own with the same methods.
		this.#algorithm = suite.algorithm as CipherGCMTypes;
		this.#key = key;
		this.#iv = iv;
	}

	/** @returns the protected fragment */
	seal(header: Header, plain: Buffer): Buffer {
		// Epoch and sequence number never repeat under one key, so they serve as the explicit nonce.
		const explicit = epochAndSequence(header).subarray(0, this.#suite.explicitNonceLength);
		const cipher = createCipheriv(this.#algorithm, this.#key, this.#nonce(header, explicit), {
			authTagLength: TAG_LENGTH,
		});
		cipher.setAAD(associatedData(header, plain.length));
		const sealed = Buffer.concat([explicit, cipher.update(plain), cipher.final()]);
		return Buffer.concat([sealed, cipher.getAuthTag()]);
	}

	/** @returns undefined if the record is not authentic */
	open({ fragment, ...header }: DtlsRecord): Buffer | undefined {
		const start = this.#suite.explicitNonceLength;
		const end = fragment.length - TAG_LENGTH;
		if (end < start) return undefined;
		const nonce = this.#nonce(header, fragment.subarray(0, start));
		const decipher = createDecipheriv(this.#algorithm, this.#key, nonce, { authTagLength: TAG_LENGTH });
		decipher.setAAD(associatedData(header, end - start));
		decipher.setAuthTag(fragment.subarray(end));
		const plain = decipher.update(fragment.subarray(start, end));
		try {
			decipher.final();
			return plain;
		} catch {
			return undefined;
		}
	}

	#nonce(header: Header, explicit: Buffer): Buffer {
		if (explicit.length > 0) return Buffer.concat([this.#iv, explicit]);
		const nonce = Buffer.from(this.#iv);
		const counter = epochAndSequence(header);
		const offset = NONCE_LENGTH - counter.length;
		for (const [index, byte] of counter.entries())
			nonce.writeUInt8(nonce.readUInt8(offset + index) ^ byte, offset + index);
		return nonce;
	}
}

function epochAndSequence({ epoch, sequence }: Header): Buffer {
	const bytes = Buffer.alloc(8);
	bytes.writeUInt16BE(epoch, 0);
	bytes.writeUIntBE(sequence, 2, 6);
	return bytes;
}

/** RFC 5246 6.2.3.3, with the epoch in front of the sequence number (RFC 6347 4.1.2.1). */
function associatedData(header: Header, length: number): Buffer {
	const bytes = Buffer.alloc(ASSOCIATED_LENGTH);
	epochAndSequence(header).copy(bytes);
	bytes.writeUInt8(header.type, 8);
	bytes.writeUInt16BE(header.version, 9);
	bytes.writeUInt16BE(length, 11);
	return bytes;
}
