import { describe, expect, it } from 'vitest';
import { readUint16 } from '../../../src/media/bytes/big-endian.ts';
import { REPAIR } from '../../../src/webrtc/limits.ts';
import { longNack, nack, pictureLoss, receiverReport } from '../../fakes/feedback.ts';
import { recordedOffer } from '../../fakes/offers.ts';
import { type SceneViewer, WebRtcScene } from '../../fakes/webrtc-scene.ts';

const WITHOUT_RTX = recordedOffer('chromium').replaceAll(/a=(fmtp:\d+ apt=\d+|rtpmap:\d+ rtx.*)\r\n/g, '');

function resent(viewer: SceneViewer): number {
	return viewer.peer.sent.filter(({ ssrc, again }) => again || ssrc === viewer.videoRtx).length;
}

describe('NACK', () => {
	it('is answered by RTX when negotiated', async () => {
		const scene = new WebRtcScene();
		await scene.play(5, { key: true });
		const viewer = await scene.join();
		viewer.peer.options.onRtcp(nack(viewer.video, [2, 3]));
		const again = viewer.peer.first(viewer.videoRtx);
		const originals = viewer.peer.first(viewer.video);
		expect(again.map(({ index, payloadType }) => [index, payloadType])).toEqual([
			[1, 109],
			[2, 109],
		]);
		expect(again.map(({ payload }) => readUint16(payload, 0))).toEqual([2, 3]);
		expect(again[0]?.payload.subarray(2)).toEqual(originals[1]?.payload);
		expect(again[0]?.timestamp).toBe(originals[1]?.timestamp);
		expect(scene.server.session(viewer.id)).toMatchObject({ nack_received: 1, packets_retransmitted: 2 });
	});

	it('is answered by the packet as it was when RTX is not negotiated', async () => {
		const scene = new WebRtcScene();
		await scene.play(5, { key: true });
		const viewer = await scene.join(WITHOUT_RTX);
		await scene.play(2);
		viewer.peer.options.onRtcp(nack(viewer.video, [2, 12]));
		expect(viewer.peer.sent.slice(-2).map(({ index, again }) => [index, again])).toEqual([
			[2, true],
			[12, true],
		]);
		expect(viewer.peer.reused).toEqual([]);
	});

	it('for what was never sent, long gone or another source is not answered', async () => {
		const scene = new WebRtcScene();
		await scene.play(5, { key: true });
		const viewer = await scene.join();
		viewer.peer.options.onRtcp(nack(viewer.video, [0, 40_000, 65_535, 500]));
		viewer.peer.options.onRtcp(nack(12345, [2]));
		await scene.play(100, { key: true });
		await scene.play(1, { key: true });
		viewer.peer.options.onRtcp(nack(viewer.video, [2]));
		expect(resent(viewer)).toBe(0);
	});

	it('for a packet of the group before is answered for two seconds', async () => {
		const scene = new WebRtcScene();
		await scene.play(5, { key: true });
		const viewer = await scene.join();
		await scene.play(40, { key: true });
		viewer.peer.options.onRtcp(nack(viewer.video, [2]));
		expect(resent(viewer)).toBe(1);
		await scene.play(15);
		const both = resent(viewer);
		viewer.peer.options.onRtcp(nack(viewer.video, [3]));
		expect(resent(viewer)).toBe(both);
	});

	it('repeated within a round trip is answered once', async () => {
		const scene = new WebRtcScene();
		await scene.play(5, { key: true });
		const viewer = await scene.join();
		const ask = () => viewer.peer.options.onRtcp(nack(viewer.video, [2]));
		for (let time = 0; time < 5; time++) ask();
		expect(resent(viewer)).toBe(1);
		await scene.clock.advance(REPAIR.repeatAfter);
		ask();
		expect(resent(viewer)).toBe(2);
		await scene.clock.advance(REPAIR.resendAfter);
		ask();
		expect(resent(viewer)).toBe(3);
	});

	it('S9: storms end at the budget', async () => {
		const scene = new WebRtcScene();
		await scene.play(50, { key: true, size: 20_000 });
		const viewer = await scene.join();
		const { bytes_sent: before = 0 } = scene.server.session(viewer.id) ?? {};
		const storm = Array.from({ length: 300 }, (_, at) => at + 1);
		for (let time = 0; time < 1_000; time++) {
			for (let part = 0; part < 3; part++) {
				viewer.peer.options.onRtcp(
					nack(
						viewer.video,
						storm.map((sequence) => sequence + part * 300),
					),
				);
			}
			await scene.clock.advance(10);
		}
		const { bytes_sent: after = 0 } = scene.server.session(viewer.id) ?? {};
		expect(after - before).toBeLessThan(50 * 20_000 + REPAIR.burst + 10 * REPAIR.bytesPerSecond + 2_400);
		expect(resent(viewer)).toBeGreaterThan(1_000);
	});

	it.each([
		['never sent', 30_000],
		['still there', 1],
	])('S9: storms for packets %s end at a number of packets looked up', async (_which, first) => {
		const scene = new WebRtcScene();
		await scene.play(50, { key: true, size: 20_000 });
		const viewer = await scene.join();
		const longest = longNack(viewer.video, first);
		const storm = Buffer.concat([...Array.from({ length: 8 }, () => longest), pictureLoss(viewer.video)]);
		for (let time = 0; time < 100; time++) viewer.peer.options.onRtcp(storm);
		const atOnce = Math.ceil(REPAIR.wishBurst / 1_020);
		// What else is in such a datagram is heard.
		expect(scene.server.session(viewer.id)).toMatchObject({ nack_received: atOnce, pli_received: 100 });
		for (let time = 0; time < 1_000; time++) {
			await scene.clock.advance(10);
			viewer.peer.options.onRtcp(storm);
		}
		const { nack_received: heard = 0 } = scene.server.session(viewer.id) ?? {};
		expect(heard).toBeLessThanOrEqual(atOnce + Math.ceil((10 * REPAIR.wishesPerSecond) / 1_020));
		expect(heard).toBeGreaterThan(atOnce);
	});

	it('S9: storms for another source count as well, and end', async () => {
		const scene = new WebRtcScene();
		await scene.play(5, { key: true });
		const viewer = await scene.join();
		for (let time = 0; time < 100; time++) viewer.peer.options.onRtcp(longNack(12_345, 1));
		viewer.peer.options.onRtcp(nack(viewer.video, [2]));
		expect(resent(viewer)).toBe(0);
		await scene.clock.advance(1_000);
		viewer.peer.options.onRtcp(nack(viewer.video, [2]));
		expect(resent(viewer)).toBe(1);
	});
});

describe('RTCP', () => {
	it('tells loss and round trip', async () => {
		const scene = new WebRtcScene();
		await scene.play(5, { key: true });
		const viewer = await scene.join();
		const sent = viewer.peer.rtcp[0] ?? new Uint8Array();
		await scene.clock.advance(130);
		const lsr = ((readUint16(sent, 10) << 16) | readUint16(sent, 12)) >>> 0;
		viewer.peer.options.onRtcp(receiverReport(viewer.video, { fractionLost: 64, lsr, dlsr: Math.round(0.1 * 65_536) }));
		const info = scene.server.session(viewer.id);
		expect(info?.loss).toBe(0.25);
		expect(info?.rtt_ms).toBeCloseTo(30, 0);
	});

	it('tells them by the sender report of a viewer who sends, too', async () => {
		const scene = new WebRtcScene();
		await scene.play(5, { key: true });
		const viewer = await scene.join();
		const [header, block] = [new Uint8Array(28), receiverReport(viewer.video, { fractionLost: 64, lsr: 0, dlsr: 0 })];
		header.set([0x81, 200, 0, 12]);
		viewer.peer.options.onRtcp(Buffer.concat([header, block.subarray(8)]));
		expect(scene.server.session(viewer.id)?.loss).toBe(0.25);
	});

	it('tells no round trip by a report about no report of ours, or one that cannot be', async () => {
		const scene = new WebRtcScene();
		await scene.play(5, { key: true });
		const viewer = await scene.join();
		const sent = viewer.peer.rtcp[0] ?? new Uint8Array();
		const lsr = ((readUint16(sent, 10) << 16) | readUint16(sent, 12)) >>> 0;
		const tells = (report: { lsr: number; dlsr: number }) => {
			viewer.peer.options.onRtcp(receiverReport(viewer.video, { fractionLost: 0, ...report }));
			return scene.server.session(viewer.id)?.rtt_ms;
		};
		const now = (lsr + 0x4000) >>> 0;
		await scene.clock.advance(250);
		// None was heard; the delay makes up the rest, as it may by chance.
		expect(tells({ lsr: 0, dlsr: now })).toBeUndefined();
		expect(tells({ lsr, dlsr: 0x5000 })).toBeUndefined();
		expect(tells({ lsr: (now - 11 * 0x10000) >>> 0, dlsr: 0 })).toBeUndefined();
		expect(tells({ lsr, dlsr: 0x2000 })).toBeCloseTo(125, 0);
	});

	it('tells the loss of the picture, whatever that of the sound is', async () => {
		const scene = new WebRtcScene();
		await scene.play(5, { key: true });
		const viewer = await scene.join();
		const hear = (ssrc: number, fractionLost: number) =>
			viewer.peer.options.onRtcp(receiverReport(ssrc, { fractionLost, lsr: 0, dlsr: 0 }));
		const loss = () => scene.server.session(viewer.id)?.loss;
		hear(viewer.audio, 128);
		expect(loss()).toBeUndefined();
		hear(viewer.video, 64);
		await scene.clock.advance(5_000);
		hear(viewer.audio, 128);
		expect(loss()).toBe(0.25);
	});

	it('S9: that is junk changes nothing', async () => {
		const scene = new WebRtcScene();
		await scene.play(5, { key: true });
		const viewer = await scene.join();
		const before = { ...scene.server.session(viewer.id) };
		for (let length = 0; length < 40; length++) viewer.peer.options.onRtcp(new Uint8Array(length).fill(length * 7));
		viewer.peer.options.onRtcp(nack(viewer.video, [2]).subarray(0, 14));
		expect(scene.server.session(viewer.id)).toEqual(before);
	});
});
