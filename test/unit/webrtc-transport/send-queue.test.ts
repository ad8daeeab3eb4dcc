import { describe, expect, it } from 'vitest';
import { MAX_SENDS_BEHIND } from '../../../src/webrtc/transport/limits.ts';
import type { Destination, MediaPacket, TransportPeer } from '../../../src/webrtc/transport/secure-transport.ts';
import { SendQueue } from '../../../src/webrtc/transport/send-queue.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const VIEWERS = 100;
/** Packets of a key frame, and the viewers who get it in one turn of the event loop. */
const KEY = 50;
const TOGETHER = 16;
const TURNS = Math.ceil(VIEWERS / TOGETHER);

function packets(timestamp: number, count: number): MediaPacket[] {
	return Array.from({ length: count }, (_, index) => ({
		sequence: timestamp * 100 + index,
		timestamp,
		marker: index === count - 1,
		ssrc: 1,
		payload: new Uint8Array(1),
	}));
}

/** A queue, its viewers, and the timestamps of the frames that each of them was sent. */
function start() {
	const peers = Array.from({ length: VIEWERS }, () => ({}) as TransportPeer);
	const destinations: readonly Destination[] = peers.map((peer) => ({ peer, payloadType: 96, sequenceOffset: 0 }));
	const sent = new Map(peers.map((peer) => [peer, [] as number[]]));
	let calls = 0;
	const queue = new SendQueue((frame, to) => {
		calls++;
		const [first] = frame as [MediaPacket];
		expect(frame.every(({ timestamp }) => timestamp === first.timestamp)).toBe(true);
		for (const { peer } of to) sent.get(peer)?.push(first.timestamp);
	});
	const framesOf = (viewer: number) => sent.get(peers[viewer] as TransportPeer) as number[];
	const have = (frame: number) => [...sent.values()].filter((frames) => frames.includes(frame)).length;
	return { queue, destinations, framesOf, have, sent, calls: () => calls };
}

describe('SendQueue', () => {
	it('sends a small frame to everybody at once, and any frame to a few', () => {
		const { queue, destinations, have, calls } = start();
		queue.send(packets(1, 8), destinations);
		queue.send(packets(2, 500), destinations.slice(0, 4));
		expect([have(1), have(2), calls()]).toEqual([VIEWERS, 4, 2]);
	});

	it('sends a key frame to some viewers with each turn of the event loop', async () => {
		const { queue, destinations, have } = start();
		queue.send(packets(1, KEY), destinations);
		for (let turns = 1; turns < TURNS; turns++) {
			expect(have(1)).toBe(turns * TOGETHER);
			await turn();
		}
		expect(have(1)).toBe(VIEWERS);
	});

	it('sends what follows at once to those who have the key frame, and to everybody in order', async () => {
		const { queue, destinations, framesOf, have, sent, calls } = start();
		const batch = packets(1, KEY);
		queue.send(batch, destinations);
		await turn();
		batch.splice(0, KEY, ...packets(2, 5));
		queue.send(batch, destinations);
		expect([have(1), have(2)]).toEqual([2 * TOGETHER, 2 * TOGETHER]);
		queue.send(packets(3, 1), [destinations[0] as Destination, destinations[99] as Destination]);
		expect(framesOf(0)).toEqual([1, 2, 3]);
		expect(framesOf(99)).toEqual([]);
		for (let turns = 1; turns < TURNS; turns++) await turn();
		expect([...sent.values()]).toEqual(
			destinations.map((_, viewer) => (viewer === 0 || viewer === 99 ? [1, 2, 3] : [1, 2])),
		);
		// Those who wait together get each frame together.
		expect(calls()).toBe(2 + 2 + 2 * (TURNS - 2) + 1);
	});

	it('sends everything when somebody is too far behind', () => {
		const { queue, destinations, have } = start();
		queue.send(packets(1, KEY), destinations);
		for (let frame = 2; frame <= MAX_SENDS_BEHIND; frame++) queue.send(packets(frame, 1), destinations);
		expect(have(1)).toBe(TOGETHER);
		queue.send(packets(0, 1), destinations);
		expect([have(1), have(MAX_SENDS_BEHIND), have(0)]).toEqual([VIEWERS, VIEWERS, VIEWERS]);
	});

	it('holds nobody up for longer than it takes to bring those up to date who are too far behind', async () => {
		const { queue, destinations, framesOf, have } = start();
		queue.send(packets(1, KEY), destinations);
		const next = destinations.slice(TOGETHER, TOGETHER + 1);
		for (let frame = 2; frame <= MAX_SENDS_BEHIND + 1; frame++) queue.send(packets(frame, 1), next);
		expect(framesOf(TOGETHER)).toHaveLength(MAX_SENDS_BEHIND + 1);
		expect(have(1)).toBeLessThanOrEqual(2 * TOGETHER);
		for (let turns = 1; turns < TURNS; turns++) await turn();
		expect(have(1)).toBe(VIEWERS);
	});

	it('forgets what waits when it is closed', async () => {
		const { queue, destinations, have } = start();
		queue.send(packets(1, KEY), destinations);
		queue.close();
		for (let turns = 1; turns < TURNS; turns++) await turn();
		expect(have(1)).toBe(TOGETHER);
	});
});
