import type { VideoUnit } from '../media/unit.ts';

/** Length of the last whole group of pictures. */
export class GopMeter {
	#frames = 0;
	#start: VideoUnit | undefined;
	/** Frames from one key picture to the next; 0 before two were seen. */
	frames = 0;
	/** The same in seconds. */
	seconds = 0;

	push(unit: VideoUnit): void {
		if (unit.key) {
			if (this.#start && this.#start.epoch === unit.epoch) {
				this.frames = this.#frames;
				this.seconds = (unit.pts - this.#start.pts) / unit.track.clockRate;
			}
			this.#start = unit;
			this.#frames = 0;
		}
		this.#frames++;
	}
}
