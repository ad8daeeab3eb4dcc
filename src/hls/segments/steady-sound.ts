import type { AudioUnit, VideoUnit } from '../../media/unit.ts';
import type { CarriedAudio, SilentFrame } from '../carried-tracks.ts';
import { TICKS } from './segment-writer.ts';

/** Seconds that sound may be behind the pictures before silence takes its place: longer than usual bursts of sound. */
const PATIENCE = 0.5;
/** It is this many times as long as sound was late so far, and seconds at most. */
const PATIENCE_FACTOR = 2;
const MAX_PATIENCE = 3;
/** Seconds without sound that are filled when it goes on, and frames at least: stamps may tremble. */
const LEAST_HOLE = 0.1;
const LEAST_HOLE_FRAMES = 2;
/** Seconds; a longer hole is a step of a clock. */
const MAX_HOLE = 30;

/**
 * Puts silence where sound is missing beside pictures: players stop at the end of the sound, and show nothing at all
 * when announced sound never comes. What comes late, where silence is already, is left out.
 */
export class SteadySound {
	readonly #track: CarriedAudio['track'];
	readonly #silence: SilentFrame;
	/** Ticks a second of the track; all times are in these. */
	readonly #rate: number;
	/** Where sound and silence so far end; undefined between two timelines. */
	#end: number | undefined;
	/** Time of the last picture. */
	#now = 0;
	#patience: number;
	/** It ends with silence. */
	#silent = false;
	/** No sound has come since silence began. */
	#stopped = false;

	constructor(track: CarriedAudio['track'], silence: SilentFrame) {
		this.#track = track;
		this.#silence = silence;
		this.#rate = track.clockRate;
		this.#patience = PATIENCE * this.#rate;
	}

	/** A segment begins; if it continues none, sound is due from here on. @param time in `TICKS` */
	begin(time: number): void {
		if (this.#end !== undefined) return;
		this.#end = this.#ticks(time);
		this.#now = this.#end;
		this.#silent = false;
		this.#stopped = false;
	}

	/** What follows is another timeline. */
	break(): void {
		this.#end = undefined;
	}

	/** @returns the silence that is due at a picture, in order; `time` in `TICKS` */
	beside(picture: VideoUnit, time: number): AudioUnit[] {
		this.#now = this.#ticks(time);
		if (this.#end === undefined) return [];
		const behind = this.#now - this.#end;
		if (behind > MAX_HOLE * this.#rate) this.#end = this.#now;
		else if (behind > (this.#stopped ? 0 : this.#patience)) {
			this.#stopped = true;
			return this.#fill(this.#now, picture);
		}
		return [];
	}

	/** @returns the silence that is missing before this sound, and the sound; nothing when silence has its place */
	follow(sound: AudioUnit): AudioUnit[] {
		if (this.#end === undefined) return [sound];
		const { pts, duration } = sound;
		const late = PATIENCE_FACTOR * (this.#now - pts);
		this.#patience = Math.min(MAX_PATIENCE * this.#rate, Math.max(this.#patience, late));
		this.#stopped = false;
		if (this.#silent && pts < this.#end - this.#silence.duration / 2) return [];
		const hole = pts - this.#end;
		const counts = hole > LEAST_HOLE * this.#rate && hole > LEAST_HOLE_FRAMES * this.#silence.duration;
		const silence = counts && hole <= MAX_HOLE * this.#rate ? this.#fill(pts, sound) : [];
		this.#end = Math.max(this.#end, pts + duration);
		this.#silent = false;
		return [...silence, sound];
	}

	/** Whole frames of silence up to a time, to the nearest. */
	#fill(to: number, { arrival, wall, epoch }: AudioUnit | VideoUnit): AudioUnit[] {
		const { data, duration } = this.#silence;
		const track = this.#track;
		const from = this.#end ?? to;
		const count = Math.max(0, Math.round((to - from) / duration));
		if (count > 0) this.#silent = true;
		this.#end = from + count * duration;
		return Array.from({ length: count }, (_, index) => {
			const pts = from + index * duration;
			return { kind: 'audio', track, pts, duration, data, arrival, wall, epoch };
		});
	}

	#ticks(time: number): number {
		return Math.round((time * this.#rate) / TICKS);
	}
}
