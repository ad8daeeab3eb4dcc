import { describe, expect, it, vi } from 'vitest';
import { REPAIR } from '../../../src/webrtc/limits.ts';
import { markOf } from '../../fakes/fake-pictures.ts';
import { fullIntraRequest, pictureLoss } from '../../fakes/feedback.ts';
import { FRAME_MS, timeline, WebRtcScene } from '../../fakes/webrtc-scene.ts';

describe('a lost picture', () => {
	it('is answered by the cached group, between the last and the next picture', async () => {
		const scene = new WebRtcScene();
		await scene.play(100, { key: true, size: 300 });
		const viewer = await scene.join();
		await scene.play(20, { size: 300 });
		const before = viewer.peer.first(viewer.video).length;
		const last = viewer.peer.first(viewer.video).at(-1);
		viewer.peer.options.onRtcp(pictureLoss(viewer.video));
		expect(viewer.peer.first(viewer.video)).toHaveLength(before);
		await scene.play(1, { size: 300 });
		const replay = viewer.peer.first(viewer.video).slice(before);
		expect(markOf(replay[0]?.payload ?? new Uint8Array())).toBe(1);
		expect(markOf(replay.at(-1)?.payload ?? new Uint8Array())).toBe(121);
		const times = timeline([...(last ? [last] : []), ...replay]);
		expect(times).toHaveLength(122);
		expect(times.toSorted((a, b) => a - b)).toEqual(times);
		expect(times.at(-1)).toBe(FRAME_MS * 90);
		await scene.play(1, { size: 300 });
		expect(viewer.peer.first(viewer.video)).toHaveLength(before + replay.length + 1);
		expect(viewer.peer.reused).toEqual([]);
		expect(scene.server.session(viewer.id)).toMatchObject({ pli_received: 1 });
	});

	it('is answered for a full intra request too', async () => {
		const scene = new WebRtcScene();
		await scene.play(10, { key: true });
		const viewer = await scene.join();
		await scene.play(20);
		const before = viewer.peer.first(viewer.video).length;
		viewer.peer.options.onRtcp(fullIntraRequest(viewer.video));
		await scene.play(1);
		expect(viewer.peer.first(viewer.video).length).toBeGreaterThan(before + 30);
	});

	it('says nothing new right after a key picture, and nothing to the other viewers', async () => {
		const scene = new WebRtcScene();
		await scene.play(20, { key: true });
		const viewer = await scene.join();
		const other = await scene.join();
		await scene.play(15);
		scene.show(true);
		viewer.peer.options.onRtcp(pictureLoss(viewer.video));
		const before = viewer.peer.first(viewer.video).length;
		const beforeOther = other.peer.first(other.video).length;
		await scene.play(25, { size: 500 });
		expect(viewer.peer.first(viewer.video)).toHaveLength(before + 25);
		viewer.peer.options.onRtcp(pictureLoss(viewer.video));
		await scene.play(1, { size: 500 });
		expect(viewer.peer.first(viewer.video).length).toBeGreaterThan(before + 40);
		expect(other.peer.first(other.video)).toHaveLength(beforeOther + 26);
	});

	it('that a key picture has mended meanwhile is not replayed', async () => {
		const scene = new WebRtcScene();
		await scene.play(20, { key: true });
		const viewer = await scene.join();
		await scene.play(5);
		viewer.peer.options.onRtcp(pictureLoss(viewer.video));
		const before = viewer.peer.first(viewer.video).length;
		await scene.play(30, { key: true, size: 500 });
		expect(viewer.peer.first(viewer.video)).toHaveLength(before + 30);
	});

	it('S9: reported in storms is replayed at a bounded rate, never to the camera', async () => {
		const scene = new WebRtcScene();
		await scene.play(50, { key: true, size: 8_000 });
		const viewer = await scene.join();
		const { bytes_sent: before = 0 } = scene.server.session(viewer.id) ?? {};
		for (let time = 0; time < 250; time++) {
			for (let again = 0; again < 20; again++) viewer.peer.options.onRtcp(pictureLoss(viewer.video));
			await scene.play(1, { size: 8_000 });
		}
		const { bytes_sent: after = 0 } = scene.server.session(viewer.id) ?? {};
		const live = 250 * 8_000;
		expect(after - before).toBeLessThan(live + 2 * REPAIR.burst + 10 * REPAIR.bytesPerSecond + 300 * 8_000);
		expect(viewer.peer.reused).toEqual([]);
	});

	it('while the group is still under way does not send it twice, but is answered afterwards', async () => {
		const scene = new WebRtcScene();
		await scene.play(100, { key: true, size: 40_000 });
		const viewer = await scene.join();
		const sent = () => viewer.peer.first(viewer.video).reduce((sum, { payload }) => sum + payload.length, 0);
		await scene.clock.advance(150);
		expect(sent()).toBeLessThan(2_000_000);
		viewer.peer.options.onRtcp(pictureLoss(viewer.video));
		await scene.play(60, { size: 500 });
		expect(sent()).toBeLessThan(1.1 * 100 * 40_000);
		viewer.peer.options.onRtcp(pictureLoss(viewer.video));
		await scene.play(60, { size: 500 });
		expect(sent()).toBeGreaterThan(2 * 100 * 40_000);
	});

	it('of a viewer who was still behind a moment ago says nothing new', async () => {
		const scene = new WebRtcScene();
		await scene.play(100, { key: true, size: 40_000 });
		const viewer = await scene.join();
		const packets = () => viewer.peer.first(viewer.video).length;
		const group = 100 * Math.ceil(40_000 / 1_196);
		for (let step = 0; packets() < group; step++) {
			expect(step).toBeLessThan(1_000);
			await scene.clock.advance(1);
		}
		await scene.clock.advance(REPAIR.assumedRoundTrip - 10);
		viewer.peer.options.onRtcp(pictureLoss(viewer.video));
		await scene.play(20, { size: 500 });
		expect(packets()).toBeLessThan(group + 30);
	});

	it('that is lost again waits for its turn', async () => {
		const scene = new WebRtcScene();
		await scene.play(20, { key: true, size: 300 });
		const viewer = await scene.join();
		await scene.play(20, { size: 300 });
		viewer.peer.options.onRtcp(pictureLoss(viewer.video));
		await scene.play(5, { size: 300 });
		const had = viewer.peer.first(viewer.video).length;
		expect(had).toBeGreaterThan(80);
		viewer.peer.options.onRtcp(pictureLoss(viewer.video));
		const passed = 5 * FRAME_MS;
		const frames = Math.ceil((REPAIR.keyFrameInterval - passed) / FRAME_MS);
		await scene.play(frames, { size: 300 });
		expect(viewer.peer.first(viewer.video)).toHaveLength(had + frames);
		await scene.play(1, { size: 300 });
		expect(viewer.peer.first(viewer.video).length).toBeGreaterThan(had + frames + 45);
	});

	it('of a viewer who left meanwhile is forgotten', async () => {
		const scene = new WebRtcScene();
		await scene.play(20, { key: true });
		const [gone, other] = [await scene.join(), await scene.join()];
		await scene.play(20);
		gone.peer.options.onRtcp(pictureLoss(gone.video));
		scene.server.remove(gone.id);
		const served = new Set<unknown>();
		vi.spyOn(scene.transport, 'send').mockImplementation((_packets, destinations) => {
			for (const { peer } of destinations) served.add(peer);
		});
		await scene.play(5);
		expect([...served]).toEqual([other.peer]);
	});
});
