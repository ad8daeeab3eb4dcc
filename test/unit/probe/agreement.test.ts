import { describe, expect, it } from 'vitest';
import { carriedTracks as byHls } from '../../../src/hls/carried-tracks.ts';
import type { AudioTrack, VideoTrack } from '../../../src/media/track.ts';
import type { Camera } from '../../../src/probe/camera.ts';
import { judge } from '../../../src/probe/verdict.ts';
import { carriedTracks as byWebRtc } from '../../../src/webrtc/carried-tracks.ts';
import { AAC, h264Track, OPUS, PCMA, PCMU, WIDE_PCMA } from '../../fakes/sample-tracks.ts';

const H265: VideoTrack = { kind: 'video', codec: 'h265', id: 0, clockRate: 90_000 };
const SOUNDS: AudioTrack[] = [
	AAC,
	OPUS,
	PCMA,
	PCMU,
	WIDE_PCMA,
	{ ...PCMA, channels: 2 },
	{ ...PCMA, codec: 'g722' },
	{ ...PCMA, codec: 'g722', channels: 2 },
	{ ...PCMA, codec: 'l16' },
];
const CASES = [h264Track(100, 0), H265].flatMap((video) => SOUNDS.map((audio) => [video, audio] as const));

describe('a verdict agrees with what the outputs carry', () => {
	it.each(CASES)('$0.codec and $1.codec', (video, audio) => {
		const camera: Camera = {
			video: { codec: video.codec },
			audio: { codec: audio.codec, clock_rate: audio.clockRate, channels: audio.channels },
			skipped: [],
		};
		const outputs = [byWebRtc([video, audio]), byHls([video, audio], 'ts'), byHls([video, audio], 'fmp4')];
		const expected = outputs.map((carried) =>
			!carried.video ? 'needs_transcoding' : carried.audio ? 'plays' : 'plays_without_sound',
		);
		const [chrome, , , ts, lowLatency] = judge(camera).map(({ verdict }) => verdict);
		expect([ts, lowLatency]).toEqual(expected.slice(1));
		// H.265 goes by WebRTC to browsers that offer it; most do not.
		expect(chrome).toBe(video.codec === 'h265' ? 'needs_transcoding' : expected[0]);
	});
});
