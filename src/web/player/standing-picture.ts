import { readProblem } from '../gateway/problem.ts';
import { PlaybackError } from './playback.ts';
import { unreachable } from './unreachable.ts';
import type { Fetch } from './webrtc/whep-client.ts';

const FIRST_LOOK_MS = 4000;
const PERIOD_MS = 3000;
const ANSWER_TIMEOUT_MS = 6000;
/** So often the playlist went on without the picture: it is the player that stands. */
const CHANGES = 2;

/**
 * Finds out why an HLS picture stands. While its playlist stands as well the camera is awaited: who began anew would see
 * the last seconds again, and take them for new.
 */
export class StandingPicture {
	readonly #fetch: Fetch;
	#lookAt = 0;
	#looking = false;
	/** As of the last look. */
	#playlist: string | undefined;
	#changes = 0;

	constructor(fetch: Fetch) {
		this.#fetch = fetch;
	}

	/** The picture moved, or was not to. @param now milliseconds */
	moved(now: number): void {
		this.#lookAt = now + FIRST_LOOK_MS;
		this.#playlist = undefined;
		this.#changes = 0;
	}

	/**
	 * The picture stands; to be told about once a second.
	 *
	 * @param address of the playlist
	 * @returns why waiting is of no use
	 */
	async stands(address: string, now: number): Promise<PlaybackError | undefined> {
		if (now < this.#lookAt || this.#looking) return undefined;
		this.#lookAt = now + PERIOD_MS;
		const planned = this.#lookAt;
		this.#looking = true;
		const found = await this.#ask(address);
		this.#looking = false;
		// It moved meanwhile.
		if (this.#lookAt !== planned) return undefined;
		if (found instanceof PlaybackError) return found;
		if (this.#playlist !== undefined && found !== this.#playlist) this.#changes++;
		this.#playlist = found;
		if (this.#changes < CHANGES) return undefined;
		return new PlaybackError('playback_stalled', 'No new picture came for 10 seconds.');
	}

	async #ask(address: string): Promise<string | PlaybackError> {
		try {
			const response = await this.#fetch(address, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
			if (response.ok) return await response.text();
			const { code, message } = await readProblem(response);
			return new PlaybackError(code, message);
		} catch {
			return unreachable(address);
		}
	}
}
