import { BLOCK, INNER, LANES, MESSAGES, OUTER, SCHEDULE, STATE_WORDS } from './hmac-sha1-code.ts';
import { type PacketCode, packetCode } from './packet-code.ts';

/** SHA-1 states after the inner and the outer key block of HMAC: five words each. */
export type HmacKey = Uint32Array;

const INITIAL_STATE = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0] as const;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** The 0x80 byte and the 64 bit length that end a SHA-1 message. */
const PADDING = 9;

const keySetup = packetCode(MESSAGES + 3 * BLOCK);

/** @param key at most 64 bytes */
export function hmacKey(key: Uint8Array): HmacKey {
	const bytes = new Uint8Array(keySetup.memory);
	const words = new Uint32Array(keySetup.memory);
	for (const [lane, pad] of [INNER_PAD, OUTER_PAD].entries()) {
		const start = MESSAGES + lane * BLOCK;
		for (let index = 0; index < BLOCK; index++) bytes[start + index] = (key[index] ?? 0) ^ pad;
	}
	INITIAL_STATE.forEach((word, index) => {
		words.fill(word, INNER / 4 + index * LANES, INNER / 4 + (index + 1) * LANES);
	});
	const unused = MESSAGES + 2 * BLOCK;
	keySetup.sign(MESSAGES, MESSAGES + BLOCK, MESSAGES, MESSAGES, unused, unused, unused, unused, 1);
	return Uint32Array.from({ length: 2 * STATE_WORDS }, (_, index) => {
		const lane = index < STATE_WORDS ? 0 : 1;
		return words[SCHEDULE / 4 + (index % STATE_WORDS) * LANES + lane] as number;
	});
}

/**
 * Signs messages that lie in its own memory with HMAC-SHA1-80, four at a time. Messages of the same number of blocks
 * are collected, whatever their keys; `flush` signs the rest.
 */
export class PacketSigner {
	/** The memory: callers place messages from `firstByte` on, with room for `paddedLength` bytes each. */
	readonly memory: Buffer;
	readonly words: Uint32Array;
	readonly firstByte = MESSAGES;
	/** Code for this memory. */
	readonly code: PacketCode;
	readonly #maxBlocks: number;
	/** Per block count: how many messages wait. */
	readonly #waiting: Uint8Array;
	readonly #messages: Uint32Array;
	readonly #tags: Uint32Array;
	readonly #keys: HmacKey[];

	/**
	 * @param size bytes for messages
	 * @param maxLength of one message, bytes
	 */
	constructor(size: number, maxLength: number) {
		this.code = packetCode(MESSAGES + size);
		this.memory = Buffer.from(this.code.memory);
		this.words = new Uint32Array(this.code.memory);
		this.#maxBlocks = blocksOf(maxLength);
		this.#waiting = new Uint8Array(this.#maxBlocks + 1);
		this.#messages = new Uint32Array((this.#maxBlocks + 1) * LANES);
		this.#tags = new Uint32Array((this.#maxBlocks + 1) * LANES);
		const none = new Uint32Array(2 * STATE_WORDS);
		this.#keys = Array.from({ length: (this.#maxBlocks + 1) * LANES }, () => none);
	}

	/** Bytes a message occupies with its padding. */
	static paddedLength(length: number): number {
		return blocksOf(length) * BLOCK;
	}

	/**
	 * Signs `length` bytes at `address` and puts the ten bytes of the tag at `tagAddress`, at the latest in `flush`.
	 * Bytes between the message and its padded length are overwritten.
	 */
	add(key: HmacKey, address: number, length: number, tagAddress: number): void {
		const blocks = blocksOf(length);
		const { memory } = this;
		const end = address + blocks * BLOCK;
		memory[address + length] = 0x80;
		for (let position = address + length + 1; position < end - 4; position++) memory[position] = 0;
		const bits = (BLOCK + length) * 8;
		memory[end - 4] = bits >>> 24;
		memory[end - 3] = bits >>> 16;
		memory[end - 2] = bits >>> 8;
		memory[end - 1] = bits;
		const lane = this.#waiting[blocks] as number;
		const job = blocks * LANES + lane;
		this.#messages[job] = address;
		this.#tags[job] = tagAddress;
		this.#keys[job] = key;
		this.#waiting[blocks] = lane + 1;
		if (lane + 1 === LANES) this.#sign(blocks, LANES);
	}

	/** Signs everything that was added. */
	flush(): void {
		for (let blocks = 1; blocks <= this.#maxBlocks; blocks++) {
			const count = this.#waiting[blocks] as number;
			if (count > 0) this.#sign(blocks, count);
		}
	}

	/** Unused lanes repeat the first message: the same tag at the same place. */
	#sign(blocks: number, count: number): void {
		const { words } = this;
		const messages = this.#messages;
		const tags = this.#tags;
		const a = blocks * LANES;
		for (let lane = count; lane < LANES; lane++) {
			messages[a + lane] = messages[a] as number;
			tags[a + lane] = tags[a] as number;
			this.#keys[a + lane] = this.#keys[a] as HmacKey;
		}
		for (let lane = 0; lane < LANES; lane++) {
			const key = this.#keys[a + lane] as HmacKey;
			for (let index = 0; index < STATE_WORDS; index++) {
				words[INNER / 4 + index * LANES + lane] = key[index] as number;
				words[OUTER / 4 + index * LANES + lane] = key[STATE_WORDS + index] as number;
			}
		}
		this.code.sign(
			messages[a] as number,
			messages[a + 1] as number,
			messages[a + 2] as number,
			messages[a + 3] as number,
			tags[a] as number,
			tags[a + 1] as number,
			tags[a + 2] as number,
			tags[a + 3] as number,
			blocks,
		);
		this.#waiting[blocks] = 0;
	}
}

function blocksOf(length: number): number {
	return Math.ceil((length + PADDING) / BLOCK);
}
