import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmacKey, PacketSigner } from '../../../src/webrtc/transport/srtp/packet-signer.ts';

const LONGEST = 400;
const TAG = 10;

/** Signs messages, each in a place of its own with the tag behind it. */
function sign(messages: readonly { key: Uint8Array; message: Uint8Array }[]): string[] {
	const slot = PacketSigner.paddedLength(LONGEST) + 64;
	const signer = new PacketSigner(slot * messages.length, LONGEST);
	const tagAddress = (index: number): number => signer.firstByte + (index + 1) * slot - 64;
	messages.forEach(({ key, message }, index) => {
		const address = signer.firstByte + index * slot;
		signer.memory.set(message, address);
		signer.add(hmacKey(key), address, message.length, tagAddress(index));
	});
	signer.flush();
	return messages.map((_, index) => signer.memory.toString('hex', tagAddress(index), tagAddress(index) + TAG));
}

describe('PacketSigner', () => {
	it.each([
		['0b'.repeat(20), Buffer.from('Hi There'), 'b617318655057264e28b'],
		[Buffer.from('Jefe').toString('hex'), Buffer.from('what do ya want for nothing?'), 'effcdf6ae5eb2fa2d274'],
		['aa'.repeat(20), Buffer.alloc(50, 0xdd), '125d7342b9ac11cd91a3'],
	])('gives the tags of RFC 2202', (key, message, tag) => {
		expect(sign([{ key: Buffer.from(key, 'hex'), message }])).toEqual([tag]);
	});

	it('agrees with node:crypto for any mix of lengths and keys', () => {
		const job = fc.record({
			key: fc.uint8Array({ minLength: 20, maxLength: 20 }),
			message: fc.uint8Array({ maxLength: LONGEST }),
		});
		fc.assert(
			fc.property(fc.array(job, { minLength: 1, maxLength: 12 }), (jobs) => {
				const expected = jobs.map(({ key, message }) =>
					createHmac('sha1', key).update(message).digest().subarray(0, TAG).toString('hex'),
				);
				expect(sign(jobs)).toEqual(expected);
			}),
			{ numRuns: 60 },
		);
	});
});
