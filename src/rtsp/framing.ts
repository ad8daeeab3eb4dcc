import { RtspSyntaxError } from './errors.ts';
import { RTSP_LIMITS } from './limits.ts';
import { contentLength, parseHead, RTSP_METHODS, type RtspMessage } from './message.ts';

/** Takes what a `RtspSplitter` finds, in order. */
export interface RtspStreamHandler {
	onMessage(message: RtspMessage): void;
	/**
	 * An interleaved frame (RFC 2326 section 10.12). `payload` is a view on the received chunk when the frame lies
	 * whole within it: it is valid as long as that is.
	 */
	onFrame(channel: number, payload: Uint8Array): void;
	/**
	 * Asked after garbage only: whether a frame on this channel, whose second byte is `type`, is one that comes here.
	 * Without this, any is.
	 */
	isExpected?(channel: number, type: number): boolean;
}

const DOLLAR = 0x24;
const CR = 0x0d;
const LF = 0x0a;
const FRAME_HEADER = 4;
const EMPTY = new Uint8Array(0);
const START_WORDS = ['RTSP/', 'HTTP/', ...RTSP_METHODS.map((method) => `${method} `)].map((word) =>
	new TextEncoder().encode(word),
);
/** Size of the smallest RTCP packet that says something: a frame after garbage must have as much to be believed. */
const MIN_TRUSTED_FRAME = 8;
/** What of a frame is looked at then: the version, and the type of RTP or RTCP. */
const TRUST_BYTES = 2;

/** Header of the frame whose body is being collected. */
type PartialFrame = { readonly channel: number; readonly payload: Uint8Array; filled: number };
/** Message whose body is being collected. */
type PartialMessage = { readonly message: RtspMessage; readonly body: Uint8Array; filled: number };

/**
 * Splits one TCP byte stream into messages and interleaved frames, wherever the chunks are cut. Bytes that are
 * neither are skipped up to the next plausible start and counted.
 */
export class RtspSplitter {
	readonly #handler: RtspStreamHandler;
	/** Undecided start of a message or frame: shorter than the longest start word. */
	#start: Uint8Array = EMPTY;
	#frame: PartialFrame | undefined;
	#message: PartialMessage | undefined;
	/** Head being collected, `#headFilled` bytes of it. Kept for the next head. */
	#head: Uint8Array = EMPTY;
	#headFilled = 0;
	#garbageRun = 0;

	/** Bytes skipped so far. */
	garbage = 0;

	constructor(handler: RtspStreamHandler) {
		this.#handler = handler;
	}

	/**
	 * @param chunk as it came from the socket; may be overwritten after the call
	 * @throws RtspSyntaxError when the stream is malformed beyond repair or above `RTSP_LIMITS`
	 */
	push(chunk: Uint8Array): void {
		let bytes = chunk;
		if (this.#start.length > 0) {
			bytes = new Uint8Array(this.#start.length + chunk.length);
			bytes.set(this.#start);
			bytes.set(chunk, this.#start.length);
			this.#start = EMPTY;
		}
		let at = 0;
		while (at < bytes.length) {
			if (this.#frame) at = this.#continueFrame(this.#frame, bytes, at);
			else if (this.#message) at = this.#continueBody(this.#message, bytes, at);
			else if (this.#headFilled > 0) at = this.#continueHead(bytes, at);
			else if (bytes[at] === DOLLAR) at = this.#startFrame(bytes, at);
			else at = this.#startMessage(bytes, at);
		}
	}

	#startFrame(bytes: Uint8Array, at: number): number {
		const needed = FRAME_HEADER + (this.#garbageRun > 0 ? TRUST_BYTES : 0);
		if (at + needed > bytes.length) return this.#keepStart(bytes, at);
		const channel = bytes[at + 1] as number;
		const length = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
		if (this.#garbageRun > 0 && !this.#isTrusted(channel, length, bytes, at + FRAME_HEADER)) return this.#skip(at);
		this.#garbageRun = 0;
		const from = at + FRAME_HEADER;
		const to = from + length;
		if (to <= bytes.length) {
			this.#handler.onFrame(channel, bytes.subarray(from, to));
			return to;
		}
		const payload = new Uint8Array(length);
		payload.set(bytes.subarray(from));
		this.#frame = { channel, payload, filled: bytes.length - from };
		return bytes.length;
	}

	/**
	 * Within garbage a `$` is as likely as any byte, and what it says would swallow good frames: believe only what looks
	 * like RTP or RTCP version 2 and is expected.
	 */
	#isTrusted(channel: number, length: number, bytes: Uint8Array, at: number): boolean {
		if (length < MIN_TRUSTED_FRAME || (bytes[at] as number) >> 6 !== 2) return false;
		return this.#handler.isExpected?.(channel, bytes[at + 1] as number) ?? true;
	}

	#continueFrame(frame: PartialFrame, bytes: Uint8Array, at: number): number {
		const taken = Math.min(frame.payload.length - frame.filled, bytes.length - at);
		frame.payload.set(bytes.subarray(at, at + taken), frame.filled);
		frame.filled += taken;
		if (frame.filled === frame.payload.length) {
			this.#frame = undefined;
			this.#handler.onFrame(frame.channel, frame.payload);
		}
		return at + taken;
	}

	#startMessage(bytes: Uint8Array, at: number): number {
		const byte = bytes[at];
		if (byte === CR || byte === LF) return at + 1;
		const match = matchStart(bytes, at);
		if (match === 'none') return this.#skip(at);
		if (match === 'undecided') return this.#keepStart(bytes, at);
		this.#garbageRun = 0;
		return this.#continueHead(bytes, at);
	}

	#continueHead(bytes: Uint8Array, start: number): number {
		if (this.#head.length === 0) this.#head = new Uint8Array(RTSP_LIMITS.headBytes);
		const head = this.#head;
		let filled = this.#headFilled;
		for (let at = start; at < bytes.length; at++) {
			if (filled === head.length) throw new RtspSyntaxError(`headers over ${RTSP_LIMITS.headBytes} bytes`);
			const byte = bytes[at] as number;
			head[filled++] = byte;
			if (byte !== LF) continue;
			let end = head[filled - 2] === CR ? filled - 2 : filled - 1;
			if (head[end - 1] !== LF) continue;
			this.#headFilled = 0;
			while (end > 0 && (head[end - 1] === LF || head[end - 1] === CR)) end -= 1;
			this.#finishHead(new TextDecoder().decode(head.subarray(0, end)));
			return at + 1;
		}
		this.#headFilled = filled;
		return bytes.length;
	}

	#finishHead(text: string): void {
		const message = parseHead(text);
		const length = contentLength(message.headers);
		if (length === 0) this.#handler.onMessage(message);
		else this.#message = { message, body: new Uint8Array(length), filled: 0 };
	}

	#continueBody(partial: PartialMessage, bytes: Uint8Array, at: number): number {
		const taken = Math.min(partial.body.length - partial.filled, bytes.length - at);
		partial.body.set(bytes.subarray(at, at + taken), partial.filled);
		partial.filled += taken;
		if (partial.filled === partial.body.length) {
			this.#message = undefined;
			this.#handler.onMessage({ ...partial.message, body: partial.body });
		}
		return at + taken;
	}

	#keepStart(bytes: Uint8Array, at: number): number {
		this.#start = bytes.slice(at);
		return bytes.length;
	}

	#skip(at: number): number {
		this.garbage += 1;
		this.#garbageRun += 1;
		if (this.#garbageRun > RTSP_LIMITS.garbageBytes) throw new RtspSyntaxError('the stream is not RTSP');
		return at + 1;
	}
}

function matchStart(bytes: Uint8Array, at: number): 'message' | 'none' | 'undecided' {
	const available = bytes.length - at;
	let undecided = false;
	for (const word of START_WORDS) {
		const compared = Math.min(word.length, available);
		let same = 0;
		while (same < compared && bytes[at + same] === word[same]) same++;
		if (same === word.length) return 'message';
		undecided ||= same === available;
	}
	return undecided ? 'undecided' : 'none';
}
