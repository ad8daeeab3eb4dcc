import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseRtp } from '../../../src/media/rtp/rtp.ts';
import { buildRtp } from '../../../src/media/rtp/rtp-writer.ts';

it('writes what the parser reads', () => {
	const packets = fc.record({
		payloadType: fc.nat(0x7f),
		marker: fc.boolean(),
		sequence: fc.nat(0xffff),
		timestamp: fc.nat(0xffffffff),
		ssrc: fc.nat(0xffffffff),
		payload: fc.uint8Array({ maxLength: 64 }),
	});
	fc.assert(
		fc.property(packets, (packet) => {
			expect(parseRtp(buildRtp(packet))).toEqual(packet);
		}),
	);
});
