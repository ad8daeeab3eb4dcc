import { describe, expect, it } from 'vitest';
import { parseSdp } from '../../../../src/media/sdp/sdp.ts';
import { tracksFromSdp } from '../../../../src/media/sdp/tracks.ts';
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
const H264_SETS = 'Z2QAH6yzAKALdgLUBAQFAAADAAEAAAMAPA8YMmg=,aOlwbLIs';
const sound = (codec: string, clockRate: number, channels: number) => ({
	...{ kind: 'audio', codec, id: 0, clockRate, channels },
});
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

	it('is what RFC 8866 and RFC 2326 ask for, with the parameters of each format', () => {
		const bytes = { vps: Uint8Array.of(1), sps: Uint8Array.of(2), pps: Uint8Array.of(3) };
		const facts = { width: 2, height: 2, profileIdc: 1, levelIdc: 30, codecs: 'hvc1', frameRate: 12.5 };
		const h265: Track = { kind: 'video', codec: 'h265', id: 0, clockRate: 90_000, parameterSets: bytes, facts };
		const [, , , aac] = audio as [Track, Track, Track, Track];
		expect(describeTracks('', [h265, aac]).split('\r\n')).toEqual([
			...['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's= ', 'c=IN IP4 0.0.0.0', 't=0 0', 'a=control:*', 'a=range:npt=now-'],
			...['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H265/90000', 'a=fmtp:96 sprop-vps=AQ==;sprop-sps=Ag==;sprop-pps=Aw=='],
			...['a=framerate:12.5', 'a=sendonly', 'a=control:trackID=0'],
			...['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 MPEG4-GENERIC/48000/2'],
			'a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;config=1190;sizelength=13;indexlength=3;indexdeltalength=3',
			...['a=sendonly', 'a=control:trackID=1', ''],
		]);
	});

	it.each([
		[h264, 96, 'H264/90000', `packetization-mode=1;profile-level-id=64001f;sprop-parameter-sets=${H264_SETS}`],
		[{ ...h264, parameterSets: undefined }, 96, 'H264/90000', 'packetization-mode=1'],
		[{ ...h264, codec: 'h265', parameterSets: undefined }, 96, 'H265/90000', undefined],
		[{ ...h264, codec: 'h265' }, 96, 'H265/90000', `sprop-sps=${H264_SETS.replace(',', ';sprop-pps=')}`],
		[sound('opus', 48_000, 2), 96, 'opus/48000/2', 'sprop-stereo=1'],
		[sound('opus', 48_000, 1), 96, 'opus/48000/2', 'sprop-stereo=0'],
		[sound('pcmu', 8000, 1), 0, 'PCMU/8000', undefined],
		[sound('pcma', 8000, 1), 8, 'PCMA/8000', undefined],
		[sound('g722', 8000, 1), 9, 'G722/8000', undefined],
		[sound('g722', 16_000, 1), 96, 'G722/16000', undefined],
		[sound('pcma', 8000, 2), 96, 'PCMA/8000/2', undefined],
		[sound('l16', 8000, 1), 96, 'L16/8000', undefined],
		[sound('l16', 44_100, 2), 96, 'L16/44100/2', undefined],
	])('names the format of %o', (track, payloadType, rtpmap, fmtp) => {
		const lines = describeTracks('camera', [track as Track]).split('\r\n');
		expect(lines).toContain(`m=${track.kind} 0 RTP/AVP ${payloadType}`);
		expect(lines.filter((line) => /^a=(rtpmap|fmtp)/.test(line))).toEqual([
			`a=rtpmap:${payloadType} ${rtpmap}`,
			...(fmtp === undefined ? [] : [`a=fmtp:${payloadType} ${fmtp}`]),
		]);
	});
});
