import type { Track } from '../media/track.ts';
import type { AccessUnit } from '../media/unit.ts';
import { type CarriedTracks, carriedTracks, codecsOf } from './carried-tracks.ts';
import type { Continuity } from './continuity.ts';
import { PlaylistBody, renderPlaylist } from './playlist.ts';
import { PlaylistWindow } from './playlist-window.ts';
import type { CutSegment, Segment } from './segment.ts';
import { Segmenter } from './segmenter.ts';

/** A first playlist this long, in seconds, is given out even when it has fewer segments than asked for. */
const ENOUGH_TO_START = 4;

export type MuxerOptions = {
	/** Seconds. */
	segmentDuration: number;
	segmentCount: number;
	/** Segments in the first playlist. */
	startSegments: number;
	/** Token of this run in segment names. */
	run: string;
	continuity: Continuity;
	/** `Clock.now()` */
	now: () => number;
	/** A segment is done; it is in the playlist, once there is one. */
	onSegment(segment: Segment, playlist: PlaylistBody | undefined): void;
};

/** From access units to segments and their playlist; no I/O. */
export class Muxer {
	readonly #options: MuxerOptions;
	readonly #segmenter: Segmenter;
	readonly #window: PlaylistWindow;
	#playlist: PlaylistBody | undefined;
	bytes = 0;
	segments = 0;
	/** `Clock.now()` of the last segment. */
	lastSegmentAt = 0;

	constructor(options: MuxerOptions) {
		this.#options = options;
		this.#window = new PlaylistWindow(options);
		this.#segmenter = new Segmenter({
			segmentDuration: options.segmentDuration,
			onSegment: (cut) => this.#add(cut),
		});
	}

	/** Undefined until there is enough to start a player with. */
	get playlist(): PlaylistBody | undefined {
		return this.#playlist;
	}

	get window(): PlaylistWindow {
		return this.#window;
	}

	get carried(): CarriedTracks {
		return this.#segmenter.carried;
	}

	get codecs(): string[] {
		return codecsOf(this.carried);
	}

	/** Access units written. */
	get units(): number {
		return this.#segmenter.units;
	}

	/** Access units that could not be written. */
	get dropped(): number {
		return this.#segmenter.dropped;
	}

	/** Bits per second over the listed segments. */
	get bitrate(): number {
		let bytes = 0;
		for (const segment of this.#window.listed) bytes += segment.bytes.length;
		return this.#window.duration > 0 ? (bytes * 8) / this.#window.duration : 0;
	}

	setTracks(tracks: readonly Track[]): void {
		const carried = carriedTracks(tracks);
		this.#options.continuity.skipped = carried.skipped;
		this.#segmenter.setTracks(carried);
	}

	push(unit: AccessUnit): void {
		this.#segmenter.push(unit);
	}

	/** A listed segment, or one removed so lately that players may still come for it. */
	find(name: string): Segment | undefined {
		return this.#window.find(name, this.#options.now());
	}

	#add(cut: CutSegment): void {
		const now = this.#options.now();
		const segment = this.#window.add(cut, now);
		this.bytes += cut.bytes.length;
		this.segments++;
		this.lastSegmentAt = now;
		if (this.#playlist || this.#canStart()) this.#playlist = new PlaylistBody(renderPlaylist(this.#window));
		this.#options.onSegment(segment, this.#playlist);
	}

	#canStart(): boolean {
		const { listed, duration } = this.#window;
		return listed.length >= this.#options.startSegments || duration >= ENOUGH_TO_START;
	}
}
