import { DualcastError } from '../../base/errors.ts';
import { ABSENCE } from '../limits.ts';
import type { Viewer } from '../viewer.ts';

/** A place for a session that is being made. */
export type Seat = {
	/** The session is there. */
	readonly take: (viewer: Viewer) => void;
	/** Gives the place back unless it was taken. Idempotent. */
	readonly release: () => void;
};

/**
 * The sessions that run, at most so many. A closed session leaves nothing behind. When all places are taken, who got
 * an answer and never came gives way: offers without viewers must not keep viewers out.
 */
export class SessionRegistry {
	readonly #viewers = new Map<string, Viewer>();
	/** Since when, oldest first. Who has come is taken out when it is noticed. */
	readonly #awaited = new Map<Viewer, number>();
	readonly #most: number;
	readonly #now: () => number;
	#reserved = 0;

	/** @param now milliseconds of a clock that never goes back */
	constructor(most: number, now: () => number) {
		this.#most = most;
		this.#now = now;
	}

	/** @throws DualcastError `too_many_sessions` */
	reserve(): Seat {
		if (this.#isFull) this.#makeRoom();
		if (this.#isFull) {
			throw new DualcastError(
				'too_many_sessions',
				`this gateway serves its limit of ${this.#most} WebRTC viewers; try again later or raise the limit`,
				{ facts: { limit: this.#most } },
			);
		}
		this.#reserved++;
		let open = true;
		const release = () => {
			if (open) this.#reserved--;
			open = false;
		};
		return {
			take: (viewer) => {
				release();
				this.#viewers.set(viewer.id, viewer);
				this.#awaited.set(viewer, this.#now());
			},
			release,
		};
	}

	get(id: string): Viewer | undefined {
		return this.#viewers.get(id);
	}

	/** @param streamId leaves out those of other streams */
	all(streamId?: string): Viewer[] {
		const all = [...this.#viewers.values()];
		return streamId === undefined ? all : all.filter((viewer) => viewer.streamId === streamId);
	}

	/** Sessions of one stream. */
	count(streamId: string): number {
		let count = 0;
		for (const viewer of this.#viewers.values()) if (viewer.streamId === streamId) count++;
		return count;
	}

	delete(viewer: Viewer): void {
		this.#viewers.delete(viewer.id);
		this.#awaited.delete(viewer);
	}

	get #isFull(): boolean {
		return this.#viewers.size + this.#reserved >= this.#most;
	}

	/** Ends the session that has waited longest for its viewer. */
	#makeRoom(): void {
		for (const [viewer, since] of this.#awaited) {
			if (this.#now() - since < ABSENCE) return;
			this.#awaited.delete(viewer);
			if (viewer.info().state !== 'connecting' || viewer.connection().checks_received > 0) continue;
			viewer.end('nobody came, and others want in');
			return;
		}
	}
}
