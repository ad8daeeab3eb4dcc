import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DATAGRAM } from '../../../src/webrtc/transport/limits.ts';
import { frameDatagram, StreamDeframer } from '../../../src/webrtc/transport/stream-framing.ts';

const frame = (datagram: Uint8Array): Buffer => frameDatagram(Buffer.from(datagram));

describe('StreamDeframer', () => {
	it('finds the datagrams however the stream is cut', () => {
		const datagrams = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 8 });
		fc.assert(
			fc.property(datagrams, fc.integer({ min: 1, max: 400 }), (sent, cut) => {
				const stream = Buffer.concat(sent.flatMap((datagram) => [frame(datagram), Buffer.alloc(2)]));
				const received: Uint8Array[] = [];
				const deframer = new StreamDeframer();
				for (let position = 0; position < stream.length; position += cut) {
					const whole = deframer.push(stream.subarray(position, position + cut), (datagram) => {
						received.push(Uint8Array.from(datagram));
					});
					expect(whole).toBe(true);
				}
				expect(received).toEqual(sent);
			}),
		);
	});

	it('gives up at a datagram that is too long', () => {
		const deframer = new StreamDeframer();
		expect(deframer.push(frame(Buffer.alloc(MAX_DATAGRAM)), () => {})).toBe(true);
		expect(deframer.push(frame(Buffer.alloc(MAX_DATAGRAM + 1)), () => {})).toBe(false);
	});
});
