import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HlsErrorFacts } from '../../../src/web/player/hls/hls-failure.ts';
import { HlsPlayback } from '../../../src/web/player/hls/hls-playback.ts';
import type { PlaybackError } from '../../../src/web/player/playback.ts';
import { FakeClock, settle } from './fake-clock.ts';

/** What hls.js was asked to load, and what it tells. */
const made = vi.hoisted(() => [] as { source: string; config: unknown; loads: number; tell(data: object): void }[]);

vi.mock('hls.js/light', () => ({
	default: class {
		static Events = { ERROR: 'error' };
		static ErrorTypes = { MEDIA_ERROR: 'mediaError' };
		static isSupported = () => true;
		source = '';
		loads = 0;
		tell: (data: object) => void = () => undefined;
		config: unknown;

		constructor(config: unknown) {
			this.config = config;
			made.push(this);
		}

		on(event: string | undefined, listener: (event: string, data: object) => void) {
			if (event === 'error') this.tell = (data) => listener('error', { fatal: true, ...data });
		}
		once() {}
		attachMedia() {}
		destroy() {}
		startLoad() {
			this.loads++;
		}
		loadSource(source: string) {
			this.source = source;
		}
	},
}));

class FakeVideo extends EventTarget {
	srcObject: unknown = null;
	readyState = 0;
	canPlayType() {
		return '';
	}
	getVideoPlaybackQuality() {
		return { totalVideoFrames: 0, droppedVideoFrames: 0 };
	}
}

/** The class of a request of hls.js, with the gateway's answer. */
class Refusal {
	readonly responseType = 'text';
	readonly responseText: string;
	constructor(code: string) {
		this.responseText = JSON.stringify({ code, detail: `the gateway says ${code}` });
	}
}

const NO_DECODER = { type: 'mediaError', details: 'bufferIncompatibleCodecsError', error: new Error('none') };
const refused = (status: number, code: string) =>
	({ type: 'networkError', response: { code: status }, networkDetails: new Refusal(code) }) as Partial<HlsErrorFacts>;

let clock: FakeClock;
let video: FakeVideo;
let stop: AbortController;

function play(): Promise<PlaybackError> {
	const playback = new HlsPlayback({
		video: video as unknown as HTMLVideoElement,
		playlist: 'http://gateway/hls/cam/index.m3u8',
		fetch: async () => new Response(null),
		clock,
	});
	const nothing = () => undefined;
	const listener = { firstFrame: nothing, sample: nothing, served: nothing, hasAudio: nothing, awaitsCamera: nothing };
	return playback.run(listener, stop.signal).catch((failure: PlaybackError) => failure);
}

/** Ends what was made last. */
async function end(data: object): Promise<void> {
	await settle();
	made.at(-1)?.tell(data);
	await settle();
}

beforeEach(() => {
	made.length = 0;
	vi.stubGlobal('navigator', { vendor: 'Google Inc.' });
	vi.stubGlobal('document', { hidden: false });
	vi.stubGlobal('HTMLMediaElement', { HAVE_CURRENT_DATA: 2 });
	vi.stubGlobal('XMLHttpRequest', Refusal);
	clock = new FakeClock();
	video = new FakeVideo();
	stop = new AbortController();
});

afterEach(() => {
	stop.abort();
	vi.unstubAllGlobals();
});

test.each([
	['cannot decode what low latency carries', NO_DECODER, 'codec_unsupported', /This browser cannot decode/],
	['was late with low latency', refused(503, 'hls_late'), 'hls_late', /hls_late/],
	['has no low latency', refused(404, 'not_found'), 'codec_unsupported', /The gateway says codec_unsupported/],
])('a browser that %s, and a classic output without the codec', async (_, first, code, words) => {
	const failure = play();
	await end(first);
	await end(refused(422, 'codec_unsupported'));
	expect(made.map(({ source }) => source)).toEqual([
		'http://gateway/hls/cam/ll.m3u8',
		'http://gateway/hls/cam/index.m3u8',
	]);
	expect(await failure).toMatchObject({ code, message: expect.stringMatching(words) });
});

test('other trouble of the classic output is told as it is', async () => {
	const failure = play();
	await end(NO_DECODER);
	await end(refused(502, 'camera_refused'));
	expect(await failure).toMatchObject({ code: 'camera_refused' });
});

test('a classic output with nothing but sound brings no picture, and the reason is the decoder', async () => {
	const failure = play();
	await end(NO_DECODER);
	await clock.advance(20_000);
	expect(await failure).toMatchObject({ code: 'codec_unsupported' });
});

test('low latency that is late once it plays is asked again, and the classic output is not: it would go back', async () => {
	void play();
	await settle();
	video.dispatchEvent(new Event('loadeddata'));
	for (let late = 1; late <= 3; late++) {
		await end(refused(503, 'hls_late'));
		expect(made[0]?.loads).toBe(late - 1);
		await clock.advance(1000);
		expect(made[0]?.loads).toBe(late);
	}
	expect(made).toHaveLength(1);
	await end(refused(503, 'hls_late'));
	stop.abort();
	await clock.advance(5000);
	expect(made[0]?.loads).toBe(3);
});
