import { describe, expect, it, vi } from 'vitest';
import { CATCH_UP } from '../../../src/webrtc/limits.ts';
import type { MediaPacket } from '../../../src/webrtc/transport/secure-transport.ts';
import { markOf } from '../../fakes/fake-pictures.ts';
import { PCMA } from '../../fakes/sample-tracks.ts';
import { FRAME_MS, type SceneViewer, timeline, WebRtcScene } from '../../fakes/webrtc-scene.ts';

const FRAME_TICKS = FRAME_MS * 90;

describe('the first picture', () => {
	it('goes to nobody who is not secured', async () => {
		const scene = new WebRtcScene();
		await scene.play(3, { key: true });
		const viewer = await scene.offer();
		await scene.play(3);
		expect(viewer.peer.sent).toEqual([]);
		expect(viewer.peer.rtcp).toEqual([]);
	});

	it('comes at once from the cached group, in quick motion up to the live picture', async () => {
		const scene = new WebRtcScene();
		await scene.play(10, { key: true });
		const viewer = await scene.join();
		const start = viewer.peer.first(viewer.video);
		expect(start[0]?.index).toBe(1);
		expect(timeline(start)).toEqual([0, 90, 180, 270, 360, 450, 540, 630, 720, 810]);
		await scene.play(2);
		const steps = timeline(viewer.peer.first(viewer.video));
		expect(steps.slice(9)).toEqual([810, 810 + FRAME_TICKS, 810 + 2 * FRAME_TICKS]);
		const indexes = viewer.peer.first(viewer.video).map(({ index }) => index);
		expect(indexes).toEqual(indexes.map((_, at) => at + 1));
		expect(scene.server.session(viewer.id)).toMatchObject({
			state: 'connected',
			connected_after_ms: 0,
			first_media_after_ms: 0,
			video: 'h264 42e01f',
			audio: 'opus',
		});
	});

	it('is made once for all who come between two pictures, and is the same for each', async () => {
		const scene = new WebRtcScene();
		await scene.play(10, { key: true });
		const offered = [await scene.offer(), await scene.offer(), await scene.offer()];
		const arrays = new Set<readonly MediaPacket[]>();
		const { send } = scene.transport;
		vi.spyOn(scene.transport, 'send').mockImplementation((packets, destinations) => {
			arrays.add(packets);
			send.call(scene.transport, packets, destinations);
		});
		for (const { peer } of offered.slice(0, 2)) peer.secure();
		expect(arrays.size).toBe(1);
		await scene.play(1);
		offered[2]?.peer.secure();
		const [one, other, late] = offered.map(({ peer, video }) => peer.first(video));
		expect(other).toEqual(one);
		expect(late).toHaveLength(one?.length ?? 0);
		expect(timeline(late ?? [])).toHaveLength(11);
		expect(offered.flatMap(({ peer }) => peer.reused)).toEqual([]);
	});

	it('comes with the first key picture when there is none yet', async () => {
		const scene = new WebRtcScene();
		const viewer = await scene.join();
		await scene.play(2);
		expect(viewer.peer.sent).toEqual([]);
		await scene.play(3, { key: true });
		expect(timeline(viewer.peer.first(viewer.video))).toEqual([0, FRAME_TICKS, 2 * FRAME_TICKS]);
	});

	it('is what the connection lacks while the sound goes on', async () => {
		const scene = new WebRtcScene();
		const viewer = await scene.join();
		scene.sound();
		expect(viewer.peer.first(viewer.audio)).toHaveLength(1);
		expect(scene.server.connection(viewer.id)?.stage).toBe('no_media');
		await scene.play(1, { key: true });
		expect(scene.server.connection(viewer.id)?.stage).toBe('media');
	});

	it('counts as sent once a packet of it was, not when there was only sound', async () => {
		const scene = new WebRtcScene();
		const viewer = await scene.join();
		const firstMedia = () => scene.server.session(viewer.id)?.first_media_after_ms;
		await scene.clock.advance(500);
		expect(firstMedia()).toBeUndefined();
		scene.sound();
		await scene.clock.advance(500);
		expect(firstMedia()).toBeUndefined();
		await scene.play(2, { key: true });
		expect(firstMedia()).toBe(1_000);
	});

	it('counts as sent with the first burst of a group that is paced', async () => {
		const scene = new WebRtcScene();
		await scene.play(100, { key: true, size: 40_000 });
		const viewer = await scene.offer();
		await scene.clock.advance(70);
		viewer.peer.secure();
		await scene.clock.advance(2_000);
		expect(scene.server.session(viewer.id)?.first_media_after_ms).toBe(70);
	});

	it.each([1, 50])('counts as sent with the first sound of a camera without video, sound %d', async (sounds) => {
		const scene = new WebRtcScene({ tracks: [PCMA] });
		const viewer = await scene.join();
		const firstMedia = () => scene.server.session(viewer.id)?.first_media_after_ms;
		await scene.clock.advance(700);
		expect(firstMedia()).toBeUndefined();
		for (let count = 0; count < sounds; count++) {
			scene.sound(PCMA);
			await scene.clock.advance(300);
		}
		expect(firstMedia()).toBe(700);
	});

	it('is paced when the group is big, and what is live meanwhile follows in order', async () => {
		const scene = new WebRtcScene();
		await scene.play(20, { key: true, size: 50_000 });
		const viewer = await scene.join();
		const burst = bytes(viewer.peer.first(viewer.video));
		expect(burst).toBeGreaterThanOrEqual(CATCH_UP.burst);
		expect(burst).toBeLessThan(CATCH_UP.burst + 1_200);
		await scene.clock.advance(CATCH_UP.period);
		expect(bytes(viewer.peer.first(viewer.video)) - burst).toBeLessThan(CATCH_UP.chunk + 1_200);
		await scene.play(10, { size: 500 });
		const packets = viewer.peer.first(viewer.video);
		const marks = [...new Set(packets.map(({ payload }) => markOf(payload)))];
		expect(marks).toEqual(Array.from({ length: 30 }, (_, number) => number + 1));
		expect(timeline(packets).slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, number) => number * 90));
		expect(packets.map(({ index }) => index)).toEqual(packets.map((_, at) => at + 1));
	});

	it('comes from a group of 10 s and 2,700 packets, all of which follows within a second', async () => {
		const scene = new WebRtcScene();
		await scene.play(300, { key: true, size: 10_000 });
		const viewer = await scene.join();
		expect(markOf(viewer.peer.first(viewer.video)[0]?.payload ?? new Uint8Array())).toBe(1);
		await scene.clock.advance(1_000);
		const packets = viewer.peer.first(viewer.video);
		expect(packets.length).toBeGreaterThan(2_600);
		expect(packets.map(({ index }) => index)).toEqual(packets.map((_, at) => at + 1));
		expect(timeline(packets)).toEqual(Array.from({ length: 300 }, (_, number) => number * 90));
		await scene.play(1);
		expect(timeline(viewer.peer.first(viewer.video)).at(-1)).toBeGreaterThan(299 * 90);
	});

	it('does not flood a slow link with a group of 4 MB: never more than 40 Mbit/s after the first burst', async () => {
		const scene = new WebRtcScene();
		await scene.play(40, { key: true, size: 100_000 });
		const viewer = await scene.join();
		const sent = () => bytes(viewer.peer.first(viewer.video));
		const steps = [sent()];
		while (steps.length < 1_000 / CATCH_UP.period) {
			await scene.clock.advance(CATCH_UP.period);
			steps.push(sent());
		}
		// In any tenth of a second.
		const window = 100 / CATCH_UP.period;
		const most = Math.max(...steps.slice(window).map((total, at) => total - (steps[at] ?? 0)));
		expect(most).toBeLessThan((CATCH_UP.chunk + 1_200) * (window + 1));
		expect(steps.at(-1)).toBeGreaterThan(4_000_000);
	});

	it('comes to many at once at 640 Mbit/s at most, and each gets its turn', async () => {
		const scene = new WebRtcScene();
		await scene.play(20, { key: true, size: 50_000 });
		const viewers: SceneViewer[] = [];
		for (let count = 0; count < 40; count++) viewers.push(await scene.join());
		const sent = () => viewers.map(({ peer, video }) => bytes(peer.first(video)));
		const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
		let before = sent();
		for (let period = 0; period < 10; period++) {
			await scene.clock.advance(CATCH_UP.period);
			const after = sent();
			expect(sum(after) - sum(before)).toBeLessThan(80_000 * CATCH_UP.period + CATCH_UP.chunk + 1_200);
			before = after;
		}
		expect(Math.max(...before) - Math.min(...before)).toBeLessThan(CATCH_UP.chunk + 1_200);
		await scene.clock.advance(1_000);
		expect(Math.min(...sent())).toBeGreaterThan(20 * 50_000);
	});

	it('that is under way ends with the session, for good', async () => {
		const scene = new WebRtcScene();
		await scene.play(20, { key: true, size: 50_000 });
		const [gone, other] = [await scene.join(), await scene.join()];
		scene.server.remove(gone.id);
		const served = new Set<unknown>();
		vi.spyOn(scene.transport, 'send').mockImplementation((_packets, destinations) => {
			for (const { peer } of destinations) served.add(peer);
		});
		await scene.clock.advance(1_000);
		await scene.play(3);
		expect([...served]).toEqual([other.peer]);
	});

	it('skips to a new key picture when it comes before the old group is through', async () => {
		const scene = new WebRtcScene();
		await scene.play(30, { key: true, size: 50_000 });
		const viewer = await scene.join();
		await scene.play(2, { key: true, size: 1_000 });
		const packets = viewer.peer.first(viewer.video);
		expect(packets.map(({ index }) => index)).toEqual(packets.map((_, at) => at + 1));
		const marks = [...new Set(packets.map(({ payload }) => markOf(payload)))];
		expect(marks.slice(-2)).toEqual([31, 32]);
		expect(marks.length).toBeLessThan(32);
	});

	it('brings sound from the live point', async () => {
		const scene = new WebRtcScene();
		scene.sound();
		await scene.play(2, { key: true });
		const viewer = await scene.join();
		expect(viewer.peer.first(viewer.audio)).toEqual([]);
		scene.sound();
		expect(viewer.peer.first(viewer.audio)).toMatchObject([{ index: 1, payloadType: 111 }]);
	});

	it('costs one call of the transport a picture, whatever the number of viewers', async () => {
		const scene = new WebRtcScene();
		await scene.play(1, { key: true });
		for (let viewer = 0; viewer < 50; viewer++) await scene.join();
		const { sends } = scene.transport;
		scene.transport.destinationArrays.clear();
		await scene.play(25);
		expect(scene.transport.sends - sends).toBe(25);
		expect(scene.transport.destinationArrays.size).toBe(1);
	});
});

function bytes(packets: readonly { readonly payload: Uint8Array }[]): number {
	return packets.reduce((sum, { payload }) => sum + payload.length, 0);
}
