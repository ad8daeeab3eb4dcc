import { describe, expect, test } from 'vitest';
import { parseSdp } from '../../../src/media/sdp/sdp.ts';
import { type SdpTracks, tracksFromSdp } from '../../../src/media/sdp/tracks.ts';
import { hex } from './rtp-packets.ts';

const SPROP = 'sprop-parameter-sets=Z0LAFtkAoD2wEQAAAwABAAADAB4PFi5I,aM48gA==';
const SPS = hex('6742c016d900a03db0110000030001000003001e0f162e48');

function tracksOf(...lines: readonly string[]): SdpTracks {
	return tracksFromSdp(parseSdp(lines.join('\r\n')));
}

const VIDEO = ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', `a=fmtp:96 packetization-mode=1;${SPROP}`] as const;

describe('H.264', () => {
	test('facts come from the SPS, not from profile-level-id', () => {
		const { tracks, skipped } = tracksOf(
			'm=video 0 RTP/AVP 96',
			'a=control:trackID=1',
			'a=rtpmap:96 h264/90000',
			`a=fmtp:96 profile-level-id=TeAo; packetization-mode=1; ${SPROP};`,
		);
		expect(skipped).toEqual([]);
		expect(tracks).toMatchObject([
			{
				payloadType: 96,
				control: 'trackID=1',
				sectionIndex: 0,
				track: {
					kind: 'video',
					codec: 'h264',
					id: 0,
					clockRate: 90_000,
					parameterSets: { sps: SPS, pps: hex('68ce3c80') },
					facts: { width: 640, height: 480, codecs: 'avc1.42c016' },
				},
			},
		]);
	});

	test.each([
		['profile=1; behind it, as Reolink cameras have it', `a=fmtp:96 ${SPROP};packetization-mode=1;profile=1;`],
		[
			'a profile-level-id of Baseline over a Main SPS, as Hikvision cameras have it',
			`a=fmtp:96 profile-level-id=420029;${SPROP}`,
		],
		['stray bytes after the SPS', 'a=fmtp:96 sprop-parameter-sets=Z0LAFtkAoD2wEQAAAwABAAADAB4PFi5IAAAA/w==,aM48gA=='],
		['Annex B inside', 'a=fmtp:96 sprop-parameter-sets=AAAAAWdCwBbZAKA9sBEAAAMAAQAAAwAeDxYuSA==,AAAAAWjOPIA='],
		['both sets in one item', 'a=fmtp:96 sprop-parameter-sets=AAAAAWdCwBbZAKA9sBEAAAMAAQAAAwAeDxYuSAAAAAFozjyA'],
	])('%s: the SPS says', (_name, fmtp) => {
		const { tracks } = tracksOf('m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', fmtp);
		expect(tracks).toMatchObject([{ track: { facts: { width: 640, height: 480, codecs: 'avc1.42c016' } } }]);
	});

	test.each([
		['no fmtp', []],
		['an empty fmtp', ['a=fmtp:96']],
		['an empty sprop', ['a=fmtp:96 sprop-parameter-sets=']],
		['junk in sprop', ['a=fmtp:96 sprop-parameter-sets=!!!,???']],
		['a broken SPS', ['a=fmtp:96 sprop-parameter-sets=Z0I=,aM48gA==']],
	])('%s: the stream will say', (_name, lines) => {
		const { tracks } = tracksOf('m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', ...lines);
		expect(tracks[0]?.track).toEqual({ kind: 'video', codec: 'h264', id: 0, clockRate: 90_000 });
	});

	test.each([
		['static payload type 35, as Bosch cameras have it', ['m=video 0 RTP/AVP 35'], 35, 90_000],
		['another clock', ['m=video 0 RTP/AVP 97', 'a=rtpmap:97 H264/1000'], 97, 1000],
		['no clock', ['m=video 0 RTP/AVP 97', 'a=rtpmap:97 H264'], 97, 90_000],
		['no rtpmap, but parameters of H.264', ['m=video 0 RTP/AVP 96', `a=fmtp:96 ${SPROP}`], 96, 90_000],
		['an rtpmap with another number', ['m=video 0 RTP/AVP 96', 'a=rtpmap:95 H264/90000'], 96, 90_000],
		['a second format', ['m=video 0 RTP/AVP 98 97', 'a=rtpmap:98 H265/90000', 'a=rtpmap:97 H264/90000'], 97, 90_000],
		['no format in the media line', ['m=video 0 RTP/AVP', 'a=rtpmap:96 H264/90000'], 96, 90_000],
	])('%s', (_name, lines, payloadType, clockRate) => {
		expect(tracksOf(...lines).tracks).toMatchObject([{ payloadType, track: { codec: 'h264', clockRate } }]);
	});

	test('parameters with another number belong to the only codec of the section', () => {
		const { tracks } = tracksOf('m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', `a=fmtp:97 ${SPROP}`);
		expect(tracks).toMatchObject([{ track: { facts: { width: 640 } } }]);
	});
});

describe('audio', () => {
	const audio = (...lines: readonly string[]) => tracksOf(...lines).tracks[0]?.track;

	test.each([
		[['m=audio 0 RTP/AVP 0'], 'pcmu', 8000, 1],
		[['m=audio 0 RTP/AVP 8'], 'pcma', 8000, 1],
		[['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 pcma/16000'], 'pcma', 16_000, 1],
		[['m=audio 0 RTP/AVP 8', 'a=rtpmap:8 PCMU/8000/1'], 'pcmu', 8000, 1],
		[['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 PCMU/8000/2'], 'pcmu', 8000, 2],
		[['m=audio 0 RTP/AVP 9'], 'g722', 8000, 1],
		[['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 G722/8000/1'], 'g722', 8000, 1],
		[['m=audio 0 RTP/AVP 10'], 'l16', 44_100, 2],
		[['m=audio 0 RTP/AVP 11'], 'l16', 44_100, 1],
		[['m=audio 0 RTP/AVP 11', 'a=rtpmap:11 PCM/8000'], 'l16', 8000, 1],
		[['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 L16/16000/2'], 'l16', 16_000, 2],
		[['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 opus/48000/2'], 'opus', 48_000, 2],
		[['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 OPUS/8000'], 'opus', 48_000, 2],
	])('%j', (lines, codec, clockRate, channels) => {
		expect(audio(...lines)).toMatchObject({ kind: 'audio', codec, clockRate, channels });
	});

	test.each([
		[
			'as the RFC has it',
			'm=audio 0 RTP/AVP 97',
			'a=rtpmap:97 MPEG4-GENERIC/48000/2',
			'a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190',
			{ clockRate: 48_000, channels: 2, config: hex('1190'), sizeLength: 13, indexLength: 3, indexDeltaLength: 3 },
		],
		[
			'without lengths, on a static number, with other channels',
			'm=audio 0 RTP/AVP 0',
			'a=rtpmap:0 mpeg4-generic/16000/2',
			'a=fmtp:0 config=1408',
			{ clockRate: 16_000, channels: 1, config: hex('1408'), sizeLength: 13, indexLength: 3, indexDeltaLength: 3 },
		],
		[
			'the low bitrate mode',
			'm=audio 0 RTP/AVP 97',
			'a=rtpmap:97 MPEG4-GENERIC',
			'a=fmtp:97 mode=AAC_lbr; config="1408"',
			{ clockRate: 16_000, channels: 1, sizeLength: 6, indexLength: 2, indexDeltaLength: 2 },
		],
		[
			'capital names, blanks and an end',
			'm=audio 0 RTP/AVP 96',
			'a=rtpmap:96 mpeg4-generic/48000/1',
			'a=fmtp:96 config=1188; SizeLength=13; IndexLength=0; IndexDeltaLength=0; profile=1;',
			{ clockRate: 48_000, channels: 1, sizeLength: 13, indexLength: 0, indexDeltaLength: 0 },
		],
	])('AAC %s', (_name, media, rtpmap, fmtp, expected) => {
		expect(audio(media, rtpmap, fmtp)).toMatchObject({ codec: 'aac', ...expected });
	});

	test.each([
		['without configuration', 'a=fmtp:97 mode=AAC-hbr'],
		['with an empty configuration', 'a=fmtp:97 config='],
		['with a broken configuration', 'a=fmtp:97 config=ff'],
		['without parameters', 'a=x'],
	])('AAC %s is what the rtpmap says', (_name, fmtp) => {
		expect(audio('m=audio 0 RTP/AVP 97', 'a=rtpmap:97 MPEG4-GENERIC/16000/1', fmtp)).toMatchObject({
			...{ codec: 'aac', clockRate: 16_000, channels: 1, config: hex('1408'), sizeLength: 13 },
		});
	});

	test.each([
		['that no rtpmap describes', 'MPEG4-GENERIC', 'config=', 'configuration'],
		['of a rate that AAC does not have', 'MPEG4-GENERIC/90000', '', 'configuration'],
		['that is CELP', 'MPEG4-GENERIC/8000', 'config=4580', 'not AAC'],
		['with composition times', 'MPEG4-GENERIC/48000', 'config=1190;ctsDeltaLength=22', 'ctsdeltalength'],
		['in LATM without any configuration', 'MP4A-LATM/90000', 'cpresent=0', 'configuration'],
		['in LATM of several layers', 'MP4A-LATM/48000', 'cpresent=0;config=400223203fc0', 'layers'],
	])('AAC %s is skipped and the video stays', (_name, map, fmtp, reason) => {
		const { tracks, skipped } = tracksOf(...VIDEO, 'm=audio 0 RTP/AVP 97', `a=rtpmap:97 ${map}`, `a=fmtp:97 ${fmtp}`);
		expect(tracks).toHaveLength(1);
		expect(skipped).toMatchObject([{ kind: 'audio', reason: expect.stringContaining(reason) }]);
	});

	test.each([
		['AAC in ADTS by other names', ['a=rtpmap:97 MP4A-ADTS/16000'], { config: hex('1408') }],
		['AAC by its plain name', ['a=rtpmap:97 AAC/48000/2'], { config: hex('1190') }],
		['mode=AAC_hbr', ['a=rtpmap:97 mpeg4-generic/16000', 'a=fmtp:97 mode=AAC_hbr;config=1408'], { sizeLength: 13 }],
		[
			'the generic mode with lengths of its own',
			['a=rtpmap:97 mpeg4-generic/16000', 'a=fmtp:97 mode=generic;sizeLength=16;indexLength=0;config=1408'],
			{ sizeLength: 16, indexLength: 0, indexDeltaLength: 3 },
		],
		[
			'LATM with its configuration in the SDP',
			['a=rtpmap:97 MP4A-LATM/48000/2', 'a=fmtp:97 cpresent=0;config=400023203fc0'],
			{ config: hex('1190'), channels: 2, latm: { configPresent: false, muxConfig: hex('400023203fc0') } },
		],
		[
			'LATM with its configuration in the stream',
			['a=rtpmap:97 MP4A-LATM/16000/1'],
			{ config: hex('1408'), latm: { configPresent: true } },
		],
	])('%s', (_name, lines, expected) => {
		expect(audio('m=audio 0 RTP/AVP 97', ...lines)).toMatchObject({ codec: 'aac', ...expected });
	});
});

describe('H.265', () => {
	const SETS = {
		vps: '40010c01ffff01600000030090000003000003005d959409',
		sps: '42010101600000030090000003000003005da00280802d16595964932bc05a020000030002000003003c10',
		pps: '4401c172b46240',
	};
	const base64 = (bytes: string) => Buffer.from(bytes, 'hex').toString('base64');
	const h265 = (...lines: readonly string[]) =>
		tracksOf('m=video 0 RTP/AVP 96', 'a=rtpmap:96 H265/90000', ...lines).tracks[0]?.track;
	const known = {
		codec: 'h265',
		clockRate: 90_000,
		facts: { width: 1280, height: 720, frameRate: 30, reorderFrames: 2, codecs: 'hvc1.1.6.L93.90' },
	};

	test.each([
		[
			'as the RFC has it',
			`sprop-vps=${base64(SETS.vps)}; sprop-sps=${base64(SETS.sps)}; sprop-pps=${base64(SETS.pps)}`,
			SETS,
		],
		['without VPS', `sprop-sps=${base64(SETS.sps)};sprop-pps=${base64(SETS.pps)};`, { sps: SETS.sps, pps: SETS.pps }],
		['start codes inside', `sprop-sps=${base64(`00000001${SETS.sps}`)};sprop-pps=${base64(`000001${SETS.pps}`)}`, {}],
		['the names mixed up', `sprop-sps=${base64(SETS.pps)};sprop-pps=${base64(SETS.sps)}`, {}],
		['all of them under the name of H.264', `sprop-parameter-sets=${Object.values(SETS).map(base64).join(',')}`, SETS],
	])('%s', (_name, fmtp, sets) => {
		const track = h265(`a=fmtp:96 ${fmtp}`);
		expect(track).toMatchObject(known);
		const parameterSets = Object.entries(sets).map(([kind, bytes]) => [kind, hex(bytes)]);
		expect(track).toMatchObject({ parameterSets: Object.fromEntries(parameterSets) });
	});

	test.each([
		['no fmtp', []],
		['an SPS without PPS', [`a=fmtp:96 sprop-sps=${base64(SETS.sps)}`]],
		['names without values', ['a=fmtp:96 sprop-vps=;sprop-sps=;sprop-pps=']],
		['profile and level alone', ['a=fmtp:96 profile-id=1;level-id=93']],
		['junk', ['a=fmtp:96 sprop-vps=!;sprop-sps=????;sprop-pps=AAAA']],
	])('%s: the stream will say', (_name, lines) => {
		expect(h265(...lines)).toEqual({ kind: 'video', codec: 'h265', id: 0, clockRate: 90_000 });
	});

	test.each([
		['its other name', ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 HEVC/90000']],
		['no rtpmap, but its parameters', ['m=video 0 RTP/AVP 96', `a=fmtp:96 sprop-vps=${base64(SETS.vps)}`]],
		['no reordering of packets', ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 h265', 'a=fmtp:96 sprop-max-don-diff=0']],
	])('by %s', (_name, lines) => {
		expect(tracksOf(...lines).tracks).toMatchObject([{ payloadType: 96, track: { codec: 'h265', clockRate: 90_000 } }]);
	});

	test.each([
		['sprop-max-don-diff=1', 'sprop-max-don-diff'],
		['sprop-depack-buf-nalus=4', 'order'],
		['tx-mode=MRST', 'tx-mode'],
	])('%s is refused', (fmtp, reason) => {
		const { tracks, skipped } = tracksOf('m=video 0 RTP/AVP 96', 'a=rtpmap:96 H265/90000', `a=fmtp:96 ${fmtp}`);
		expect(tracks).toEqual([]);
		expect(skipped).toMatchObject([{ codec: 'H265', reason: expect.stringContaining(reason) }]);
	});
});

describe('what is skipped, and why', () => {
	test.each([
		['Motion JPEG', ['m=video 0 RTP/AVP 26'], 'JPEG', 'not playable yet'],
		['Motion JPEG by rtpmap', ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 JPEG/90000'], 'JPEG', 'not playable yet'],
		['another video codec', ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 MP4V-ES/90000'], 'MP4V-ES', 'H.264'],
		[
			'the interleaved mode',
			['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=2'],
			'H264',
			'mode 2',
		],
		[
			'metadata',
			['m=application 0 RTP/AVP 107', 'a=rtpmap:107 vnd.onvif.metadata/90000'],
			'vnd.onvif.metadata',
			'neither',
		],
		[
			'a section of TP-Link',
			['m=application/TP-LINK 0 RTP/AVP smart/1/90000', 'a=rtpmap:95 TP-LINK/90000'],
			'TP-LINK',
			'neither',
		],
		['an unknown number', ['m=video 0 RTP/AVP 50'], 'unknown', 'payload type'],
		['another audio codec', ['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 G726-32/8000'], 'G726-32', 'AAC, G.711 or Opus'],
		['an inactive one', ['m=video 0 RTP/AVP 35', 'a=inactive'], 'H264', 'inactive'],
		['an empty media line', ['m='], 'unknown', 'neither'],
	])('%s', (_name, lines, codec, reason) => {
		const { tracks, skipped } = tracksOf(...lines);
		expect(tracks).toEqual([]);
		expect(skipped).toMatchObject([{ codec, reason: expect.stringContaining(reason) }]);
	});

	test('a second video and a second audio; ids are the section numbers', () => {
		const { tracks, skipped } = tracksOf(
			'm=application 0 RTP/AVP 107',
			'm=audio 0 RTP/AVP 96',
			'a=rtpmap:96 mpeg4-generic/48000/1',
			'a=fmtp:96 config=1188',
			'm=audio 0 RTP/AVP 96',
			'a=rtpmap:96 opus/48000/2',
			'a=fmtp:96',
			...VIDEO,
			...VIDEO,
		);
		expect(tracks.map(({ track, sectionIndex }) => [track.codec, track.id, sectionIndex])).toEqual([
			['aac', 1, 1],
			['h264', 3, 3],
		]);
		expect(skipped.map(({ codec }) => codec)).toEqual(['unknown', 'opus', 'H264']);
	});

	test.each([1, 24, 999, 10_000_001, 999_999_999])('not with a clock of %i Hz', (clockRate) => {
		const sound = ['m=audio 0 RTP/AVP 97', `a=rtpmap:97 MPEG4-GENERIC/${clockRate}/2`, 'a=fmtp:97 config=1190'];
		const { tracks, skipped } = tracksOf(...VIDEO, ...sound);
		expect(tracks).toMatchObject([{ track: { codec: 'h264' } }]);
		expect(skipped).toMatchObject([{ kind: 'audio', reason: expect.stringContaining(`${clockRate} Hz`) }]);
		expect(tracksOf('m=video 0 RTP/AVP 96', `a=rtpmap:96 H265/${clockRate}`).tracks).toEqual([]);
	});

	test.each([1000, 27_000_000 / 3, 10_000_000])('with a clock of %i Hz', (clockRate) => {
		expect(tracksOf('m=video 0 RTP/AVP 96', `a=rtpmap:96 H264/${clockRate}`).tracks).toMatchObject([
			{ track: { clockRate } },
		]);
	});

	test('a playable second audio stands in for a first that is not', () => {
		const { tracks } = tracksOf('m=audio 0 RTP/AVP 96', 'a=rtpmap:96 G726-32/8000', 'm=audio 0 RTP/AVP 0');
		expect(tracks).toMatchObject([{ sectionIndex: 1, track: { codec: 'pcmu' } }]);
	});

	test('the back channel, but not the audio of a camera that calls everything sendonly', () => {
		const backChannel = ['m=audio 0 RTP/AVP 0', 'a=sendonly'];
		const { tracks, skipped } = tracksOf(...VIDEO, 'a=recvonly', ...backChannel, 'm=audio 0 RTP/AVP 8', 'a=recvonly');
		expect(tracks.map(({ track }) => track.codec)).toEqual(['h264', 'pcma']);
		expect(skipped).toMatchObject([{ codec: 'PCMU', reason: expect.stringContaining('back channel') }]);
		expect(tracksOf(...VIDEO, 'a=sendonly', ...backChannel).tracks).toHaveLength(2);
		expect(tracksOf('a=sendonly', ...VIDEO, 'm=audio 0 RTP/AVP 0').tracks).toHaveLength(2);
	});
});
