import { MAX_HANDSHAKE_MESSAGE, MAX_MESSAGES_AHEAD } from '../limits.ts';
import type { Fragment, HandshakeMessage } from './handshake-message.ts';

type Incomplete = { readonly type: number; readonly body: Buffer; readonly filled: Uint8Array; missing: number };

/** Puts fragments of handshake messages together and in order (RFC 6347 4.2.2, 4.2.3), within bounds. */
export class Reassembly {
	readonly #incomplete = new Map<number, Incomplete>();
	#next = 0;

	/** `message_seq` of the message that comes next. */
	get next(): number {
		return this.#next;
	}

	/** Takes a fragment of a message that is still to come. Others, and what is too long, are dropped. */
	add({ type, sequence, length, offset, bytes }: Fragment): void {
		if (sequence < this.#next || sequence >= this.#next + MAX_MESSAGES_AHEAD || length > MAX_HANDSHAKE_MESSAGE) return;
		let message = this.#incomplete.get(sequence);
		if (message === undefined) {
			message = { type, body: Buffer.alloc(length), filled: new Uint8Array(length), missing: length };
			this.#incomplete.set(sequence, message);
		}
		if (message.type !== type || message.body.length !== length) return;
		bytes.copy(message.body, offset);
		for (let index = offset; index < offset + bytes.length; index++) {
			if (message.filled[index] === 0) message.missing--;
			message.filled[index] = 1;
		}
	}

	/** Takes out the next message if it is whole. */
	shift(): HandshakeMessage | undefined {
		const message = this.#incomplete.get(this.#next);
		if (message === undefined || message.missing > 0) return undefined;
		this.#incomplete.delete(this.#next);
		return { type: message.type, sequence: this.#next++, body: message.body };
	}
}
