import type { VideoUnit } from '../media/unit.ts';

/** Length and shape of the last whole group of pictures. */
export class GopMeter {
	#frames = 0;
	#start: VideoUnit | undefined;
	#latest = 0;
	#disorder = false;
	/** Groups seen from one key picture to the next. */
	groups = 0;
	/** Frames from one key picture to the next; 0 before two were seen. */
	frames = 0;
	/** The same in seconds. */
	seconds = 0;
	/** Pictures are shown in another order than they are sent; undefined before a whole group was seen. */
	reordered: boolean | undefined;
	/** There are no key pictures: the picture is refreshed gradually. */
	gradual = false;

	/** Arrival of the last key picture, `Clock.now()`. */
	get lastKey(): number | undefined {
		return this.#start?.arrival;
	}

	/** Seconds since the last key picture on the stream's timeline: what the group under way has come to. */
	get running(): number {
		return this.#start ? (this.#latest - this.#start.pts) / this.#start.track.clockRate : 0;
	}

	push(unit: VideoUnit): void {
		this.gradual = unit.key ? unit.refresh === true : this.gradual;
		if (this.gradual) {
			this.groups = 0;
			this.frames = 0;
			this.seconds = 0;
			this.#start = undefined;
		}
		if (unit.key) {
			if (this.#start && this.#start.epoch === unit.epoch) {
				this.groups++;
				this.frames = this.#frames;
				this.seconds = (unit.pts - this.#start.pts) / unit.track.clockRate;
				this.reordered = this.#disorder;
			}
			this.#start = unit.refresh ? undefined : unit;
			this.#latest = unit.pts;
			this.#frames = 0;
			this.#disorder = false;
		} else if (unit.pts < this.#latest) {
			this.#disorder = true;
			this.reordered = true;
		}
		this.#latest = Math.max(this.#latest, unit.pts);
		this.#frames++;
	}
}
