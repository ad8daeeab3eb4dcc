import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { carriedTracks } from '../../../../src/webrtc/carried-tracks.ts';
import { writeAnswer } from '../../../../src/webrtc/sdp/answer.ts';
import { negotiate } from '../../../../src/webrtc/sdp/negotiation.ts';
import { parseOffer } from '../../../../src/webrtc/sdp/offer.ts';
import { recordedOffer } from '../../../fakes/offers.ts';
import { h264Track, OPUS } from '../../../fakes/sample-tracks.ts';

const LOCAL = {
	ufrag: 'localUfrag',
	password: 'localPassword01234567890',
	fingerprint: 'sha-256 AA:BB',
	candidates: ['1 1 udp 2130706431 192.0.2.1 8189 typ host'],
};
const TRACKS = carriedTracks([h264Track(66, 0xc0), OPUS]);

function recordedAnswer(browser: string): string {
	return readFileSync(new URL(`../../../data/${browser}-answer.sdp`, import.meta.url), 'utf8');
}

describe('a recorded offer', () => {
	it.each(['chromium', 'firefox', 'webrtcbin', 'werift'] as const)('of %s is answered byte by byte', (browser) => {
		const offer = parseOffer(recordedOffer(browser));
		const answer = writeAnswer({
			offer,
			negotiation: negotiate(offer, TRACKS),
			local: LOCAL,
			originId: '123',
			sources: { video: { ssrc: 11, rtxSsrc: 12 }, audio: { ssrc: 21, rtxSsrc: 22 } },
			audioChannels: 2,
		});
		expect(answer).toBe(recordedAnswer(browser));
	});
});
