import { describe, expect, it } from 'vitest';
import { DualcastError } from '../../../src/base/errors.ts';
import type { H265Track, VideoFacts } from '../../../src/media/track.ts';
import { carriedTracks } from '../../../src/webrtc/carried-tracks.ts';
import { negotiate } from '../../../src/webrtc/sdp/negotiation.ts';
import { parseOffer } from '../../../src/webrtc/sdp/offer.ts';
import { recordedOffer } from '../../fakes/offers.ts';
import { WebRtcScene } from '../../fakes/webrtc-scene.ts';

const SETS = { vps: Uint8Array.of(0x40, 1), sps: Uint8Array.of(0x42, 1), pps: Uint8Array.of(0x44, 1) };

function track(facts: Partial<VideoFacts> = {}): H265Track {
	const known = { width: 1920, height: 1080, profileIdc: 1, tier: 'main', levelIdc: 120, codecs: 'hvc1.1' } as const;
	return {
		kind: 'video',
		codec: 'h265',
		id: 0,
		clockRate: 90_000,
		parameterSets: SETS,
		facts: { ...known, reorderFrames: 0, ...facts },
	};
}

/** Chromium's offer with these H.265 formats in front, from payload type 60 on. */
function offerOf(...formats: string[]): string {
	const lines = formats.flatMap((fmtp, index) => {
		const type = 60 + index;
		return [
			`a=rtpmap:${type} H265/90000`,
			...(fmtp === '' ? [] : [`a=fmtp:${type} ${fmtp}`]),
			`a=rtcp-fb:${type} nack`,
			`a=rtcp-fb:${type} nack pli`,
		];
	});
	const types = formats.map((_, index) => 60 + index).join(' ');
	return recordedOffer('chromium')
		.replace('m=video 9 UDP/TLS/RTP/SAVPF ', `m=video 9 UDP/TLS/RTP/SAVPF ${types} `)
		.replace('a=rtpmap:96 ', `${lines.join('\r\n')}\r\na=rtpmap:96 `);
}

function chosen(facts: Partial<VideoFacts>, ...formats: string[]): number | undefined {
	return negotiate(parseOffer(offerOf(...formats)), carriedTracks([track(facts)])).video?.codec.payloadType;
}

function refusal(facts: Partial<VideoFacts>, ...formats: string[]): string {
	try {
		chosen(facts, ...formats);
	} catch (error) {
		if (error instanceof DualcastError && error.code === 'codec_unsupported') return error.message;
		throw error;
	}
	throw new Error('was accepted');
}

describe('H.265 is sent', () => {
	it.each([
		['in the same profile', {}, ['level-id=180;profile-id=2', 'level-id=180;profile-id=1'], 61],
		['as Main 10 where that alone is offered', {}, ['level-id=180;profile-id=2;tier-flag=0;tx-mode=SRST'], 60],
		['in a level that covers the stream', {}, ['level-id=93;profile-id=1', 'level-id=156;profile-id=1'], 61],
		['in a tier that covers it', { tier: 'high' }, ['level-id=180;tier-flag=0', 'level-id=180;tier-flag=1'], 61],
		['in a low level where nothing is said', { levelIdc: 93 }, [''], 60],
	] as const)('%s', (_name, facts, formats, payloadType) => {
		expect(chosen(facts, ...formats)).toBe(payloadType);
	});

	it.each([
		['profile', { profileIdc: 2 }, 'level-id=180;profile-id=1'],
		['tier', { tier: 'high' }, 'level-id=180;tier-flag=0'],
		['level', { levelIdc: 153 }, 'level-id=150'],
		['unsaid level', {}, ''],
		['way of sending', {}, 'level-id=180;tx-mode=MRST'],
	] as const)('not where the %s does not fit, and the viewer is told', (_name, facts, format) => {
		expect(refusal(facts, format)).toContain("offers H.265, but not for the camera's H.265 (hvc1.1)");
	});

	it('not with B-frames', () => {
		expect(refusal({ reorderFrames: 2 }, 'level-id=180')).toContain('set the camera to no B-frames, or play it by HLS');
	});

	it('with its own level and parameter sets in the answer, and cut as RFC 7798 says', async () => {
		const camera = track();
		const scene = new WebRtcScene({ tracks: [camera] });
		const viewer = await scene.join(offerOf('level-id=180;profile-id=1;tier-flag=0'));
		expect(viewer.answer).toContain(
			'a=fmtp:60 level-id=120;profile-id=1;tier-flag=0;tx-mode=SRST;sprop-vps=QAE=;sprop-sps=QgE=;sprop-pps=RAE=\r\n',
		);
		expect(viewer.answer).toContain('a=rtcp-fb:60 nack pli\r\n');
		const slice = new Uint8Array(3_000).fill(9);
		slice.set([0x26, 1]);
		const nalus = [SETS.vps, SETS.sps, SETS.pps, slice];
		const times = { pts: 0, dts: 0, arrival: 0, wall: 0, epoch: 0 };
		scene.stream.deliver({ kind: 'video', track: camera, key: true, nalus, size: 3_006, ...times });
		const payloads = viewer.peer.first(viewer.video).map(({ payload }) => payload);
		// An aggregation packet (48) with the parameter sets, then fragments (49) of the slice.
		expect(payloads.map(([first = 0]) => (first >> 1) & 0x3f)).toEqual([48, 49, 49, 49]);
		expect(viewer.peer.first(viewer.video).map(({ marker }) => marker)).toEqual([false, false, false, true]);
	});

	it('until the camera changes its codec, which ends the session', async () => {
		const scene = new WebRtcScene({ tracks: [track()] });
		const viewer = await scene.join(offerOf('level-id=180'));
		scene.stream.setTracks([{ kind: 'video', codec: 'h264', id: 0, clockRate: 90_000 }]);
		expect(scene.server.session(viewer.id)).toBeUndefined();
	});
});
