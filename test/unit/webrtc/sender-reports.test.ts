import { describe, expect, it } from 'vitest';
import { unixFromNtp } from '../../../src/media/rtp/ntp.ts';
import { parseRtcp, type SenderReport } from '../../../src/media/rtp/rtcp.ts';
import { Lane } from '../../../src/webrtc/broadcast/lane.ts';
import { TrackSender } from '../../../src/webrtc/broadcast/track-sender.ts';
import { MAX_G711_SAMPLES, REPORT_PERIOD } from '../../../src/webrtc/limits.ts';
import type { TransportPeer } from '../../../src/webrtc/transport/secure-transport.ts';
import { type FakePeer, FakeTransport } from '../../fakes/fake-transport.ts';
import { pictureLoss } from '../../fakes/feedback.ts';
import { PCMA } from '../../fakes/sample-tracks.ts';
import { settle } from '../../fakes/virtual-clock.ts';
import { FRAME_MS, timeline, WebRtcScene } from '../../fakes/webrtc-scene.ts';

function reports(peer: FakePeer, ssrc: number): SenderReport[] {
	return peer.rtcp
		.flatMap((packet) => parseRtcp(packet))
		.filter((each): each is SenderReport => each.type === 'sender-report' && each.ssrc === ssrc);
}

describe('sender reports', () => {
	it('come right after the start and then each second, in one clock for sound and picture', async () => {
		const scene = new WebRtcScene();
		scene.sound();
		await scene.play(10, { key: true });
		scene.sound();
		const { peer, video, audio } = await scene.join();
		await scene.play(50);
		scene.sound();
		expect(reports(peer, video)).toHaveLength(1 + Math.floor((50 * FRAME_MS) / REPORT_PERIOD));
		for (const [ssrc, rate] of [
			[video, 90_000],
			[audio, 48_000],
		] as const) {
			const [first, second] = reports(peer, ssrc);
			if (!first || !second) throw new Error('a report is missing');
			const elapsed = unixFromNtp(second.ntp) - unixFromNtp(first.ntp);
			expect(elapsed).toBeCloseTo(REPORT_PERIOD, 0);
			const ticks = (second.rtpTimestamp - first.rtpTimestamp) | 0;
			expect(ticks).toBeCloseTo((elapsed * rate) / 1000, -1);
		}
		const picture = reports(peer, video).at(-1);
		const live = peer.first(video).at(-1);
		if (!picture || !live) throw new Error('nothing was sent');
		const lastWall = scene.clock.wall() - FRAME_MS;
		const wallOfLive = unixFromNtp(picture.ntp) + ((live.timestamp - picture.rtpTimestamp) | 0) / 90;
		expect(Math.abs(wallOfLive - lastWall)).toBeLessThan(1);
		const heard = peer.first(audio).at(-1);
		const tone = reports(peer, audio).at(-1);
		if (!heard || !tone) throw new Error('no sound was sent');
		const wallOfSound = unixFromNtp(tone.ntp) + ((heard.timestamp - tone.rtpTimestamp) | 0) / 48;
		expect(Math.abs(wallOfSound - scene.clock.wall())).toBeLessThan(1);
	});

	it('count what was sent', async () => {
		const scene = new WebRtcScene();
		await scene.play(10, { key: true });
		const { peer, video } = await scene.join();
		await scene.play(24);
		scene.show(false);
		await settle();
		const before = peer.first(video);
		await scene.clock.advance(REPORT_PERIOD);
		const report = reports(peer, video).at(-1);
		expect(report?.packets).toBe(before.length);
		expect(report?.octets).toBe(before.reduce((sum, { payload }) => sum + payload.length, 0));
	});

	it('count what was sent before the viewer left the live point for a while', async () => {
		const scene = new WebRtcScene();
		await scene.play(10, { key: true });
		const { peer, video } = await scene.join();
		await scene.play(20);
		peer.options.onRtcp(pictureLoss(video));
		await scene.play(5);
		const before = peer.first(video);
		expect(timeline(before).length).toBeGreaterThan(60);
		await scene.clock.advance(REPORT_PERIOD);
		const report = reports(peer, video).at(-1);
		expect(report?.packets).toBe(before.length);
		expect(report?.octets).toBe(before.reduce((sum, { payload }) => sum + payload.length, 0));
	});

	it('go on after 4 GiB, counted modulo 2^32', () => {
		const lane = new Lane({ ssrc: 1, rtxSsrc: 2, timestampBase: 0 }, 90_000);
		const transport = new FakeTransport();
		const peer = {} as TransportPeer;
		const sender = new TrackSender({ lane, transport, peer, payloadType: 96, rtxPayloadType: undefined });
		sender.start(lane.ring.next, undefined, 0);
		sender.advance(1, 0);
		expect(sender.live).toBe(true);
		const payload = new Uint8Array(2 ** 20);
		for (let number = 0; number < 4_100; number++) {
			lane.open(number, false, number, number);
			lane.add(payload, true);
		}
		expect(sender.report(5_000)).toMatchObject({ packets: 4_100, octets: 4 * 2 ** 20 });
	});

	it('know the time of sound that was split', async () => {
		const scene = new WebRtcScene({ tracks: [PCMA] });
		const { peer, audio } = await scene.join();
		const wall = scene.clock.wall();
		scene.sound(PCMA, MAX_G711_SAMPLES + 100);
		await scene.clock.advance(REPORT_PERIOD);
		const [begin] = peer.first(audio);
		const report = reports(peer, audio).at(-1);
		if (!begin || !report) throw new Error('nothing was sent');
		const elapsed = unixFromNtp(report.ntp) - wall;
		expect((report.rtpTimestamp - begin.timestamp) | 0).toBeCloseTo(elapsed * 8, -1);
	});
});
