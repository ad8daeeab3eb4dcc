import { op, type WasmFunction } from './wasm-assembler.ts';

/** The code around AES in counter mode (NIST SP 800-38A 6.5): all of it but AES itself, 16 bytes a step. */
const BLOCK = 16;
/** Adds one to the last byte of a counter block. */
const ONE = [0, 0, 0, 0x01000000] as const;

const step = (local: number) => [op.get(local), op.i32(BLOCK), op.addI32, op.set(local)];
const countDown = (local: number) => [op.get(local), op.i32(1), op.subI32, op.tee(local)];

/** Parameters: the address of the first counter block, the number of blocks: writes those after the first. */
function countUp(): WasmFunction {
	const [address, blocks, counter] = [0, 1, 2] as const;
	return {
		parameters: 2,
		vectors: 1,
		body: [
			[op.get(address), op.load(), op.set(counter)],
			op.loopWhile([
				[op.get(address), op.get(counter), op.store()],
				[op.get(counter), op.constant(ONE), op.add, op.set(counter)],
				[step(address), countDown(blocks)],
			]),
		],
	};
}

/** Parameters: target, two sources, the number of blocks: target = one source XOR the other. */
function exclusiveOr(): WasmFunction {
	const [target, source, mask, blocks] = [0, 1, 2, 3] as const;
	return {
		parameters: 4,
		vectors: 0,
		body: op.loopWhile([
			[op.get(target), op.get(source), op.load(), op.get(mask), op.load(), op.xor, op.store()],
			[step(target), step(source), step(mask), countDown(blocks)],
		]),
	};
}

export const COUNTER_MODE_FUNCTIONS: readonly WasmFunction[] = [countUp(), exclusiveOr()];
