import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HlsPlayback } from '../../../src/web/player/hls/hls-playback.ts';
import type { Sample } from '../../../src/web/player/sample.ts';
import { FakeClock, settle } from './fake-clock.ts';

/** One that plays HLS itself. */
class FakeVideo extends EventTarget {
	srcObject: unknown = null;
	src = '';
	audioTracks?: { length: number };
	webkitAudioDecodedByteCount?: number;
	pictures = 0;
	paused = false;
	stands = false;

	canPlayType() {
		return 'maybe';
	}

	getVideoPlaybackQuality() {
		if (!this.stands) this.pictures++;
		return { totalVideoFrames: this.pictures, droppedVideoFrames: 0 };
	}

	removeAttribute() {
		this.src = '';
	}
}

let clock: FakeClock;
let video: FakeVideo;
let sounds: number;
let stop: AbortController;
let answer: () => Response | Promise<Response>;
let told: Sample[];

/** @param outputs what the gateway says of the camera */
async function play(outputs: object[] = []): Promise<{ failure?: unknown }> {
	const playback = new HlsPlayback({
		video: video as unknown as HTMLVideoElement,
		playlist: 'http://gateway/hls/demo/index.m3u8',
		stats: 'http://gateway/api/v1/streams/demo/stats',
		fetch: async (url) => (String(url).endsWith('/stats') ? Response.json({ outputs }) : answer()),
		clock,
	});
	const nothing = () => undefined;
	const hasAudio = () => sounds++;
	const sample = (each: Sample) => told.push(each);
	const listener = { firstFrame: nothing, sample, served: nothing, awaitsCamera: nothing, hasAudio };
	const outcome: { failure?: unknown } = {};
	void playback.run(listener, stop.signal).catch((failure: unknown) => {
		outcome.failure = failure;
	});
	await settle();
	return outcome;
}

beforeEach(() => {
	vi.stubGlobal('navigator', { vendor: 'Apple Computer, Inc.' });
	vi.stubGlobal('document', { hidden: false });
	vi.stubGlobal('HTMLMediaElement', { HAVE_CURRENT_DATA: 2 });
	clock = new FakeClock();
	video = new FakeVideo();
	sounds = 0;
	stop = new AbortController();
	let playlists = 0;
	answer = () => new Response(`#EXT-X-MEDIA-SEQUENCE:${playlists++}`);
	told = [];
});

afterEach(() => {
	stop.abort();
	vi.unstubAllGlobals();
});

describe('HLS that the browser plays itself', () => {
	test.each([
		['there are tracks of it', { audioTracks: { length: 1 } }],
		['it was decoded', { webkitAudioDecodedByteCount: 1 }],
		['it was decoded, whatever the tracks', { audioTracks: { length: 0 }, webkitAudioDecodedByteCount: 1 }],
		['the browser does not tell', {}],
	])('has sound when %s', async (_, told) => {
		Object.assign(video, told);
		await play();
		expect(sounds).toBe(0);
		video.dispatchEvent(new Event('loadeddata'));
		expect(sounds).toBeGreaterThan(0);
	});

	test.each([
		['tracks', { audioTracks: { length: 0 } }, { audioTracks: { length: 1 } }],
		['bytes', { webkitAudioDecodedByteCount: 0 }, { webkitAudioDecodedByteCount: 1 }],
	])('has sound when %s come later than the picture, and not before', async (_, silent, loud) => {
		Object.assign(video, silent);
		await play();
		video.dispatchEvent(new Event('loadeddata'));
		await clock.advance(3000);
		expect(sounds).toBe(0);
		Object.assign(video, loud);
		await clock.advance(1000);
		expect(sounds).toBeGreaterThan(0);
	});

	test('is asked nothing any more once it was left', async () => {
		await play();
		stop.abort();
		video.dispatchEvent(new Event('loadeddata'));
		await clock.advance(3000);
		expect(sounds).toBe(0);
	});
});

describe('HLS that brings no picture', () => {
	const UNPLAYABLE = {
		verdict: 'needs_transcoding',
		reasons: ['It sends no key frames.', 'The sound is left out.'],
		cures: ['Switch off the intra refresh.'],
	};

	test('says why the camera shows none, and what to set, as soon as that is known', async () => {
		const outcome = await play([
			{ output: 'webrtc_chrome', verdict: 'plays', reasons: [], cures: [] },
			{ output: 'hls_ts', ...UNPLAYABLE },
			{ output: 'hls_ll', ...UNPLAYABLE },
		]);
		await clock.advance(8000);
		expect(outcome.failure).toMatchObject({
			code: 'camera_unsupported',
			message: 'It sends no key frames. Switch off the intra refresh.',
		});
	});

	test.each([
		[
			'plays in one of the outputs',
			[
				{ output: 'hls_ll', verdict: 'plays' },
				{ output: 'hls_ts', ...UNPLAYABLE },
			],
		],
		['is not known', []],
	])('is waited for when the camera %s', async (_, outputs) => {
		const outcome = await play(outputs);
		await clock.advance(19_999);
		expect(outcome.failure).toBeUndefined();
		await clock.advance(1);
		expect(outcome.failure).toMatchObject({ code: 'no_frame', message: 'HLS brought no picture within 20 seconds.' });
	});
});

describe('an HLS picture that stands', () => {
	async function stand() {
		const outcome = await play();
		video.dispatchEvent(new Event('loadeddata'));
		await clock.advance(5000);
		video.stands = true;
		return outcome;
	}

	test('is waited for as long as its playlist stands, too: begun anew it would show its last seconds again', async () => {
		const outcome = await stand();
		answer = () => new Response('#EXT-X-MEDIA-SEQUENCE:7');
		await clock.advance(60_000);
		expect(outcome.failure).toBeUndefined();
		expect(new Set(told.slice(-10).map(({ framesDecoded }) => framesDecoded)).size).toBe(1);
		// The camera is back.
		video.stands = false;
		await clock.advance(2000);
		video.stands = true;
		let playlists = 8;
		answer = () => new Response(`#EXT-X-MEDIA-SEQUENCE:${playlists++}`);
		await clock.advance(9000);
		expect(outcome.failure).toBeUndefined();
		await clock.advance(2000);
		expect(outcome.failure).toMatchObject({ code: 'playback_stalled' });
	});

	test.each([
		['is refused', () => Response.json({ code: 'camera_refused', detail: 'nothing listens there' }, { status: 409 })],
		['is not to be had', () => Promise.reject(new TypeError('Failed to fetch'))],
	])('is given up as soon as its playlist %s', async (_, say) => {
		const outcome = await stand();
		answer = say;
		await clock.advance(5000);
		expect(outcome.failure).toMatchObject({ code: expect.stringMatching(/camera_refused|gateway_unreachable/) });
	});

	test('for ten seconds is begun anew', async () => {
		const outcome = await stand();
		await clock.advance(9000);
		expect(outcome.failure).toBeUndefined();
		await clock.advance(1000);
		expect(outcome.failure).toMatchObject({ code: 'playback_stalled' });
	});

	test('in a hidden page, whose timers come once a minute, has its ten seconds when it is shown', async () => {
		const outcome = await stand();
		vi.stubGlobal('document', { hidden: true });
		await clock.advance(60_000);
		clock.suspend(60_000);
		vi.stubGlobal('document', { hidden: false });
		await clock.advance(9000);
		expect(outcome.failure).toBeUndefined();
		await clock.advance(1000);
		expect(outcome.failure).toMatchObject({ code: 'playback_stalled' });
	});

	test('goes on to stand while it is paused, and for ten seconds after', async () => {
		const outcome = await stand();
		video.paused = true;
		await clock.advance(60_000);
		video.paused = false;
		await clock.advance(9000);
		expect(outcome.failure).toBeUndefined();
	});
});
