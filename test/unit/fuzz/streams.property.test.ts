import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReceiverStatistics } from '../../../src/media/rtp/receiver-statistics.ts';
import { ReorderWindow } from '../../../src/media/rtp/reorder.ts';
import type { RtpPacket } from '../../../src/media/rtp/rtp.ts';
import { RtspSplitter } from '../../../src/rtsp/framing.ts';
import { request, serializeMessage } from '../../../src/rtsp/message.ts';
import { interleaved } from '../../camera/fake-camera.ts';
import { rtpPacket } from '../media/rtp-packets.ts';

type Part = { readonly bytes: Uint8Array; readonly name: string };

const word = fc.stringMatching(/^[a-zA-Z0-9/]{1,20}$/);
const message: fc.Arbitrary<Part> = fc
	.tuple(word, word, fc.uint8Array({ maxLength: 300 }))
	.map(([uri, value, body]) => ({
		bytes: serializeMessage(request('SETUP', uri, { Session: value }, body)),
		name: `${uri} ${value} ${Buffer.from(body).toString('hex')}`,
	}));
const frame: fc.Arbitrary<Part> = fc
	.tuple(fc.nat(255), fc.uint8Array({ maxLength: 300 }))
	.map(([channel, payload]) => ({
		bytes: interleaved(channel, payload),
		name: `${channel} ${Buffer.from(payload).toString('hex')}`,
	}));
const parts = fc.array(fc.oneof(message, frame), { maxLength: 20 });
const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 60 });

describe('an RTSP connection', () => {
	it('gives messages and frames as they were put in, wherever it is cut and with one buffer for all reads', () => {
		fc.assert(
			fc.property(parts, cuts, (wanted, lengths) => {
				const seen: string[] = [];
				const splitter = new RtspSplitter({
					onMessage(got) {
						if (got.kind === 'response') return;
						seen.push(`${got.uri} ${got.headers.get('Session')} ${Buffer.from(got.body).toString('hex')}`);
					},
					onFrame: (channel, payload) => seen.push(`${channel} ${Buffer.from(payload).toString('hex')}`),
				});
				const bytes = Buffer.concat(wanted.map((part) => part.bytes));
				for (let at = 0; at < bytes.length; ) {
					const read = Uint8Array.from(bytes.subarray(at, at + (lengths.pop() ?? bytes.length)));
					at += read.length;
					splitter.push(read);
					read.fill(0xee);
				}
				expect(seen).toEqual(wanted.map((part) => part.name));
				expect(splitter.garbage).toBe(0);
			}),
		);
	});
});

describe('packets over a bad network', () => {
	const network = fc.record({
		first: fc.nat(0xffff),
		fates: fc.array(fc.constantFrom('pass', 'pass', 'pass', 'pass', 'lose', 'twice', 'late'), {
			minLength: 1,
			maxLength: 300,
		}),
	});

	it('leave the reorder window in order, once each, and are counted as what they were', () => {
		fc.assert(
			fc.property(network, ({ first, fates }) => {
				const arriving: RtpPacket[] = [];
				const held: RtpPacket[] = [];
				// The ends pass, so that every loss lies between two packets.
				for (const [index, fate] of ['pass', ...fates, 'pass'].entries()) {
					const packet = rtpPacket({ sequence: (first + index) & 0xffff });
					if (fate === 'late') held.push(packet);
					if (fate === 'pass' || fate === 'twice') arriving.push(packet);
					if (fate === 'twice') arriving.push({ ...packet });
					if (fate === 'pass' || fate === 'twice') arriving.push(...held.splice(0));
				}
				const left: number[] = [];
				const window = new ReorderWindow({ delay: 80, packets: 512 }, ({ sequence }) =>
					left.push((sequence - first) & 0xffff),
				);
				const statistics = new ReceiverStatistics(90_000);
				for (const packet of arriving) {
					statistics.receive(packet, 0);
					window.push(packet, 0);
				}
				window.flush(80);
				const passed = fates.flatMap((fate, index) => (fate === 'lose' ? [] : [index + 1]));
				expect(left).toEqual([0, ...passed, fates.length + 1]);
				const count = (fate: string) => fates.filter((each) => each === fate).length;
				const { lost, reordered, duplicates } = statistics.reception;
				expect({ lost, duplicates }).toEqual({ lost: count('lose'), duplicates: count('twice') });
				// Late ones in a row come in their order behind the next.
				expect(reordered).toBe(count('late'));
			}),
		);
	});
});
