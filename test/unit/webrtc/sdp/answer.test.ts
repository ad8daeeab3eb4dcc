import { describe, expect, it } from 'vitest';
import { DualcastError } from '../../../../src/base/errors.ts';
import type { Track } from '../../../../src/media/track.ts';
import { carriedTracks } from '../../../../src/webrtc/carried-tracks.ts';
import { writeAnswer } from '../../../../src/webrtc/sdp/answer.ts';
import { type Negotiation, negotiate } from '../../../../src/webrtc/sdp/negotiation.ts';
import { parseOffer } from '../../../../src/webrtc/sdp/offer.ts';
import { recordedOffer } from '../../../fakes/offers.ts';
import { AAC, h264Track, OPUS, PCMA, PCMU, WIDE_PCMA } from '../../../fakes/sample-tracks.ts';

const CHROMIUM = recordedOffer('chromium');
const FIREFOX = recordedOffer('firefox');
const BASELINE = h264Track(66, 0xc0);

const LOCAL = {
	ufrag: 'localUfrag',
	password: 'localPassword01234567890',
	fingerprint: 'sha-256 AA:BB',
	candidates: ['1 1 udp 2130706431 192.0.2.1 8189 typ host', '2 1 udp 2130706430 192.0.2.2 8189 typ host'],
};

function negotiated(offer: string, ...tracks: Track[]): Negotiation {
	return negotiate(parseOffer(offer), carriedTracks(tracks));
}

function refusal(offer: string, ...tracks: Track[]): DualcastError {
	try {
		negotiated(offer, ...tracks);
	} catch (error) {
		if (error instanceof DualcastError) return error;
		throw error;
	}
	throw new Error('was accepted');
}

function answer(text: string, ...tracks: Track[]): string {
	const offer = parseOffer(text);
	return writeAnswer({
		offer,
		negotiation: negotiate(offer, carriedTracks(tracks)),
		local: LOCAL,
		originId: '123',
		sources: { video: { ssrc: 11, rtxSsrc: 12 }, audio: { ssrc: 21, rtxSsrc: 22 } },
		audioChannels: 2,
	});
}

/** The session part and the `m=` sections, each as its lines. */
function sectionsOf(sdp: string): string[][] {
	return sdp
		.trimEnd()
		.split('\r\nm=')
		.map((part, index) => (index === 0 ? part : `m=${part}`).split('\r\n'));
}

describe('negotiate', () => {
	it('refuses a stream whose video cannot be sent, with the reason and the cure, whatever its audio is', () => {
		const video: Track = { kind: 'video', codec: 'h265', id: 0, clockRate: 90_000 };
		const error = refusal(CHROMIUM, video, OPUS);
		expect(error).toMatchObject({ code: 'codec_unsupported', facts: { codec: 'h265' } });
		expect(error.message).toContain('the camera sends H.265; set the camera to H.264, or play it by HLS');
	});

	it('passes over H.265 where there is H.264 too', () => {
		const video: Track = { kind: 'video', codec: 'h265', id: 5, clockRate: 90_000 };
		const { video: accepted, skipped } = negotiated(CHROMIUM, BASELINE, video);
		expect(accepted?.codec.name).toBe('h264');
		expect(skipped).toMatchObject([{ codec: 'h265' }]);
		expect(negotiated(CHROMIUM, video, BASELINE).video?.codec.name).toBe('h264');
	});

	it('takes G.722 as it is, and uncompressed sound not', () => {
		const g722: Track = { kind: 'audio', codec: 'g722', id: 1, clockRate: 8000, channels: 1 };
		expect(negotiated(CHROMIUM, BASELINE, g722).audio?.codec).toMatchObject({ name: 'g722', payloadType: 9 });
		const stereo = negotiated(CHROMIUM, BASELINE, { ...g722, channels: 2 });
		expect(stereo.skipped).toMatchObject([{ codec: 'g722', reason: expect.stringContaining('one channel') }]);
		const l16: Track = { kind: 'audio', codec: 'l16', id: 1, clockRate: 16_000, channels: 1 };
		const { audio, skipped } = negotiated(CHROMIUM, BASELINE, l16);
		expect(audio).toBeUndefined();
		expect(skipped).toMatchObject([{ codec: 'l16', reason: expect.stringContaining('Opus or G.711') }]);
	});

	it.each([
		['Constrained Baseline', h264Track(66, 0xc0), 108],
		['Baseline', h264Track(66, 0x00), 102],
		['Main', h264Track(77, 0x00), 116],
		['Main with all constraints of Baseline', h264Track(77, 0x80), 108],
		['High, which Chromium does not offer', h264Track(100, 0x00), 108],
		['a profile not known yet', { ...BASELINE, facts: undefined } as unknown as Track, 108],
		['High 4:4:4 Predictive', h264Track(244, 0x00), 41],
	])('picks the payload type for %s', (_, track, payloadType) => {
		const { video } = negotiated(CHROMIUM, track as Track);
		expect(video?.codec.payloadType).toBe(payloadType);
		expect(video?.rtx?.parameters.get('apt')).toBe(String(payloadType));
	});

	it('prefers High when it is offered', () => {
		const offer = CHROMIUM.replaceAll('profile-level-id=4d001f', 'profile-level-id=640c1f');
		expect(negotiated(offer, h264Track(100, 0)).video?.codec.payloadType).toBe(116);
	});

	it('refuses profiles browsers do not decode', () => {
		expect(refusal(CHROMIUM, h264Track(110, 0))).toMatchObject({
			code: 'codec_unsupported',
			message: expect.stringContaining('avc1.6e001f'),
		});
	});

	it('refuses B-frames and names the setting of the camera', () => {
		expect(refusal(CHROMIUM, h264Track(100, 0, { reorderFrames: 2 }), OPUS)).toMatchObject({
			code: 'codec_unsupported',
			message: expect.stringMatching(/no B-frames.*Baseline.*HLS/),
		});
	});

	it('refuses when the browser has no H.264, or only packetization mode 0', () => {
		const without = FIREFOX.replaceAll(/a=(rtpmap|fmtp|rtcp-fb):(126|127|97|98) .*\r\n/g, '');
		expect(refusal(without, BASELINE, OPUS)).toMatchObject({
			code: 'codec_unsupported',
			message: expect.stringContaining('offers no H.264'),
		});
		const single = FIREFOX.replaceAll(';packetization-mode=1', '');
		expect(refusal(single, BASELINE)).toMatchObject({ code: 'codec_unsupported' });
	});

	it.each([
		[OPUS, 111],
		[PCMA, 8],
		[PCMU, 0],
	])('takes audio $codec', (track, payloadType) => {
		expect(negotiated(CHROMIUM, BASELINE, track).audio?.codec.payloadType).toBe(payloadType);
	});

	it.each([
		[AAC, 'AAC'],
		[WIDE_PCMA, '8000 Hz'],
	])('leaves out audio that WebRTC cannot carry and says why (%#)', (track, reason) => {
		const { audio, video, skipped } = negotiated(CHROMIUM, BASELINE, track);
		expect(video).toBeDefined();
		expect(audio).toBeUndefined();
		expect(skipped).toEqual([{ codec: track.codec, reason: expect.stringContaining(reason) }]);
	});

	it('leaves out what the browser did not ask for', () => {
		const [session, video, audio] = CHROMIUM.split(/(?=m=)/);
		expect(negotiated(`${session}${video}`, BASELINE, OPUS).skipped).toEqual([
			{ codec: 'opus', reason: 'the browser offered no audio' },
		]);
		expect(negotiated(`${session}${audio}`, BASELINE, OPUS).skipped).toEqual([
			{ codec: 'h264', reason: 'the browser offered no video' },
		]);
	});

	it('refuses when nothing is left', () => {
		expect(refusal(CHROMIUM, AAC)).toMatchObject({
			code: 'codec_unsupported',
			message: expect.stringContaining('aac: browsers take no AAC'),
		});
	});

	it('takes one section only when the offer does not bundle', () => {
		const { video, audio, skipped } = negotiated(CHROMIUM.replace(/a=group.*\r\n/, ''), BASELINE, OPUS);
		expect([video?.section.kind, audio]).toEqual(['video', undefined]);
		expect(skipped).toHaveLength(1);
	});

	it('answers only feedback that is used', () => {
		expect(negotiated(CHROMIUM, BASELINE, OPUS)).toMatchObject({
			video: { feedback: ['nack', 'nack pli', 'ccm fir', 'goog-remb'] },
			audio: { feedback: [], rtx: undefined },
		});
	});

	it('takes feedback that is offered for every payload type (RFC 4585 4.2)', () => {
		const { video } = negotiated(CHROMIUM.replaceAll(/a=rtcp-fb:\d+ nack/g, 'a=rtcp-fb:* nack'), BASELINE);
		expect(video).toMatchObject({ feedback: ['nack', 'nack pli', 'ccm fir', 'goog-remb'] });
		expect(video?.rtx).toBeDefined();
	});

	it('takes the transport of the first section that is answered', () => {
		const own = (section: string) => section.replace(/a=ice-ufrag:.*/, `a=ice-ufrag:${section.slice(2, 7)}`);
		const offer = FIREFOX.split(/(?=^m=)/m)
			.map((part) => (part.startsWith('m=') ? own(part) : part))
			.join('');
		expect(negotiated(offer, BASELINE, OPUS).transport.ufrag).toBe('audio');
		expect(negotiated(offer.replaceAll('opus', 'other'), BASELINE, OPUS).transport.ufrag).toBe('video');
	});

	it('retransmits nothing to who does not ask for it', () => {
		const { video } = negotiated(CHROMIUM.replaceAll(/a=rtcp-fb:\d+ nack\r\n/g, ''), BASELINE);
		expect(video).toMatchObject({ feedback: ['nack pli', 'ccm fir', 'goog-remb'], rtx: undefined });
	});
});

describe('writeAnswer', () => {
	it('is ICE-lite, passive, sending only, bundled, with all candidates', () => {
		const [session = [], video = [], audio = []] = sectionsOf(answer(CHROMIUM, BASELINE, OPUS));
		expect(session).toEqual(['v=0', 'o=- 123 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=ice-lite', 'a=group:BUNDLE 0 1']);
		expect(video).toEqual([
			'm=video 9 UDP/TLS/RTP/SAVPF 108 109',
			'c=IN IP4 0.0.0.0',
			'a=mid:0',
			'a=ice-ufrag:localUfrag',
			'a=ice-pwd:localPassword01234567890',
			'a=fingerprint:sha-256 AA:BB',
			'a=setup:passive',
			'a=sendonly',
			'a=rtcp-mux',
			'a=msid:dualcast video',
			'a=rtpmap:108 H264/90000',
			'a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
			'a=rtcp-fb:108 nack',
			'a=rtcp-fb:108 nack pli',
			'a=rtcp-fb:108 ccm fir',
			'a=rtcp-fb:108 goog-remb',
			'a=rtpmap:109 rtx/90000',
			'a=fmtp:109 apt=108',
			'a=ssrc-group:FID 11 12',
			'a=ssrc:11 cname:dualcast',
			'a=ssrc:12 cname:dualcast',
			'a=candidate:1 1 udp 2130706431 192.0.2.1 8189 typ host',
			'a=candidate:2 1 udp 2130706430 192.0.2.2 8189 typ host',
			'a=end-of-candidates',
		]);
		expect(audio).toEqual([
			'm=audio 9 UDP/TLS/RTP/SAVPF 111',
			'c=IN IP4 0.0.0.0',
			'a=mid:1',
			'a=ice-ufrag:localUfrag',
			'a=ice-pwd:localPassword01234567890',
			'a=fingerprint:sha-256 AA:BB',
			'a=setup:passive',
			'a=sendonly',
			'a=rtcp-mux',
			'a=msid:dualcast audio',
			'a=rtpmap:111 opus/48000/2',
			'a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1',
			'a=ssrc:21 cname:dualcast',
		]);
	});

	it('rejects a section in its place and keeps it out of the bundle', () => {
		const [session, audio, video] = sectionsOf(answer(FIREFOX, BASELINE, AAC));
		expect(session).toContain('a=group:BUNDLE 1');
		expect(audio?.slice(0, 4)).toEqual([
			'm=audio 0 UDP/TLS/RTP/SAVPF 109 9 0 8 101',
			'c=IN IP4 0.0.0.0',
			'a=mid:0',
			'a=inactive',
		]);
		// webrtcbin refuses an answer that has these not in every section.
		const transport = /^a=(ice-ufrag|ice-pwd|fingerprint|setup):/;
		expect(audio?.slice(4)).toEqual(video?.filter((line) => transport.test(line)));
		expect(video).toContain('a=end-of-candidates');
	});

	it('rejects a second video and a data channel', () => {
		const offer = `${CHROMIUM.replace('BUNDLE 0 1', 'BUNDLE 0 1 2 3')}${(CHROMIUM.split(/(?=m=)/)[1] ?? '').replace(
			'a=mid:0',
			'a=mid:2',
		)}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:3\r\na=sctp-port:5000\r\n`;
		const [session, ...sections] = sectionsOf(answer(offer, BASELINE, OPUS));
		expect(session).toContain('a=group:BUNDLE 0 1');
		expect(sections.map((section) => section[0]?.split(' ', 2).join(' '))).toEqual([
			'm=video 9',
			'm=audio 9',
			'm=video 0',
			'm=application 0',
		]);
	});

	it('writes static payload types', () => {
		expect(answer(CHROMIUM, BASELINE, PCMA)).toContain('a=rtpmap:8 PCMA/8000\r\na=ssrc:21');
	});
});
