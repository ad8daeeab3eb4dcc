import { describe, expect, it } from 'vitest';
import { LINK } from '../../../src/webrtc/limits.ts';
import { type LinkReport, LinkWatch } from '../../../src/webrtc/link-watch.ts';
import { estimate, pictureLoss, receiverReport } from '../../fakes/feedback.ts';
import { type SceneViewer, WebRtcScene } from '../../fakes/webrtc-scene.ts';

const SENT = 2_000_000;
const GOOD: LinkReport = { loss: 0, roundTrip: 20, estimate: undefined };

/** Seconds of a link, one report each; which of them ended with the viewer cut down. */
function watch(reports: readonly LinkReport[], link = new LinkWatch(), from = 0): boolean[] {
	return reports.map((report, second) => {
		link.update(report, SENT, (from + second) * 1000);
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

	it('is not sent the group again for a lost picture', async () => {
		const { scene, slow } = await cutDown();
		const had = slow.peer.sent.length;
		slow.peer.options.onRtcp(pictureLoss(slow.video));
		await scene.play(10);
		expect(slow.peer.sent.length).toBe(had);
	});

	it('leaves without a trace', async () => {
		const { scene, slow, second } = await cutDown();
		scene.server.remove(slow.id);
		const had = slow.peer.sent.length;
		await second();
		expect(slow.peer.sent.length).toBe(had);
	});
});
