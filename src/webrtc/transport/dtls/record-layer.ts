import { ReplayWindow } from '../srtp/replay-window.ts';
import { DTLS_1_2, type DtlsRecord, serializeRecord } from './record.ts';
import type { RecordCipher } from './record-cipher.ts';

/** Epoch 0 is in the clear, epoch 1 protected; there is no renegotiation and so no other. */
export const Epoch = { clear: 0, protected: 1 } as const;

/** Numbers, protects and opens the records of one association. */
export class RecordLayer {
	readonly #sequences: [number, number] = [0, 0];
	readonly #replay = new ReplayWindow();
	#ciphers: { readonly read: RecordCipher; readonly write: RecordCipher } | undefined;

	/** True once records of epoch 1 can be opened and sealed. */
	get keyed(): boolean {
		return this.#ciphers !== undefined;
	}

	setCiphers(read: RecordCipher, write: RecordCipher): void {
		this.#ciphers = { read, write };
	}

	/** A record for the wire. Epoch 1 needs `keyed`. */
	seal(epoch: 0 | 1, type: number, plain: Buffer): Buffer {
		const header = { type, version: DTLS_1_2, epoch, sequence: this.#sequences[epoch]++ };
		const fragment = epoch === Epoch.clear ? plain : (this.#ciphers?.write.seal(header, plain) as Buffer);
		return serializeRecord({ ...header, fragment });
	}

	/**
	 * What a record of epoch 1 holds; undefined if it is not authentic or came before. Either is no reason to end
	 * anything (RFC 6347 4.1.2.7).
	 */
	open(record: DtlsRecord): Buffer | undefined {
		if (this.#ciphers === undefined || !this.#replay.isNew(record.sequence)) return undefined;
		const plain = this.#ciphers.read.open(record);
		if (plain !== undefined) this.#replay.accept(record.sequence);
		return plain;
	}
}
