import { COUNTER_MODE_FUNCTIONS } from './counter-mode-code.ts';
import { HMAC_SHA1_FUNCTIONS } from './hmac-sha1-code.ts';
import { compile } from './wasm-assembler.ts';

/**
 * Makes a memory and the code that works on it, by addresses:
 * `countUp(first, blocks)` writes the counter blocks after the first one, at least one block in all;
 * `exclusiveOr(target, a, b, blocks)` of 16 bytes, at least one;
 * `sign(m0, m1, m2, m3, t0, t1, t2, t3, blocks)`: messages of `blocks` padded blocks of 64 bytes at `m*`, the first
 * ten bytes of each HMAC-SHA1 written to `t*`.
 */
export const packetCode = compile([...HMAC_SHA1_FUNCTIONS, ...COUNTER_MODE_FUNCTIONS], {
	sign: 2,
	countUp: 3,
	exclusiveOr: 4,
});

export type PacketCode = ReturnType<typeof packetCode>;
