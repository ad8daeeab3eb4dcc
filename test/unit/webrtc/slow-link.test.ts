import { describe, expect, it } from 'vitest';
import { LINK } from '../../../src/webrtc/limits.ts';
import { type LinkReport, LinkWatch } from '../../../src/webrtc/link-watch.ts';
import { estimate, pictureLoss, receiverReport } from '../../fakes/feedback.ts';
import { type SceneViewer, timeline, WebRtcScene } from '../../fakes/webrtc-scene.ts';

const SENT = 2_000_000;
const GOOD: LinkReport = { loss: 0, roundTrip: 20, estimate: undefined };

/** Seconds of a link, one report each; which of them ended with the viewer cut down. */
function watch(reports: readonly LinkReport[], link = new LinkWatch(), from = 0): boolean[] {
	return reports.map((report, second) => {
		const now = (from + second) * 1000;
		if (link.mayResume(now)) link.resume(now);
		else link.update(report, SENT, now);
		return link.overloaded;
	});
}

const repeat = (count: number, report: Partial<LinkReport>): LinkReport[] =>
	Array.from({ length: count }, () => ({ ...GOOD, ...report }));

describe('LinkWatch', () => {
	it.each([
		['a good link', {}],
		['random loss, which is repaired', { loss: 0.1 }],
		['random loss and a high estimate', { loss: 0.1, estimate: 3_000_000 }],
		['the dip of an estimate on a busy machine', { loss: 0.1, estimate: 1_300_000 }],
		['a low estimate alone', { estimate: 100_000 }],
		['a long round trip alone', { roundTrip: 600 }],
	])('leaves %s alone', (_name, report) => {
		expect(watch(repeat(20, report))).not.toContain(true);
	});

	it('cuts down on loss that no repair makes good, after some seconds', () => {
		expect(watch(repeat(LINK.badReports, { loss: 0.4 }))).toEqual([false, false, true]);
	});

	it('cuts down when a queue overflows', () => {
		expect(watch(repeat(LINK.badReports, { loss: 0.2, estimate: 900_000 })).at(-1)).toBe(true);
	});

	it('cuts down when a queue fills', () => {
		const filling = [100, 400, 700, 900, 900].map((roundTrip) => ({ ...GOOD, estimate: 900_000, roundTrip }));
		expect(watch([GOOD, ...filling]).at(-1)).toBe(true);
	});

	it('needs the bad seconds in a row', () => {
		const [bad] = repeat(1, { loss: 0.4 });
		expect(watch([bad, bad, GOOD, bad, bad, GOOD] as LinkReport[])).not.toContain(true);
	});

	it('gives a chance after a pause, which doubles while the chances are in vain', () => {
		const link = new LinkWatch();
		const cut = watch(repeat(60, { loss: 0.4 }), link);
		const pauses = [
			...cut
				.map((each) => (each ? 'x' : '.'))
				.join('')
				.matchAll(/x+/g),
		].map(([run]) => run.length);
		expect(pauses.slice(0, 3)).toEqual([5, 10, 20]);
		watch(repeat(200, { loss: 0.4 }), link, 60);
		expect(watch([...repeat(100, {}), ...repeat(3, { loss: 0.4 })], link, 260).at(-1)).toBe(true);
		expect(watch(repeat(5, {}), link, 363)).toEqual([true, true, true, true, false]);
	});
});

describe('LinkWatch and a chance that takes effect late', () => {
	it('counts from there', () => {
		const link = new LinkWatch();
		const bad = repeat(LINK.badReports, { loss: 0.4 });
		watch(bad, link);
		const since = (LINK.badReports - 1) * 1000;
		expect(link.mayResume(since + LINK.firstPause - 1)).toBe(false);
		expect(link.mayResume(since + LINK.firstPause)).toBe(true);
		const resumed = since + LINK.firstPause + LINK.proof;
		expect(link.overloaded).toBe(true);
		link.resume(resumed);
		expect(link.overloaded).toBe(false);
		expect(link.overloadedFor(resumed + 1000)).toBe(LINK.firstPause + LINK.proof);
		// In vain.
		expect(watch(bad, link, resumed / 1000 + 1).at(-1)).toBe(true);
		const again = resumed + LINK.badReports * 1000;
		expect(link.mayResume(again + LINK.firstPause)).toBe(false);
		expect(link.mayResume(again + 2 * LINK.firstPause)).toBe(true);
	});
});

describe('a viewer with a slow link', () => {
	const bad = (viewer: SceneViewer) => {
		viewer.peer.options.onRtcp(receiverReport(viewer.video, { fractionLost: 128, lsr: 0, dlsr: 0 }));
		viewer.peer.options.onRtcp(estimate(viewer.video, 100_000));
	};

	/** Two viewers, of whom the first one's link breaks down; a key frame every second. */
	async function cutDown() {
		const scene = new WebRtcScene();
		await scene.play(1, { key: true });
		const [slow, other] = [await scene.join(), await scene.join()];
		const second = () => scene.play(30, { key: true });
		for (let count = 0; count < LINK.badReports + 1; count++) {
			bad(slow);
			await second();
		}
		return { scene, slow, other, second };
	}

	it('gets key frames only, without a gap in its numbers, and never slows the others', async () => {
		const { scene, slow, other, second } = await cutDown();
		expect(scene.server.session(slow.id)).toMatchObject({ key_frames_only: true });
		const [had, hadOther] = [slow.peer.first(slow.video).length, other.peer.first(other.video).length];
		await second();
		await second();
		const since = slow.peer.first(slow.video).slice(had);
		const timestamps = new Set(since.map(({ timestamp }) => timestamp));
		expect(timestamps.size).toBe(2);
		expect(since.every(({ index }, at) => index === (since[0]?.index ?? 0) + at)).toBe(true);
		expect(slow.peer.first(slow.video).at(had)?.index).toBe((slow.peer.first(slow.video)[had - 1]?.index ?? 0) + 1);
		expect(other.peer.first(other.video).length - hadOther).toBeGreaterThan(10 * since.length);
		expect(scene.server.session(other.id)).toMatchObject({ key_frames_only: false, key_frames_only_ms: 0 });
	});

	it('gets every frame again at a key frame when its chance comes', async () => {
		const { scene, slow, second } = await cutDown();
		slow.peer.options.onRtcp(receiverReport(slow.video, { fractionLost: 0, lsr: 0, dlsr: 0 }));
		for (let count = 0; count <= LINK.firstPause / 1000; count++) await second();
		const had = slow.peer.first(slow.video).length;
		await second();
		const since = slow.peer.first(slow.video).slice(had);
		expect(new Set(since.map(({ timestamp }) => timestamp)).size).toBe(30);
		expect(slow.peer.reused).toEqual([]);
		expect(since.every(({ index }, at) => index === (since[0]?.index ?? 0) + at)).toBe(true);
		const { key_frames_only, key_frames_only_ms } = scene.server.session(slow.id) ?? {};
		expect(key_frames_only).toBe(false);
		expect(key_frames_only_ms).toBeGreaterThanOrEqual(LINK.firstPause);
	});

	it('gets every frame at once with its chance where the cached group is small', async () => {
		const { scene, slow } = await cutDown();
		slow.peer.options.onRtcp(receiverReport(slow.video, { fractionLost: 0, lsr: 0, dlsr: 0 }));
		const had = slow.peer.first(slow.video).length;
		// One group, which goes on over the whole pause.
		await scene.play((LINK.firstPause / 1000 + 2) * 25, { key: true });
		expect(scene.server.session(slow.id)).toMatchObject({ key_frames_only: false });
		const since = slow.peer.first(slow.video).slice(had);
		expect(timeline(since).length).toBeGreaterThan((LINK.firstPause / 1000 + 2) * 25);
		const steps = timeline(since);
		expect([...steps].sort((a, b) => a - b)).toEqual(steps);
		expect(since.every(({ index }, at) => index === (since[0]?.index ?? 0) + at)).toBe(true);
		expect(slow.peer.reused).toEqual([]);
	});

	it('counts as cut down until it gets every frame again, where the group is too big to be sent at once', async () => {
		const scene = new WebRtcScene();
		const seconds = async (count: number, key: boolean) => {
			for (let second = 0; second < count; second++) await scene.play(25, { key: key && second === 0, size: 6_000 });
		};
		await seconds(1, true);
		const slow = await scene.join();
		const info = () => scene.server.session(slow.id);
		for (let count = 0; count < LINK.badReports; count++) {
			bad(slow);
			await seconds(1, false);
		}
		await seconds(1, true);
		expect(info()).toMatchObject({ key_frames_only: true });
		slow.peer.options.onRtcp(receiverReport(slow.video, { fractionLost: 0, lsr: 0, dlsr: 0 }));
		await seconds(20, false);
		const { key_frames_only_ms: before = 0 } = info() ?? {};
		expect(before).toBeGreaterThan(20_000);
		expect(info()).toMatchObject({ key_frames_only: true });
		const had = slow.peer.first(slow.video).length;
		await seconds(1, true);
		expect(info()).toMatchObject({ key_frames_only: false });
		expect(timeline(slow.peer.first(slow.video).slice(had))).toHaveLength(25);
		expect(info()?.key_frames_only_ms).toBe(before);
		// The chance is in vain: the next one comes after twice the pause.
		for (let count = 0; count < LINK.badReports; count++) {
			bad(slow);
			await seconds(1, true);
		}
		expect(info()).toMatchObject({ key_frames_only: true });
		for (let count = 0; count < (2 * LINK.firstPause) / 1000 - 1; count++) await seconds(1, true);
		expect(info()).toMatchObject({ key_frames_only: true });
		for (let count = 0; count < 2; count++) await seconds(1, true);
		expect(info()).toMatchObject({ key_frames_only: false });
	});

	it('is not sent the group again for a lost picture', async () => {
		const { scene, slow } = await cutDown();
		const had = slow.peer.sent.length;
		slow.peer.options.onRtcp(pictureLoss(slow.video));
		await scene.play(10);
		expect(slow.peer.sent.length).toBe(had);
	});

	it('gets no more of a group that is still under way', async () => {
		const scene = new WebRtcScene();
		// Who comes first begins the seconds: the other one is judged soon after it came.
		await scene.join();
		await scene.play(150, { key: true, size: 100_000 });
		await scene.clock.advance(990);
		const slow = await scene.join();
		const sent = () => slow.peer.first(slow.video).length;
		for (let second = 0; second < LINK.badReports; second++) {
			bad(slow);
			await scene.clock.advance(second === 0 ? 10 : 1_000);
		}
		expect(scene.server.session(slow.id)).toMatchObject({ key_frames_only: true });
		const had = sent();
		expect(had).toBeLessThan((150 * 100_000) / 1_196);
		await scene.play(10);
		expect(sent()).toBe(had);
		await scene.play(10, { key: true });
		const since = slow.peer.first(slow.video).slice(had);
		expect(timeline(since)).toHaveLength(1);
		expect(slow.peer.first(slow.video).map(({ index }) => index)).toEqual(
			Array.from({ length: sent() }, (_, at) => at + 1),
		);
	});

	it('leaves without a trace', async () => {
		const { scene, slow, second } = await cutDown();
		scene.server.remove(slow.id);
		const had = slow.peer.sent.length;
		await second();
		expect(slow.peer.sent.length).toBe(had);
	});
});
