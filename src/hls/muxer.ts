import type { Track } from '../media/track.ts';
import type { AccessUnit } from '../media/unit.ts';
import { type CarriedTracks, type Container, carriedTracks, codecsOf } from './carried-tracks.ts';
import { CmafSegmentWriter } from './cmaf/cmaf-segment-writer.ts';
import type { Continuity } from './continuity.ts';
import { TsSegmentWriter } from './mpegts/ts-segment-writer.ts';
import { classicNames } from './playlist/names.ts';
import { PlaylistBody, renderPlaylist } from './playlist/playlist.ts';
import { PlaylistWindow } from './playlist/playlist-window.ts';
import type { CutSegment, MediaFile, Segment } from './segments/segment.ts';
import { SegmentMemories } from './segments/segment-memory.ts';
import { Segmenter } from './segments/segmenter.ts';

export type MuxerOptions = {
	/** Seconds. */
	segmentDuration: number;
	segmentCount: number;
	/** Token of this run in segment names. */
	run: string;
	container: Container;
	/** Name of a playlist of the same stream as fragmented MP4, if there is one. */
	other?: string | undefined;
	continuity: Continuity;
	/** `Clock.now()` */
	now: () => number;
	/** A segment is done; it is in the playlist. Its memory is held until it is no longer to be had. */
	onSegment(segment: Segment, playlist: PlaylistBody): void;
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
	lastNewsAt = 0;

	constructor(options: MuxerOptions) {
		this.#options = options;
		const { container, run } = options;
		const memories = new SegmentMemories();
		const names = classicNames(run, container === 'ts' ? 'ts' : 'm4s');
		this.#window = new PlaylistWindow({ ...options, names });
		this.#segmenter = new Segmenter({
			writer: container === 'ts' ? new TsSegmentWriter(memories) : new CmafSegmentWriter(undefined, memories),
			segmentDuration: options.segmentDuration,
			longest: () => this.#window.longest,
			preferred: () => this.#window.preferred,
			onSegment: (cut) => this.#add(cut),
		});
	}

	get ready(): boolean {
		return this.#playlist !== undefined;
	}

	/** Undefined until there is a segment. */
	get playlist(): PlaylistBody | undefined {
		return this.#playlist;
	}

	/** The playlist, for a player: its target duration holds from here on. */
	give(): PlaylistBody | undefined {
		if (this.#playlist && this.#window.promise(this.#segmenter.elapsed)) this.#render();
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

	setTracks(tracks: readonly Track[]): void {
		const carried = carriedTracks(tracks, this.#options.container, this.#options.other);
		this.#options.continuity.skipped = carried.skipped;
		this.#segmenter.setTracks(carried);
	}

	push(unit: AccessUnit): void {
		this.#segmenter.push(unit);
	}

	/** Lets go of removed segments that nobody may come for any more. To be called now and then. */
	expire(): void {
		this.#window.expire(this.#options.now());
	}

	/** A listed segment, or one removed so lately that players may still come for it; or its init segment. */
	find(name: string): MediaFile | undefined {
		const now = this.#options.now();
		return this.#window.find(name, now) ?? this.#window.findInit(name, now);
	}

	#add(cut: CutSegment): void {
		const now = this.#options.now();
		const segment = this.#window.add(cut, now);
		this.bytes += cut.bytes.length;
		this.segments++;
		this.lastNewsAt = now;
		this.#options.onSegment(segment, this.#render());
	}

	#render(): PlaylistBody {
		this.#playlist = new PlaylistBody(renderPlaylist(this.#window));
		return this.#playlist;
	}
}
