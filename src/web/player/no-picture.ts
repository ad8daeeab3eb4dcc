import { type Clock, sleep } from '../clock.ts';
import type { StreamStats } from '../gateway/camera.ts';
import { PlaybackError } from './playback.ts';
import type { Fetch } from './webrtc/whep-client.ts';

export type NoPictureOptions = {
	/** URL of the stream's counters. */
	stats: string | undefined;
	fetch: Fetch;
	clock: Clock;
	/** Aborted when there is a picture. */
	signal: AbortSignal;
};

/** By then most pictures are there, and the gateway knows what the camera sends. */
const FIRST_LOOK_MS = 8000;
/** The first segment of a cold camera takes its start time and a group of pictures. */
const FIRST_FRAME_TIMEOUT_MS = 20_000;
const ANSWER_TIMEOUT_MS = 1000;

/** Waits for a picture by HLS in vain. @returns why none comes: what the gateway says of the camera, or that the time is over */
export async function whyNoPicture({ stats, fetch, clock, signal }: NoPictureOptions): Promise<PlaybackError> {
	await sleep(clock, FIRST_LOOK_MS, signal);
	const early = signal.aborted ? undefined : await ofCamera(stats, fetch);
	if (early) return early;
	await sleep(clock, FIRST_FRAME_TIMEOUT_MS - FIRST_LOOK_MS, signal);
	const late = signal.aborted ? undefined : await ofCamera(stats, fetch);
	return late ?? new PlaybackError('no_frame', 'HLS brought no picture within 20 seconds.');
}

/** Why browsers show no picture of the camera, and what to set there; undefined where they should. */
async function ofCamera(stats: string | undefined, fetch: Fetch): Promise<PlaybackError | undefined> {
	if (stats === undefined) return undefined;
	try {
		const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
		const response = await fetch(stats, { headers: { Accept: 'application/json' }, signal });
		const { outputs } = (await response.json()) as Pick<StreamStats, 'outputs'>;
		const byHls = outputs.filter(({ output }) => output === 'hls_ll' || output === 'hls_ts');
		if (byHls.some(({ verdict }) => verdict.startsWith('plays'))) return undefined;
		const [{ reasons, cures } = { reasons: [], cures: [] }] = byHls;
		const words = [reasons[0], cures[0]].filter((sentence) => sentence !== undefined);
		return words.length > 0 ? new PlaybackError('camera_unsupported', words.join(' ')) : undefined;
	} catch {
		return undefined;
	}
}
