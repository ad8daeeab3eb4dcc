import type { Clock, Timer } from '../base/clock.ts';
import type { Clip, ClipPicture, ClipSound } from './clip.ts';

/** Milliseconds of lateness (a suspended machine) beyond which time is skipped instead of caught up with. */
const MAX_LATENESS = 1000;

/** What a player plays, as it is due. `time` is in ticks of the track since the start, going on over the loop. */
export interface ClipListener {
	onPicture(picture: ClipPicture, time: number): void;
	onSound(sound: ClipSound, time: number): void;
}

/**
 * Plays a clip in a loop, each frame when it is due. Due times count from the start, so timers that fire late do not
 * add up to drift.
 */
export class ClipPlayer {
	readonly #clip: Clip;
	readonly #clock: Clock;
	readonly #listener: ClipListener;
	readonly #startedAt: number;
	/** Whole milliseconds left out because the machine slept. */
	#skipped = 0;
	#pictures = 0;
	#sounds = 0;
	#timer: Timer;

	/** Starts with the clip's first frames, at once but not within this call. */
	constructor(clip: Clip, clock: Clock, listener: ClipListener) {
		this.#clip = clip;
		this.#clock = clock;
		this.#listener = listener;
		this.#startedAt = clock.now();
		this.#timer = clock.after(0, () => this.#play());
	}

	stop(): void {
		this.#timer.cancel();
	}

	#play(): void {
		const elapsed = this.#clock.now() - this.#startedAt;
		if (elapsed - this.#nextDue() > MAX_LATENESS) this.#skipped += Math.floor(elapsed - this.#nextDue());
		for (let due = this.#nextDue(); due <= elapsed; due = this.#nextDue()) {
			if (this.#soundDue() < this.#pictureDue()) this.#playSound();
			else this.#playPicture();
		}
		this.#timer = this.#clock.after(this.#nextDue() - elapsed, () => this.#play());
	}

	#playPicture(): void {
		const { pictures, video } = this.#clip;
		const picture = pictures[this.#pictures % pictures.length] as ClipPicture;
		const time = this.#timeOf(this.#pictures, pictures, video.clockRate);
		this.#pictures += 1;
		this.#listener.onPicture(picture, time);
	}

	#playSound(): void {
		const { sounds, audio } = this.#clip;
		const sound = sounds[this.#sounds % sounds.length] as ClipSound;
		const time = this.#timeOf(this.#sounds, sounds, audio?.clockRate ?? 0);
		this.#sounds += 1;
		this.#listener.onSound(sound, time);
	}

	#nextDue(): number {
		return Math.min(this.#pictureDue(), this.#soundDue());
	}

	#pictureDue(): number {
		const { pictures, video } = this.#clip;
		return (this.#timeOf(this.#pictures, pictures, video.clockRate) / video.clockRate) * 1000;
	}

	#soundDue(): number {
		const { sounds, audio } = this.#clip;
		if (!audio || sounds.length === 0) return Number.POSITIVE_INFINITY;
		return (this.#timeOf(this.#sounds, sounds, audio.clockRate) / audio.clockRate) * 1000;
	}

	/** Ticks from the start to the `count`-th frame of a track. */
	#timeOf(count: number, frames: readonly { readonly time: number }[], clockRate: number): number {
		const loops = Math.floor(count / frames.length);
		const { time } = frames[count % frames.length] as { readonly time: number };
		return Math.round((loops * this.#clip.duration + this.#skipped / 1000) * clockRate) + time;
	}
}
