import { describe, expect, it } from 'vitest';
import { parseSdp } from '../../../../src/media/sdp.ts';
import { tracksFromSdp } from '../../../../src/media/sdp-tracks.ts';
import type { Track } from '../../../../src/media/track.ts';
import { describeTracks, payloadTypeOf } from '../../../../src/rtsp/server/describe.ts';

const sps = Buffer.from('Z2QAH6yzAKALdgLUBAQFAAADAAEAAAMAPA8YMmg=', 'base64');
const h264: Track = {
	kind: 'video',
	codec: 'h264',
	id: 0,
	clockRate: 90_000,
	parameterSets: { sps, pps: Buffer.from('aOlwbLIs', 'base64') },
};
const audio: Track[] = [
	{ kind: 'audio', codec: 'opus', id: 1, clockRate: 48_000, channels: 2 },
	{ kind: 'audio', codec: 'pcma', id: 1, clockRate: 8000, channels: 1 },
	{ kind: 'audio', codec: 'pcmu', id: 1, clockRate: 16_000, channels: 1 },
	{
		kind: 'audio',
		codec: 'aac',
		id: 1,
		clockRate: 48_000,
		channels: 2,
		config: Uint8Array.of(0x11, 0x90),
		sizeLength: 13,
		indexLength: 3,
		indexDeltaLength: 3,
	},
];

describe('describeTracks', () => {
	it.each(audio)('writes what a client reads: $codec', (sound) => {
		const { tracks, skipped } = tracksFromSdp(parseSdp(describeTracks('camera', [h264, sound])));
		expect(skipped).toEqual([]);
		expect(tracks.map(({ control, payloadType }) => ({ control, payloadType }))).toEqual([
			{ control: 'trackID=0', payloadType: 96 },
			{ control: 'trackID=1', payloadType: payloadTypeOf(sound, 1) },
		]);
		expect(tracks[0]?.track).toMatchObject({ codec: 'h264', clockRate: 90_000 });
		expect(tracks[1]?.track).toMatchObject({ codec: sound.codec, clockRate: sound.clockRate });
		const [video] = tracks;
		expect(video?.track.codec === 'h264' && Buffer.from(video.track.parameterSets?.sps ?? [])).toEqual(sps);
	});

	it('keeps a name on its line', () => {
		expect(describeTracks('a\r\nm=evil', []).split('\r\n')).toContain('s=a m=evil');
	});
});
