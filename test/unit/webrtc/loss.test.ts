import { describe, expect, it } from 'vitest';
import { readUint32 } from '../../../src/media/bytes/big-endian.ts';
import { REPAIR } from '../../../src/webrtc/limits.ts';
import { nack, pictureLoss, receiverReferenceTime, receiverReport } from '../../fakes/feedback.ts';
import { NackReceiver } from '../../fakes/nack-receiver.ts';
import { recordedOffer } from '../../fakes/offers.ts';
import { FRAME_MS, WebRtcScene } from '../../fakes/webrtc-scene.ts';

/** As the player offers it: with its round trip asked for. */
const OFFER = recordedOffer('chromium').replaceAll(/(a=rtcp-fb:\d+ )nack\r\n/g, '$&$1rrtr\r\n');
/** Milliseconds without a new picture that count as a freeze: 150 more than usual (W3C webrtc-stats, freezeCount). */
const FREEZE = 150 + FRAME_MS;
/** Each is another network. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => number * 7919);

type Camera = {
	readonly pictureBytes?: number;
	/** Pictures of a group. */
	readonly group?: number;
	/** The picture before which the viewer reports a lost picture. */
	readonly pictureLossAt?: number;
};

/** A camera through a bad network; what became of each packet. */
async function watchFor(seconds: number, loss: number, seed: number, camera: Camera = {}) {
	const { pictureBytes = 9_000, group = 50, pictureLossAt } = camera;
	const scene = new WebRtcScene();
	scene.show(true);
	const viewer = await scene.join(OFFER);
	const network = { loss, delay: 13, seed };
	const sources = { ssrc: viewer.video, rtxSsrc: viewer.videoRtx };
	const receiver = new NackReceiver(viewer.peer, scene.clock, network, sources);
	for (let picture = 1; picture <= seconds * 25; picture++) {
		for (let step = 0; step < FRAME_MS; step++) {
			receiver.step();
			await scene.clock.advance(1);
		}
		if (picture === pictureLossAt) viewer.peer.options.onRtcp(pictureLoss(viewer.video));
		scene.show(picture % group === 0, pictureBytes);
	}
	return { receiver, info: scene.server.session(viewer.id) };
}

describe('through a network with loss', () => {
	it.each([
		[0.02, 0],
		[0.05, 0],
		[0.1, 1],
	])('of %d each way freezes the picture at most %d times', async (loss, freezes) => {
		for (const seed of SEEDS) {
			const { receiver, info } = await watchFor(30, loss, seed);
			expect(receiver.counts.lost / receiver.counts.sent).toBeCloseTo(loss, 1);
			expect(receiver.missing).toBeLessThan(20);
			expect(receiver.roundTrip).toBeCloseTo(26, -1);
			// It knows that from its first report on.
			const late = receiver.arrivals.filter(({ sentAt, latency }) => sentAt >= 1000 && latency > FREEZE);
			expect(new Set(late.map(({ sentAt }) => sentAt)).size).toBeLessThanOrEqual(freezes);
			// Random loss is no slow link, whatever a report of a handful of packets says.
			expect(info).toMatchObject({ key_frames_only_ms: 0, pli_received: 0 });
			expect(info?.loss).toBeCloseTo(loss, 1);
			// Each loss costs two packets, and not many more.
			expect(info?.packets_retransmitted).toBeLessThan(receiver.counts.lost * 2.6);
		}
	});

	it('of 0.1 each way is heard in full at 20 Mbit/s', async () => {
		const { receiver, info } = await watchFor(10, 0.1, 7, { pictureBytes: 100_000 });
		expect(receiver.counts.sent).toBeGreaterThan(20_000);
		expect(receiver.nacks).toBeGreaterThan(200);
		expect(info?.nack_received).toBe(receiver.nacks);
	});
});

describe('a group that is sent again', () => {
	it.each([10_000, 40_000])('leaves enough for the repair of pictures of %d bytes', async (pictureBytes) => {
		const { receiver, info } = await watchFor(14, 0.05, 7919, { pictureBytes, group: 100, pictureLossAt: 60 });
		expect(info).toMatchObject({ pli_received: 1 });
		expect(receiver.counts.sent).toBeGreaterThan((14 * 25 + 59) * Math.floor(pictureBytes / 1_196));
		expect(receiver.missing).toBeLessThan(20);
		const late = receiver.arrivals.filter(({ sentAt, latency }) => sentAt >= 1000 && latency > FREEZE);
		expect(new Set(late.map(({ sentAt }) => sentAt)).size).toBe(0);
	});
});

describe('repair', () => {
	it.each([26, 0, undefined])(
		'where %s / 256 are lost sends each packet twice, a little apart',
		async (fractionLost) => {
			const scene = new WebRtcScene();
			await scene.play(5, { key: true });
			const viewer = await scene.join();
			if (fractionLost !== undefined) {
				viewer.peer.options.onRtcp(receiverReport(viewer.video, { fractionLost, lsr: 0, dlsr: 0 }));
			}
			const repeated = () => viewer.peer.sent.filter(({ ssrc }) => ssrc === viewer.videoRtx).length;
			viewer.peer.options.onRtcp(nack(viewer.video, [2, 3]));
			expect(repeated()).toBe(2);
			await scene.clock.advance(REPAIR.repeatAfter);
			expect(repeated()).toBe(4);
			expect(
				new Set(viewer.peer.sent.filter(({ ssrc }) => ssrc === viewer.videoRtx).map(({ index }) => index)).size,
			).toBe(4);
			await scene.clock.advance(1000);
			expect(repeated()).toBe(4);
		},
	);

	it('of many packets at once repeats so many of them', async () => {
		const scene = new WebRtcScene();
		await scene.play(REPAIR.repeats + 50, { key: true, size: 100 });
		const viewer = await scene.join();
		const all = viewer.peer.first(viewer.video).map(({ index }) => index & 0xffff);
		expect(all.length).toBeGreaterThan(REPAIR.repeats);
		const repeated = () => viewer.peer.sent.filter(({ ssrc }) => ssrc === viewer.videoRtx).length;
		viewer.peer.options.onRtcp(nack(viewer.video, all));
		expect(repeated()).toBe(all.length);
		await scene.clock.advance(REPAIR.repeatAfter);
		expect(repeated()).toBe(all.length + REPAIR.repeats);
	});

	it('that waits ends with the session', async () => {
		const scene = new WebRtcScene();
		await scene.play(5, { key: true });
		const viewer = await scene.join();
		viewer.peer.options.onRtcp(nack(viewer.video, [2]));
		scene.server.remove(viewer.id);
		const had = viewer.peer.sent.length;
		await scene.clock.advance(REPAIR.repeatAfter);
		expect(viewer.peer.sent).toHaveLength(had);
	});
});

describe("a viewer's reference time", () => {
	const time = { seconds: 0x1234_5678, fraction: 0x9abc_def0 };

	it('is quoted back to it at once, so that it knows its round trip', async () => {
		const scene = new WebRtcScene();
		await scene.play(1, { key: true });
		const viewer = await scene.join(OFFER);
		expect(viewer.answer).toContain('a=rtcp-fb:108 rrtr\r\n');
		const had = viewer.peer.rtcp.length;
		viewer.peer.options.onRtcp(receiverReferenceTime(time));
		const [echo = new Uint8Array()] = viewer.peer.rtcp.slice(had);
		expect([...echo.subarray(0, 4)]).toEqual([0x80, 207, 0, 5]);
		expect([4, 8, 12, 16, 20].map((at) => readUint32(echo, at))).toEqual([
			viewer.video,
			0x0500_0003,
			1,
			0x5678_9abc,
			0,
		]);
	});

	it('is quoted a few times a second at most', async () => {
		const scene = new WebRtcScene();
		await scene.play(1, { key: true });
		const viewer = await scene.join(OFFER);
		const had = viewer.peer.rtcp.length;
		for (let count = 0; count < 50; count++) viewer.peer.options.onRtcp(receiverReferenceTime(time));
		expect(viewer.peer.rtcp).toHaveLength(had + 1);
		await scene.clock.advance(REPAIR.echoPeriod);
		viewer.peer.options.onRtcp(receiverReferenceTime(time));
		expect(viewer.peer.rtcp).toHaveLength(had + 2);
	});
});
