import { describe, expect, it } from 'vitest';
import { hasRecoveryPoint } from '../../../src/media/codecs/recovery-point.ts';
import { hex } from './rtp-packets.ts';

describe('SEI', () => {
	it.each([
		['of x264 with intra refresh', '06 06 01 c4 80', 1, true],
		['with the message behind others', '06 01 02 0203 06 02 0a40 80', 1, true],
		['with emulation prevention before the message', '06 00 05 00000300 000301 06 01 c4 80', 1, true],
		['with user data longer than 255 bytes before it', `06 05 ff 01 ${'aa'.repeat(256)} 06 01 c4 80`, 1, false],
		['of H.265', '4e01 06 01 d0 80', 2, true],
		['with user data only', '06 05 04 06010203 80', 1, false],
		['cut short', '06 06', 1, false],
		['without a message', '06 80', 1, false],
		['of one byte', '06', 1, false],
		['of endless size', `06 05 ${'ff'.repeat(300)}`, 1, false],
	])('%s', (_, bytes, header, has) => {
		expect(hasRecoveryPoint(hex(bytes), header)).toBe(has);
	});
});
