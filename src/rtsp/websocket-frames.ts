import { RtspSyntaxError } from './errors.ts';

/** WebSocket frames (RFC 6455 section 5) as far as a client needs them that carries a byte stream. */

export const OPCODE = { binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** Takes what a `WebSocketSplitter` finds, in order. */
export interface WebSocketHandler {
	/** Bytes of a message: a view on the received chunk. Where messages begin and end is lost. */
	onData(bytes: Uint8Array): void;
	/** A ping, pong or close with at most 125 bytes. */
	onControl(opcode: number, payload: Uint8Array): void;
}

const FIN = 0x80;
const RESERVED = 0x70;
const MASK = 0x80;
const FIRST_CONTROL = 0x8;
const MAX_CONTROL = 125;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const KNOWN = [0x0, 0x1, OPCODE.binary, OPCODE.close, OPCODE.ping, OPCODE.pong];

/** Finds the frames of a server in a TCP stream, wherever the chunks are cut. Holds at most a header and 125 bytes. */
export class WebSocketSplitter {
	readonly #handler: WebSocketHandler;
	readonly #header = new Uint8Array(10);
	#headerFilled = 0;
	#opcode = 0;
	/** Bytes of the frame's payload still to come; undefined between frames. */
	#left: number | undefined;
	#control = new Uint8Array(0);

	constructor(handler: WebSocketHandler) {
		this.#handler = handler;
	}

	/** @throws RtspSyntaxError when it is not what a server sends */
	push(chunk: Uint8Array): void {
		let at = 0;
		while (at < chunk.length) {
			if (this.#left === undefined) {
				this.#header[this.#headerFilled++] = chunk[at++] as number;
				this.#readHeader();
			} else {
				const taken = Math.min(this.#left, chunk.length - at);
				this.#takePayload(chunk.subarray(at, at + taken));
				at += taken;
			}
		}
	}

	#readHeader(): void {
		const header = this.#header;
		if (this.#headerFilled < 2) return;
		const opcode = (header[0] as number) & 0x0f;
		const short = (header[1] as number) & 0x7f;
		if (((header[0] as number) & RESERVED) !== 0 || !KNOWN.includes(opcode)) throw malformed('an unknown frame');
		if (((header[1] as number) & MASK) !== 0) throw malformed('a masked frame');
		const isControl = opcode >= FIRST_CONTROL;
		if (isControl && (short > MAX_CONTROL || ((header[0] as number) & FIN) === 0))
			throw malformed('a long control frame');
		const size = short === LENGTH_64 ? 10 : short === LENGTH_16 ? 4 : 2;
		if (this.#headerFilled < size) return;
		const view = new DataView(header.buffer);
		let length = short;
		if (short === LENGTH_16) length = view.getUint16(2);
		if (short === LENGTH_64) length = view.getUint32(2) * 2 ** 32 + view.getUint32(6);
		this.#headerFilled = 0;
		this.#opcode = opcode;
		this.#control = new Uint8Array(isControl ? length : 0);
		this.#left = length;
		if (length === 0) this.#takePayload(this.#control);
	}

	#takePayload(bytes: Uint8Array): void {
		const left = this.#left ?? 0;
		this.#left = left === bytes.length ? undefined : left - bytes.length;
		if (this.#opcode < FIRST_CONTROL) {
			if (bytes.length > 0) this.#handler.onData(bytes);
			return;
		}
		this.#control.set(bytes, this.#control.length - left);
		if (this.#left === undefined) this.#handler.onControl(this.#opcode, this.#control);
	}
}

/**
 * One whole frame as clients send them.
 *
 * @param mask four bytes that a network in between cannot foresee (section 5.3)
 */
export function maskedFrame(opcode: number, payload: Uint8Array, mask: Uint8Array): Uint8Array {
	const { length } = payload;
	const extended = length <= MAX_CONTROL ? 0 : length <= 0xffff ? 2 : 8;
	const start = 2 + extended + 4;
	const frame = new Uint8Array(start + length);
	const view = new DataView(frame.buffer);
	frame[0] = FIN | opcode;
	frame[1] = MASK | (extended === 0 ? length : extended === 2 ? LENGTH_16 : LENGTH_64);
	if (extended === 2) view.setUint16(2, length);
	if (extended === 8) view.setUint32(6, length);
	frame.set(mask.subarray(0, 4), 2 + extended);
	for (let at = 0; at < length; at++) frame[start + at] = (payload[at] as number) ^ (mask[at & 3] as number);
	return frame;
}

function malformed(what: string): RtspSyntaxError {
	return new RtspSyntaxError(`the WebSocket has ${what}`);
}
