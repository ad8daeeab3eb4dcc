import { ContentType, DTLS_1_2, type DtlsRecord, serializeRecord } from './dtls-record.ts';
import { MAX_HANDSHAKE_MESSAGE } from './limits.ts';

/** Handshake messages of a client (RFC 5246 7.4). */
const CLIENT_HELLO = 1;
const CERTIFICATE = 11;
const CERTIFICATE_VERIFY = 15;
const CLIENT_KEY_EXCHANGE = 16;

const CLIENT_FLIGHT = [CERTIFICATE, CLIENT_KEY_EXCHANGE, CERTIFICATE_VERIFY] as const;
const HEADER = 12;
/** Messages ahead of the next one that are collected: those of one flight. */
const WINDOW = CLIENT_FLIGHT.length + 1;

type Pending = { readonly type: number; readonly body: Buffer; filled: number };

/**
 * Lets exactly one handshake through to the DTLS library (RFC 6347 4.2): whole messages, in order, the client's
 * certificate, key exchange and proof once each. Repeated or injected messages would otherwise replace keys that the
 * client's proof does not cover; fragments would be collected without limit.
 */
export class HandshakeGate {
	readonly #pending = new Map<number, Pending>();
	#helloSequence = -1;
	/** Messages of the client's last flight that went through. */
	#passed = 0;
	#finished: DtlsRecord | undefined;

	/** True once everything the client's proof covers, and the proof, went through. */
	get complete(): boolean {
		return this.#passed === CLIENT_FLIGHT.length;
	}

	/**
	 * Takes an unencrypted handshake record.
	 *
	 * @returns what the library may see now, as whole datagrams
	 */
	take(record: DtlsRecord): Buffer[] {
		const { fragment } = record;
		for (let position = 0; position + HEADER <= fragment.length; ) {
			const end = position + HEADER + fragment.readUIntBE(position + 9, 3);
			if (end > fragment.length) break;
			this.#collect(fragment.subarray(position, end));
			position = end;
		}
		return this.#release(record);
	}

	/**
	 * Takes an encrypted handshake record: the client's Finished. One that overtook the rest of its flight is kept.
	 */
	takeEncrypted(record: DtlsRecord): Buffer[] {
		if (this.complete) return [serializeRecord(record)];
		this.#finished = { ...record, fragment: Buffer.from(record.fragment) };
		return [];
	}

	#collect(message: Buffer): void {
		const type = message.readUInt8(0);
		const length = message.readUIntBE(1, 3);
		const sequence = message.readUInt16BE(4);
		const offset = message.readUIntBE(6, 3);
		if (!this.#expects(type, sequence) || length > MAX_HANDSHAKE_MESSAGE) return;
		let pending = this.#pending.get(sequence);
		if (pending === undefined || pending.type !== type || pending.body.length !== length) {
			pending = { type, body: Buffer.alloc(length), filled: 0 };
			this.#pending.set(sequence, pending);
		}
		// A fragment that overtook an earlier one is dropped: the client repeats its flight.
		if (offset > pending.filled) return;
		message.copy(pending.body, offset, HEADER);
		pending.filled = Math.min(length, Math.max(pending.filled, offset + message.length - HEADER));
	}

	/** The next message of the client's last flight, relative to its second ClientHello. */
	#expects(type: number, sequence: number): boolean {
		if (type === CLIENT_HELLO) return this.#passed === 0 && sequence <= 1 && sequence >= this.#helloSequence;
		const position = sequence - this.#helloSequence - 1;
		if (this.#helloSequence < 0 || position < this.#passed || position >= WINDOW) return false;
		return type === CLIENT_FLIGHT[position];
	}

	#release(record: DtlsRecord): Buffer[] {
		const released: Buffer[] = [];
		for (;;) {
			const sequence = this.#nextWhole();
			if (sequence === undefined) break;
			const { type, body } = this.#pending.get(sequence) as Pending;
			this.#pending.delete(sequence);
			if (type === CLIENT_HELLO) this.#helloSequence = sequence;
			else this.#passed++;
			released.push(serializeRecord({ ...record, version: DTLS_1_2, fragment: wholeMessage(type, sequence, body) }));
		}
		if (this.complete && this.#finished !== undefined) {
			released.push(serializeRecord(this.#finished));
			this.#finished = undefined;
		}
		return released;
	}

	#nextWhole(): number | undefined {
		for (const [sequence, { type, body, filled }] of this.#pending) {
			const isNext = type === CLIENT_HELLO || sequence === this.#helloSequence + 1 + this.#passed;
			if (isNext && filled === body.length) return sequence;
		}
		return undefined;
	}
}

/** A handshake message as one fragment. */
function wholeMessage(type: number, sequence: number, body: Buffer): Buffer {
	const header = Buffer.alloc(HEADER);
	header.writeUInt8(type, 0);
	header.writeUIntBE(body.length, 1, 3);
	header.writeUInt16BE(sequence, 4);
	header.writeUIntBE(body.length, 9, 3);
	return Buffer.concat([header, body]);
}

/** True for a record that holds (part of) a handshake in the clear. */
export function isPlainHandshake(record: DtlsRecord): boolean {
	return record.type === ContentType.handshake && record.epoch === 0;
}
