import type { Clock, Timer } from '../../base/clock.ts';
import { SourceError } from '../../base/errors.ts';
import { sourceErrorFromStatus } from '../errors.ts';
import type { RtspDialogue } from './dialogue.ts';

export type KeepAliveOptions = {
	readonly clock: Clock;
	readonly dialogue: RtspDialogue;
	readonly uri: string;
	/** The camera knows GET_PARAMETER; otherwise OPTIONS is sent. */
	readonly getParameter: boolean;
	/** `Clock.now()` when anything came from the camera for the last time, media or words. */
	readonly heardAt: () => number;
	/** Called at most once. */
	readonly onLost: (reason: SourceError) => void;
};

const SESSION_NOT_FOUND = 454;

/**
 * Keeps a session from timing out: a request each half of its timeout (RFC 2326 section 12.37). A camera that does
 * not answer it is not at fault as long as its media comes; one that says that the session is gone is believed.
 */
export function keepAlive(options: KeepAliveOptions): Timer {
	const timer = options.clock.every((options.dialogue.sessionTimeout * 1000) / 2, () => void keep.tick());
	const keep = new KeepAlive(options, timer);
	return timer;
}

class KeepAlive {
	readonly #options: KeepAliveOptions;
	readonly #timer: Timer;
	#method: 'GET_PARAMETER' | 'OPTIONS';

	constructor(options: KeepAliveOptions, timer: Timer) {
		this.#options = options;
		this.#timer = timer;
		this.#method = options.getParameter ? 'GET_PARAMETER' : 'OPTIONS';
	}

	async tick(): Promise<void> {
		const { clock, dialogue, uri, heardAt } = this.#options;
		const from = clock.now();
		const method = this.#method;
		try {
			const { status } = await dialogue.call(method, uri);
			if (status === SESSION_NOT_FOUND) this.#lose(sourceErrorFromStatus(status, method));
			else if (status >= 400 && this.#method === 'GET_PARAMETER') {
				// What the camera refuses does not keep the session: the other way must not wait for the next time.
				this.#method = 'OPTIONS';
				await this.tick();
			}
		} catch (failure) {
			if (!(failure instanceof SourceError) || failure.code !== 'camera_timeout') return;
			if (heardAt() < from) this.#lose(halfOpen(clock.now() - heardAt()));
			else this.#method = 'OPTIONS';
		}
	}

	#lose(reason: SourceError): void {
		this.#timer.cancel();
		this.#options.onLost(reason);
	}
}

function halfOpen(silence: number): SourceError {
	const seconds = Math.round(silence / 1000);
	return new SourceError('camera_timeout', `nothing came from the camera for ${seconds} s, not even an answer`);
}
