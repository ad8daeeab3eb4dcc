import { type Code, op, type WasmFunction } from './wasm-assembler.ts';

/**
 * The code of HMAC-SHA1 (RFC 2104, FIPS 180-4) over four messages at once, one per 32 bit lane of a SIMD register.
 * `createHmac` would be the largest part of what a packet costs before it is sent; this does a packet of 1200 bytes in
 * about a third of the time. `packet-signer.ts` drives it.
 */

/** Messages per call. */
export const LANES = 4;
/** SHA-1's block, bytes. */
export const BLOCK = 64;
/** 32 bit words of a SHA-1 state. */
export const STATE_WORDS = 5;

const WORDS = STATE_WORDS;
const VECTOR = 16;
/** Where the states after the key's inner and outer block are read: word by word, four lanes each. */
export const INNER = 0;
export const OUTER = INNER + WORDS * VECTOR;
const STATE = OUTER + WORDS * VECTOR;
/** The block's words, four lanes each; after a run the first five are the inner state. */
export const SCHEDULE = 256;
/** First byte of the memory that is free for messages. */
export const MESSAGES = 512;

const ROUND_CONSTANTS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6] as const;
const SWAP_BYTES = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];
const words = (...picks: number[]): number[] => picks.flatMap((pick) => [0, 1, 2, 3].map((byte) => pick * 4 + byte));
const LOW_WORDS = words(0, 4, 1, 5);
const HIGH_WORDS = words(2, 6, 3, 7);
const LOW_HALVES = words(0, 1, 4, 5);
const HIGH_HALVES = words(2, 3, 6, 7);

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const at = (address: number): Code => [op.i32(0), op.load(address)];
const put = (address: number, value: Code): Code => [op.i32(0), value, op.store(address)];

/** Reads a block of each message (addresses in parameters 0 to 3) and leaves its 16 words, lane by lane. */
function gatherBlock(): WasmFunction {
	const row = (index: number): number => LANES + index;
	const mixed = (index: number): number => LANES + 4 + index;
	const pair = (a: number, b: number, picks: readonly number[]): Code => [op.get(a), op.get(b), op.shuffle(picks)];
	const transpose = (column: number): Code => [
		range(4).map((lane) => [op.get(lane), op.load(column * VECTOR), op.set(row(lane))]),
		[pair(row(0), row(1), LOW_WORDS), op.set(mixed(0)), pair(row(2), row(3), LOW_WORDS), op.set(mixed(1))],
		[pair(row(0), row(1), HIGH_WORDS), op.set(mixed(2)), pair(row(2), row(3), HIGH_WORDS), op.set(mixed(3))],
		range(4).map((word) => {
			const first = mixed(word < 2 ? 0 : 2);
			const gathered = pair(first, first + 1, word % 2 === 0 ? LOW_HALVES : HIGH_HALVES);
			const swapped = [gathered, op.tee(row(0)), op.get(row(0)), op.shuffle(SWAP_BYTES)];
			return put(SCHEDULE + (column * 4 + word) * VECTOR, swapped);
		}),
	];
	return { parameters: LANES, vectors: 8, body: range(4).map(transpose) };
}

/** SHA-1's 80 rounds over the words in `SCHEDULE`, added to `STATE`. */
function compressBlock(): WasmFunction {
	const word = (round: number): number => round % 16;
	const [a, b, c, d, e] = [16, 17, 18, 19, 20] as const;
	const constant = (round: number): number => 21 + Math.floor(round / 20);
	const mix = (round: number, [x, y, z]: readonly [number, number, number]): Code => {
		if (round < 20) return [op.get(y), op.get(z), op.xor, op.get(x), op.and, op.get(z), op.xor];
		if (round >= 40 && round < 60) {
			return [op.get(x), op.get(y), op.and, op.get(x), op.get(y), op.or, op.get(z), op.and, op.or];
		}
		return [op.get(x), op.get(y), op.xor, op.get(z), op.xor];
	};
	const extend = (round: number): Code => [
		[op.get(word(round - 3)), op.get(word(round - 8)), op.xor],
		[op.get(word(round - 14)), op.xor, op.get(word(round)), op.xor],
		[op.set(word(round)), op.rotateLeft(word(round), 1), op.set(word(round))],
	];
	const variables = [a, b, c, d, e];
	// The five variables change names each round instead of values; after 80 rounds each has its own again.
	const round = (index: number): Code => {
		const name = (position: number): number => variables[(position + 80 - index) % WORDS] as number;
		const [first, second, third, fourth, fifth] = [name(0), name(1), name(2), name(3), name(4)];
		return [
			index < 16 ? [] : extend(index),
			// What the last round changed (`first`) comes in last, so that the rest can run ahead of it.
			[op.get(word(index)), op.get(constant(index)), op.add, op.get(fifth), op.add],
			[mix(index, [second, third, fourth]), op.add, op.rotateLeft(first, 5), op.add, op.set(fifth)],
			[op.rotateLeft(second, 30), op.set(second)],
		];
	};
	return {
		parameters: 0,
		vectors: 25,
		body: [
			range(16).map((index) => [at(SCHEDULE + index * VECTOR), op.set(index)]),
			variables.map((variable, index) => [at(STATE + index * VECTOR), op.set(variable)]),
			ROUND_CONSTANTS.map((value, index) => [op.splat(value), op.set(21 + index)]),
			range(80).map(round),
			variables.map((variable, index) => {
				const address = STATE + index * VECTOR;
				return put(address, [at(address), op.get(variable), op.add]);
			}),
		],
	};
}

/** Parameters: four message addresses, four tag addresses, the number of blocks. */
function signMessages(gather: number, compress: number): WasmFunction {
	const blocks = 2 * LANES;
	const copyState = (from: number): Code =>
		range(WORDS).map((index) => put(STATE + index * VECTOR, at(from + index * VECTOR)));
	const outerPadding = range(16 - WORDS).map((index) => {
		const position = index + WORDS;
		const value = position === WORDS ? 0x80000000 : position === 15 ? (BLOCK + WORDS * 4) * 8 : 0;
		return put(SCHEDULE + position * VECTOR, op.splat(value));
	});
	const digest = 2 * LANES + 1;
	const storeTags = range(3).map((index) => [
		[at(STATE + index * VECTOR), op.tee(digest), op.get(digest), op.shuffle(SWAP_BYTES), op.set(digest)],
		range(LANES).map((lane) => [
			[op.get(LANES + lane), op.get(digest)],
			index < 2 ? op.store32Lane(lane, index * 4) : op.store16Lane(lane * 2, index * 4),
		]),
	]);
	return {
		parameters: 2 * LANES + 1,
		vectors: 1,
		body: [
			copyState(INNER),
			op.loopWhile([
				[range(LANES).map(op.get), op.call(gather), op.call(compress)],
				range(LANES).map((lane) => [op.get(lane), op.i32(BLOCK), op.addI32, op.set(lane)]),
				[op.get(blocks), op.i32(1), op.subI32, op.tee(blocks)],
			]),
			range(WORDS).map((index) => put(SCHEDULE + index * VECTOR, at(STATE + index * VECTOR))),
			[outerPadding, copyState(OUTER), op.call(compress), storeTags],
		],
	};
}

/** What signing needs, the function to call last: see `packet-code.ts`. */
export const HMAC_SHA1_FUNCTIONS: readonly WasmFunction[] = [gatherBlock(), compressBlock(), signMessages(0, 1)];
