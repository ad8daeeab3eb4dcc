import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { readUint16 } from '../../../src/media/bytes/big-endian.ts';
import { createWebRtcServer } from '../../../src/webrtc/webrtc-server.ts';
import { FakeDirectory } from '../../fakes/fake-directory.ts';
import { MARKS, markOf, picture } from '../../fakes/fake-pictures.ts';
import { type FakePeer, FakeTransport, type SentPacket } from '../../fakes/fake-transport.ts';
import { nack, pictureLoss } from '../../fakes/feedback.ts';
import { recordedOffer } from '../../fakes/offers.ts';
import { h264Track } from '../../fakes/sample-tracks.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const TRACK = h264Track(66, 0xc0);
const FRAME_MS = 40;
const CHROMIUM = recordedOffer('chromium');
const WITHOUT_RTX = CHROMIUM.replaceAll(/a=(fmtp:\d+ apt=\d+|rtpmap:\d+ rtx.*)\r\n/g, '');

/** What happens between two pictures. */
type Event =
	| { kind: 'join'; rtx: boolean }
	| { kind: 'loss of picture'; viewer: number }
	| { kind: 'nack'; viewer: number; back: number; count: number }
	| { kind: 'leave'; viewer: number };

const event: fc.Arbitrary<Event> = fc.oneof(
	{ weight: 3, arbitrary: fc.record({ kind: fc.constant('join' as const), rtx: fc.boolean() }) },
	{ weight: 4, arbitrary: fc.record({ kind: fc.constant('loss of picture' as const), viewer: fc.nat(5) }) },
	{
		weight: 4,
		arbitrary: fc.record({
			kind: fc.constant('nack' as const),
			viewer: fc.nat(5),
			/** The newest of them is so many behind the newest sent. */
			back: fc.integer({ min: -3, max: 500 }),
			count: fc.integer({ min: 1, max: 300 }),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), viewer: fc.nat(5) }) },
);

const frame = fc.record({
	size: fc.oneof(
		{ weight: 5, arbitrary: fc.integer({ min: 2, max: 6_000 }) },
		{ weight: 1, arbitrary: fc.integer({ min: 20_000, max: 90_000 }) },
	),
	/** Milliseconds by which the picture's time differs from its even place. */
	jitter: fc.integer({ min: -15, max: 15 }),
	events: fc.array(event, { maxLength: 2 }),
});

const scene = fc.record({
	group: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constant(1_000)),
	frames: fc.array(frame, { minLength: 5, maxLength: 160 }),
	/** Large enough numbers show what happens where 16 bits wrap. */
	randomByte: fc.integer({ min: 1, max: 255 }),
});

/** Every viewer sees one video that a decoder can follow, whatever it asks for. */
function checkViewer(peer: FakePeer, ssrc: number, packetCounts: readonly number[], keys: readonly boolean[]): void {
	expect(peer.reused).toEqual([]);
	const packets = peer.first(ssrc);
	let previous: SentPacket | undefined;
	let frame: { mark: number; timestamp: number; packets: number; number: number } | undefined;
	for (const packet of packets) {
		if (previous) expect(packet.index).toBe(previous.index + 1);
		const mark = markOf(packet.payload);
		if (frame && packet.timestamp === frame.timestamp && !previous?.marker) {
			expect(mark).toBe(frame.mark);
			frame.packets++;
		} else {
			if (frame) {
				expect((packet.timestamp - frame.timestamp) | 0).toBeGreaterThan(0);
				expect((packet.timestamp - frame.timestamp) | 0).toBeLessThan(90_000 * 10);
			}
			const number = numberOf(mark, frame?.number ?? 0, keys);
			if (frame) expect(number === frame.number + 1 || keys[number]).toBe(true);
			else expect(keys[number]).toBe(true);
			frame = { mark, timestamp: packet.timestamp, packets: 1, number };
		}
		if (packet.marker) expect(frame.packets).toBe(packetCounts[frame.number]);
		previous = packet;
	}
}

/** The picture with this mark that follows `after`, or, sent again, the nearest before it. */
function numberOf(mark: number, after: number, keys: readonly boolean[]): number {
	const next = after + 1;
	if (1 + (next % MARKS) === mark && next < keys.length) return next;
	for (let number = keys.length - 1; number >= 0; number--) if (1 + (number % MARKS) === mark) return number;
	throw new Error(`no picture has the mark ${mark}`);
}

describe('every viewer of a broadcast', () => {
	it('sees rising numbers and times and whole pictures, and no number stands for two packets', async () => {
		await fc.assert(
			fc.asyncProperty(scene, async ({ group, frames, randomByte }) => {
				const clock = new VirtualClock();
				const transport = new FakeTransport();
				const directory = new FakeDirectory();
				const stream = directory.add('camera', [TRACK]);
				let serial = 0;
				const server = createWebRtcServer({
					directory,
					transport,
					clock,
					logger: silentLogger,
					randomBytes: (size) => new Uint8Array(size).fill(randomByte).fill(serial++, 1, 2),
					maxSessions: 100,
				});
				const packetCounts: number[] = [];
				const keys: boolean[] = [];
				const sessions: string[] = [];
				const videoSsrc: number[] = [];
				for (const [number, { size, jitter, events }] of frames.entries()) {
					const key = number % group === 0;
					const at = clock.now();
					keys.push(key);
					const pts = Math.round((number * FRAME_MS + jitter) * 90) + 90_000;
					stream.deliver(picture(TRACK, number, { key, size, at, pts }));
					packetCounts.push(count(size, key));
					for (const event of events) {
						if (event.kind === 'join') {
							const offer = event.rtx ? CHROMIUM : WITHOUT_RTX;
							const { sessionId, answer } = await server.create('camera', offer, new AbortController().signal);
							sessions.push(sessionId);
							videoSsrc.push(Number(/a=ssrc:(\d+)/.exec(answer)?.[1]));
							transport.last.secure();
							continue;
						}
						const peer = transport.peers[event.viewer];
						const ssrc = videoSsrc[event.viewer];
						if (!peer || ssrc === undefined || peer.state !== 'secured') continue;
						if (event.kind === 'leave') server.remove(sessions[event.viewer] ?? '');
						else if (event.kind === 'loss of picture') peer.options.onRtcp(pictureLoss(ssrc));
						else {
							const newest = (peer.first(ssrc).at(-1)?.index ?? 0) - event.back;
							const sequences = Array.from({ length: event.count }, (_, step) => (newest - step) & 0xffff);
							peer.options.onRtcp(nack(ssrc, sequences));
						}
					}
					await clock.advance(FRAME_MS);
				}
				for (const [index, peer] of transport.peers.entries()) {
					const ssrc = videoSsrc[index] ?? 0;
					checkViewer(peer, ssrc, packetCounts, keys);
					checkRetransmissions(peer, ssrc);
				}
				await server.close();
				expect(stream.leases).toBe(0);
				expect(stream.readers.size).toBe(0);
			}),
			{ numRuns: 60 },
		);
	});
});

/** RFC 4588: the original number in front of exactly what was sent under it. */
function checkRetransmissions(peer: FakePeer, ssrc: number): void {
	const originals = new Map(peer.first(ssrc).map((packet) => [packet.index & 0xffff, packet]));
	for (const packet of peer.sent) {
		if (packet.ssrc === ssrc) continue;
		const original = originals.get(readUint16(packet.payload, 0));
		expect(original).toBeDefined();
		expect(packet.timestamp).toBe(original?.timestamp);
		expect(packet.marker).toBe(original?.marker);
		expect(Buffer.compare(packet.payload.subarray(2), original?.payload ?? new Uint8Array())).toBe(0);
	}
}

/** RTP packets of a picture: parameter sets together, then the picture whole or in fragments. */
function count(size: number, key: boolean): number {
	const most = 1_198;
	if (size > most) return Math.ceil((size - 1) / (most - 2)) + (key ? 1 : 0);
	return key && 1 + 2 + 4 + 2 + 2 + 2 + size > most ? 2 : 1;
}
