import type { Clock, Timer } from '../base/clock.ts';
import type { Grant } from './grant.ts';
import type { Revocations } from './revocations.ts';

/** Why a session's right ended. */
export type EndReason = 'token_expired' | 'token_revoked';

/** Timers take no more than 2^31 - 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Holds running sessions to their tokens: each ends when its token expires or is revoked. */
export class SessionWatch {
	readonly #clock: Clock;
	readonly #revocations: Revocations;
	readonly #sessions = new Set<{ readonly grant: Grant; readonly end: (reason: EndReason) => void }>();
	readonly #unwatch: () => void;

	constructor(clock: Clock, revocations: Revocations) {
		this.#clock = clock;
		this.#revocations = revocations;
		this.#unwatch = revocations.watch(() => this.#endRevoked());
	}

	/**
	 * @param end called at most once
	 * @returns ends the watch
	 */
	add(grant: Grant, end: (reason: EndReason) => void): () => void {
		let timer: Timer | undefined;
		const session = {
			grant,
			end: (reason: EndReason) => {
				stop();
				end(reason);
			},
		};
		const stop = () => {
			timer?.cancel();
			this.#sessions.delete(session);
		};
		const arm = (): void => {
			const remaining = grant.expiresAt - this.#clock.wall();
			if (remaining <= 0) session.end('token_expired');
			else timer = this.#clock.after(Math.min(remaining, LONGEST_TIMER_MS), arm);
		};
		this.#sessions.add(session);
		arm();
		return stop;
	}

	close(): void {
		this.#unwatch();
	}

	#endRevoked(): void {
		for (const session of [...this.#sessions]) {
			if (this.#revocations.concerns(session.grant)) session.end('token_revoked');
		}
	}
}
