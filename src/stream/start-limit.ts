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

/** @param timeout milliseconds */
export function startedLate(stream: string, timeout: number): SourceError {
	return new SourceError(
		'camera_timeout',
		`the camera did not start within ${timeout / 1000} s; check that it is reachable or raise on_demand.start_timeout`,
		{ facts: { stream } },
	);
}
