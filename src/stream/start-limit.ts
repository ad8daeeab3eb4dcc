import type { Clock, Timer } from '../base/clock.ts';
import { SourceError } from '../base/errors.ts';

/** How long a camera may take to start for readers who did not wait for it. */
export class StartLimit {
	readonly #clock: Clock;
	readonly #milliseconds: number;
	readonly #onReached: () => void;
	#timer: Timer | undefined;

	constructor(clock: Clock, milliseconds: number, onReached: () => void) {
		this.#clock = clock;
		this.#milliseconds = milliseconds;
		this.#onReached = onReached;
	}

	/** Such a reader comes; the first one counts. */
	begin(): void {
		this.#timer ??= this.#clock.after(this.#milliseconds, () => {
			this.#timer = undefined;
			this.#onReached();
		});
	}

	/** The camera is there, or nobody waits any more. */
	end(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
	}
}

/**
 * @param timeout milliseconds
 * @param connected the camera accepted the session: what is missing is the picture
 */
export function startedLate(stream: string, timeout: number, connected: boolean): SourceError {
	const seconds = timeout / 1000;
	const message = connected
		? `the camera is connected, but sent no key picture with its parameter sets in ${seconds} s; set a shorter ` +
			'interval of key frames (I-frames) at the camera or raise on_demand.start_timeout'
		: `the camera did not start within ${seconds} s; check that it is reachable or raise on_demand.start_timeout`;
	return new SourceError('camera_timeout', message, { facts: { stream } });
}
