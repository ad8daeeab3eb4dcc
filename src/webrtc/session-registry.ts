import { DualcastError } from '../base/errors.ts';
import type { Viewer } from './viewer.ts';

/** A place for a session that is being made. */
export type Seat = {
	/** The session is there. */
	readonly take: (viewer: Viewer) => void;
	/** Gives the place back unless it was taken. Idempotent. */
	readonly release: () => void;
};

/** The sessions that run, at most so many. A closed session leaves nothing behind. */
export class SessionRegistry {
	readonly #viewers = new Map<string, Viewer>();
	readonly #most: number;
	#reserved = 0;

	constructor(most: number) {
		this.#most = most;
	}

	/** @throws DualcastError `too_many_sessions` */
	reserve(): Seat {
		if (this.#viewers.size + this.#reserved >= this.#most) {
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
			},
			release,
		};
	}

	get(id: string): Viewer | undefined {
		return this.#viewers.get(id);
	}

	all(): Viewer[] {
		return [...this.#viewers.values()];
	}

	/** Sessions of one stream. */
	count(streamId: string): number {
		let count = 0;
		for (const viewer of this.#viewers.values()) if (viewer.streamId === streamId) count++;
		return count;
	}

	delete(viewer: Viewer): void {
		this.#viewers.delete(viewer.id);
	}
}
