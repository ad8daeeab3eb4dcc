/**
 * The few WebAssembly encodings this folder needs to write a module by hand (WebAssembly core specification 2.0,
 * binary format). Code is a flat list of bytes; nested lists are flattened when a section is closed.
 */
export type Code = readonly (number | Code)[];

/** Value and block types. */
const I32 = 0x7f;
const V128 = 0x7b;
const FUNCTION_TYPE = 0x60;
const EMPTY_BLOCK = 0x40;

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
	const bytes: number[] = [];
	let rest = value >>> 0;
	do {
		bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
		rest >>>= 7;
	} while (rest > 0);
	return bytes;
}

/** Signed LEB128 of a 32 bit integer. */
function signed(value: number): number[] {
	const bytes: number[] = [];
	let rest = value | 0;
	for (;;) {
		const byte = rest & 0x7f;
		rest >>= 7;
		const last = (rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0);
		bytes.push(last ? byte : byte | 0x80);
		if (last) return bytes;
	}
}

const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];

/** Instructions, each as the bytes it is written with. Addresses are static offsets added to the operand. */
export const op = {
	get: (local: number): Code => [0x20, ...unsigned(local)],
	set: (local: number): Code => [0x21, ...unsigned(local)],
	tee: (local: number): Code => [0x22, ...unsigned(local)],
	call: (target: number): Code => [0x10, ...unsigned(target)],
	i32: (value: number): Code => [0x41, ...signed(value)],
	addI32: [0x6a],
	subI32: [0x6b],
	/** Repeats the body while it leaves a value other than 0. */
	loopWhile: (body: Code): Code => [0x03, EMPTY_BLOCK, body, 0x0d, 0x00, 0x0b],
	load: (offset = 0): Code => [...simd(0x00), 0, ...unsigned(offset)],
	store: (offset = 0): Code => [...simd(0x0b), 0, ...unsigned(offset)],
	store16Lane: (lane: number, offset: number): Code => [...simd(0x59), 0, ...unsigned(offset), lane],
	store32Lane: (lane: number, offset: number): Code => [...simd(0x5a), 0, ...unsigned(offset), lane],
	/** Picks 16 bytes out of the 32 of two vectors. */
	shuffle: (bytes: readonly number[]): Code => [...simd(0x0d), ...bytes],
	splat: (value: number): Code => [0x41, ...signed(value), ...simd(0x11)],
	/** A vector of four 32 bit values, the first one lowest in memory. */
	constant: (values: readonly number[]): Code => [
		...simd(0x0c),
		...values.flatMap((value) => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]),
	],
	and: simd(0x4e),
	or: simd(0x50),
	xor: simd(0x51),
	add: simd(0xae),
	/** Rotates each 32 bit lane of a local left. */
	rotateLeft: (local: number, bits: number): Code => [
		...[0x20, ...unsigned(local)],
		...[0x41, ...signed(bits), ...simd(0xab)],
		...[0x20, ...unsigned(local)],
		...[0x41, ...signed(32 - bits), ...simd(0xad)],
		...simd(0x50),
	],
} as const;

/** One function: how many parameters and vectors it has, and its body. Functions return nothing. */
export type WasmFunction = { parameters: number; vectors: number; body: Code };

const flatten = (code: Code): number[] => (code as readonly unknown[]).flat(Number.POSITIVE_INFINITY) as number[];
const vector = (items: readonly number[][]): number[] => [...unsigned(items.length), ...items.flat()];
const named = (name: string): number[] => [...unsigned(name.length), ...Buffer.from(name)];
const section = (id: number, content: number[]): number[] => [id, ...unsigned(content.length), ...content];

type WebAssemblyFace = {
	Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
	Memory: new (options: { initial: number }) => { readonly buffer: ArrayBuffer };
	Instance: new (module: object, imports: object) => { readonly exports: Record<string, WasmRun> };
};

/** Called with the function's parameters: addresses and counts. */
export type WasmRun = (...parameters: number[]) => void;

/** Node's type declarations leave WebAssembly to the DOM library, which is not for server code. */
const { Module, Memory, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyFace }).WebAssembly;
const PAGE = 65536;

/**
 * Compiles functions that share one memory. Function parameters are 32 bit integers, locals are 128 bit vectors.
 *
 * @param exported positions of the functions that can be called from outside, by name
 * @returns makes an instance with a memory of at least so many bytes
 */
export function compile<Name extends string>(
	functions: readonly WasmFunction[],
	exported: Readonly<Record<Name, number>>,
): (bytes: number) => { memory: ArrayBuffer } & Readonly<Record<Name, WasmRun>> {
	const module = new Module(assemble(functions, exported));
	return (bytes) => {
		const memory = new Memory({ initial: Math.ceil(bytes / PAGE) });
		const { exports } = new Instance(module, { env: { memory } });
		return { ...(exports as Record<Name, WasmRun>), memory: memory.buffer };
	};
}

function assemble(
	functions: readonly WasmFunction[],
	exported: Readonly<Record<string, number>>,
): Uint8Array<ArrayBuffer> {
	const types = functions.map(({ parameters }) => [
		FUNCTION_TYPE,
		...vector(Array.from({ length: parameters }, () => [I32])),
		0,
	]);
	const bodies = functions.map(({ vectors, body }) => {
		const content = [...vector([[...unsigned(vectors), V128]]), ...flatten(body), 0x0b];
		return [...unsigned(content.length), ...content];
	});
	const exports = Object.entries(exported).map(([name, index]) => [...named(name), 0x00, ...unsigned(index)]);
	return Uint8Array.from([
		...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
		...section(1, vector(types)),
		...section(2, vector([[...named('env'), ...named('memory'), 0x02, 0x00, 0x01]])),
		...section(3, vector(functions.map((_, index) => unsigned(index)))),
		...section(7, vector(exports)),
		...section(10, vector(bodies)),
	]);
}
