import { describe, expect, it } from 'vitest';
import { unixFromNtp } from '../../../../src/media/rtp/ntp.ts';
import { parseRtcp } from '../../../../src/media/rtp/rtcp.ts';
import { SERVER_LIMITS } from '../../../../src/rtsp/server/limits.ts';
import { Playback } from '../../../../src/rtsp/server/playback.ts';
import { VirtualClock } from '../../../fakes/virtual-clock.ts';
import { FakeOutlet, FakePresentation, frameOf } from './fake-presentation.ts';

function play(tracks: readonly number[] = [0, 1]) {
	const clock = new VirtualClock();
	const presentation = new FakePresentation();
	const video = new FakeOutlet();
	const audio = new FakeOutlet();
	const ends: string[] = [];
	const outlets = new Map(tracks.map((track) => [track, track === 0 ? video : audio] as const));
	const playback = new Playback(presentation, outlets, clock, (reason) => ends.push(reason));
	playback.start();
	return { clock, presentation, video, audio, ends, playback };
}

describe('Playback', () => {
	it('starts with a key frame, sound included', () => {
		const { presentation, video, audio } = play();
		presentation.deliver(frameOf(1, 1));
		presentation.deliver(frameOf(0, 2));
		presentation.deliver(frameOf(0, 3, true));
		presentation.deliver(frameOf(1, 4));
		presentation.deliver(frameOf(0, 5));
		expect(video.marks).toEqual([3, 5]);
		expect(audio.marks).toEqual([4]);
	});

	it('takes nothing any more where it ends with its start', () => {
		const presentation = new FakePresentation();
		const subscribe = presentation.subscribe.bind(presentation);
		presentation.subscribe = (reader) => {
			const unsubscribe = subscribe(reader);
			reader.onEnd('over');
			return unsubscribe;
		};
		const playback = new Playback(presentation, new Map([[0, new FakeOutlet()]]), new VirtualClock(), () =>
			playback.close(),
		);
		playback.start();
		expect(presentation.readers.size).toBe(0);
	});

	it('starts at once when only sound is set up', () => {
		const { presentation, video, audio } = play([1]);
		presentation.deliver(frameOf(0, 1, true));
		presentation.deliver(frameOf(1, 2));
		expect(video.marks).toEqual([]);
		expect(audio.marks).toEqual([2]);
	});

	it('cuts a client that falls behind to key frames', () => {
		const { presentation, video, audio } = play();
		presentation.deliver(frameOf(0, 1, true));
		video.backlog = audio.backlog = SERVER_LIMITS.backlogBytes + 1;
		presentation.deliver(frameOf(0, 2));
		presentation.deliver(frameOf(1, 3));
		presentation.deliver(frameOf(0, 4, true));
		video.backlog = audio.backlog = 0;
		presentation.deliver(frameOf(0, 5));
		presentation.deliver(frameOf(1, 6));
		presentation.deliver(frameOf(0, 7, true));
		presentation.deliver(frameOf(0, 8));
		expect(video.marks).toEqual([1, 7, 8]);
		expect(audio.marks).toEqual([6]);
	});

	it('gives up a client that takes nothing for ten seconds', async () => {
		const { clock, presentation, video, ends } = play();
		presentation.deliver(frameOf(0, 1, true));
		video.backlog = SERVER_LIMITS.backlogBytes + 1;
		presentation.deliver(frameOf(0, 2));
		await clock.advance(9000);
		presentation.deliver(frameOf(0, 3));
		expect(ends).toEqual([]);
		await clock.advance(2000);
		presentation.deliver(frameOf(0, 4));
		expect(ends).toEqual(['the client takes no data']);
	});

	it('reports before the first packet of a track and every five seconds', async () => {
		const { clock, presentation, video, audio } = play();
		for (let second = 0; second < 12; second++) {
			for (const frame of [frameOf(0, second, true), frameOf(1, second)]) {
				presentation.deliver({ ...frame, clock: { ...frame.clock, ntp: clock.wall() } });
			}
			await clock.advance(1000);
		}
		for (const [outlet, ssrc] of [
			[video, 0x1111],
			[audio, 0x2222],
		] as const) {
			const reports = outlet.rtcp.map((packet) => parseRtcp(packet)[0]);
			expect(reports).toMatchObject([
				{ type: 'sender-report', ssrc, rtpTimestamp: 0, packets: 0, octets: 0 },
				{ type: 'sender-report', ssrc, rtpTimestamp: 15_000, packets: 5, octets: 5 },
				{ type: 'sender-report', ssrc, rtpTimestamp: 30_000, packets: 10, octets: 10 },
			]);
			const [, second] = reports;
			expect(second?.type === 'sender-report' && unixFromNtp(second.ntp)).toBeCloseTo(clock.wall() - 7000, 3);
		}
	});

	it('reports of the moment at which it does, also before what was kept', async () => {
		const { clock, presentation, video } = play();
		const frame = frameOf(0, 1, true);
		await clock.advance(10_000);
		presentation.deliver({ ...frame, clock: { ntp: clock.wall() - 2500, rtpTimestamp: 0xffff_0000 } });
		const [report] = video.rtcp.flatMap(parseRtcp);
		expect(report).toMatchObject({ type: 'sender-report', rtpTimestamp: (0xffff_0000 + 2500 * 90) >>> 0 });
		expect(report?.type === 'sender-report' && unixFromNtp(report.ntp)).toBeCloseTo(clock.wall(), 3);
	});

	it('leaves with a goodbye, once', () => {
		const { presentation, video, audio, playback } = play();
		presentation.deliver(frameOf(0, 1, true));
		playback.close();
		playback.close();
		expect(presentation.readers.size).toBe(0);
		expect(video.rtcp.flatMap(parseRtcp).at(-1)).toEqual({ type: 'goodbye', ssrcs: [0x1111] });
		expect(video.rtcp.length).toBe(2);
		expect(audio.rtcp).toEqual([]);
	});
});
