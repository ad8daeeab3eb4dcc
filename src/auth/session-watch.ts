import type { Clock, Timer } from '../base/clock.ts';
import type { Grant } from './grant.ts';
import { type EndReason, endOf, overError, whyOver } from './grant-end.ts';
import type { Revocations } from './revocations.ts';

/** Timers take no more than 2^31 - 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Holds running sessions to their tokens: each ends when its token is taken no more, expired or revoked. */
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
	 * @param end called at most once; at once when the right ended already, while the session was made
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
			const reason = this.#whyOver(grant);
			if (reason) session.end(reason);
			else timer = this.#clock.after(Math.min(endOf(grant) - this.#clock.wall(), LONGEST_TIMER_MS), arm);
		};
		this.#sessions.add(session);
		arm();
		return stop;
	}

	/** @throws DualcastError `token_expired`, `token_revoked` when a session of this right would end */
	check(grant: Grant): void {
		const reason = this.#whyOver(grant);
		if (reason) throw overError(reason);
	}

	close(): void {
		this.#unwatch();
	}

	#whyOver(grant: Grant): EndReason | undefined {
		return whyOver(grant, this.#revocations, this.#clock.wall());
	}

	#endRevoked(): void {
		for (const session of [...this.#sessions]) {
			if (this.#revocations.concerns(session.grant)) session.end('token_revoked');
		}
	}
}
