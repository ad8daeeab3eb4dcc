import type { VideoUnit } from '../../media/unit.ts';
import { MAX_REORDERED } from '../limits.ts';

/** Tells a stream with B-frames from one whose clock was set back now and then. */
export class PictureOrder {
	#lastPts = Number.NEGATIVE_INFINITY;
	/** Pictures before their predecessors since the last whole group of pictures that had none. */
	#reordered = 0;
	#reorderedBefore = 0;

	/** Pictures come in another order than they are shown in. */
	get reordered(): boolean {
		return this.#reordered >= MAX_REORDERED;
	}

	push({ key, pts }: VideoUnit): void {
		if (key) {
			if (this.#reordered === this.#reorderedBefore) this.#reordered = 0;
			this.#reorderedBefore = this.#reordered;
		}
		if (pts < this.#lastPts) this.#reordered++;
		this.#lastPts = pts;
	}
}
