import type { Sample } from './fragment.ts';
import { SampleData } from './sample-data.ts';

/** `due` is its own time; `time` may be earlier. */
type Held = { size: number; sync: boolean; offset: number; time: number; due: number };

/**
 * The samples of one track on their way into fragments. A sample waits for the next one, which tells its duration;
 * so decoding times are sums of durations, without gaps or overlaps, whatever the times that come in.
 * All times are in ticks of the track.
 */
export class SampleLane {
	readonly #data = new SampleData();
	#held: Held | undefined;
	#samples: Sample[] = [];
	#size = 0;
	#duration = 0;
	#start = 0;
	#frame = 0;
	/** The next sample begins where the last fragment ended, whatever its time. */
	#early = false;

	/** Samples of the fragment in work. */
	get samples(): readonly Sample[] {
		return this.#samples;
	}

	/** Their bytes, until the next call. */
	get data(): Uint8Array {
		return this.#data.first(this.#size);
	}

	/** Bytes of these, and of those that wait. */
	get size(): number {
		return this.#data.length;
	}

	/** Sum of their durations. */
	get duration(): number {
		return this.#duration;
	}

	/** Decoding time of the first. */
	get start(): number {
		return this.#start;
	}

	/** From the own time of the sample let go of last to where it ended, whenever it is decoded. */
	get frame(): number {
		return this.#frame;
	}

	/** Decoding time of the sample that waits for the next one, if there is one. */
	get waitsFrom(): number | undefined {
		return this.#held?.time;
	}

	/**
	 * Takes a picture.
	 *
	 * @param nalus without length; read before this returns
	 * @param decodeTime 0 or more, as `presentationTime`
	 * @returns the sample before it, for `add`
	 */
	nextPicture(
		nalus: readonly Uint8Array[],
		sync: boolean,
		decodeTime: number,
		presentationTime: number,
	): Sample | undefined {
		return this.#next(this.#data.addPicture(nalus), sync, decodeTime, presentationTime);
	}

	/**
	 * Takes a frame of sound.
	 *
	 * @param data read before this returns
	 * @param time 0 or more
	 * @returns the sample before it, for `add`
	 */
	nextFrame(data: Uint8Array, time: number): Sample | undefined {
		return this.#next(this.#data.addFrame(data), true, time, time);
	}

	#next(size: number, sync: boolean, decodeTime: number, presentationTime: number): Sample | undefined {
		const held = this.#held;
		const before = this.close(decodeTime);
		const time = held && before ? held.time + before.duration : this.#snap(decodeTime);
		this.#early = false;
		this.#held = { size, sync, offset: presentationTime - time, time, due: decodeTime };
		if (!before && this.#samples.length === 0) this.#start = time;
		return before;
	}

	/** The time where the last fragment ended, when this is it but for a rounding. */
	#snap(decodeTime: number): number {
		if (this.#early && decodeTime > this.#start) return this.#start;
		return Math.abs(decodeTime - this.#start) <= 1 ? this.#start : decodeTime;
	}

	/** Lets go of the waiting sample, which ends at this time. @returns it, for `add` */
	close(end: number): Sample | undefined {
		const held = this.#held;
		if (!held) return undefined;
		this.#held = undefined;
		const { size, sync, offset, time, due } = held;
		this.#frame = Math.max(1, end - due);
		return { size, sync, offset, duration: Math.max(1, end - time) };
	}

	/** Lets go of the waiting sample as long as the one before it, or as `assumed`. */
	closeLast(assumed: number): Sample | undefined {
		return this.#held && this.close(this.#held.time + (this.#frame || assumed));
	}

	/**
	 * Has the next sample decoded this much earlier, or where the last fragment ended when it is yet to come; it is
	 * shown when it was to be.
	 */
	bringForward(ticks: number): void {
		this.#early = !this.#held;
		if (!this.#held) return;
		this.#held.time -= ticks;
		this.#held.offset += ticks;
	}

	/** Takes back what was let go of last; each sample once, in order. */
	add(sample: Sample): void {
		this.#samples.push(sample);
		this.#size += sample.size;
		this.#duration += sample.duration;
	}

	/** The fragment is written: the next one goes on where it ended. */
	flush(): void {
		this.#data.drop(this.#size);
		this.#start += this.#duration;
		this.#samples = [];
		this.#size = 0;
		this.#duration = 0;
	}
}
