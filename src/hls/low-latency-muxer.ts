import type { Track } from '../media/track.ts';
import type { AccessUnit } from '../media/unit.ts';
import { type CarriedTracks, carriedTracks, codecsOf } from './carried-tracks.ts';
import { CmafSegmentWriter } from './cmaf/cmaf-segment-writer.ts';
import type { Continuity } from './continuity.ts';
import { type LowLatencyState, renderLowLatencyPlaylist } from './playlist/low-latency-playlist.ts';
import { lowLatencyNames, parsePartName, partName } from './playlist/names.ts';
import { PlaylistBody } from './playlist/playlist.ts';
import { PlaylistWindow } from './playlist/playlist-window.ts';
import { PartTarget } from './segments/part-target.ts';
import type { CutSegment, MediaFile, OpenSegment, Part, Place } from './segments/segment.ts';
import { Segmenter } from './segments/segmenter.ts';

/** HLS Authoring Specification 8.11: no live playlist has fewer. */
const LEAST_SEGMENTS = 6;

export type LowLatencyMuxerOptions = {
	/** Seconds. */
	segmentDuration: number;
	/** Seconds asked for; see `PartTarget`. */
	partDuration: number;
	segmentCount: number;
	/** Token of this run in names. */
	run: string;
	continuity: Continuity;
	/** `Clock.now()` */
	now: () => number;
	/** There is one more part or segment. */
	onChange(): void;
};

/** From access units to parts, segments and their playlist; no I/O. */
export class LowLatencyMuxer {
	readonly #options: LowLatencyMuxerOptions;
	readonly #segmenter: Segmenter;
	readonly #window: PlaylistWindow;
	readonly #partTarget: PartTarget;
	#open: (Place & OpenSegment) | undefined;
	#parts: Part[] = [];
	#full: PlaylistBody | undefined;
	#delta: PlaylistBody | undefined;
	#hint: string | undefined;
	#changed = false;
	bytes = 0;
	segments = 0;
	/** Parts of the last whole segment; none when it was not divided. */
	lastParts = 0;
	/** `Clock.now()` of the last part or segment. */
	lastNewsAt = 0;

	constructor(options: LowLatencyMuxerOptions) {
		const { segmentDuration, partDuration, segmentCount, run, continuity } = options;
		this.#options = options;
		this.#partTarget = new PartTarget(partDuration, continuity);
		this.#window = new PlaylistWindow({
			segmentCount: Math.max(LEAST_SEGMENTS, segmentCount),
			segmentDuration,
			names: lowLatencyNames(run),
			continuity,
		});
		this.#segmenter = new Segmenter({
			segmentDuration,
			writer: new CmafSegmentWriter({ target: this.#partTarget, onPart: (part) => this.#addPart(part) }),
			onBegin: (open) => {
				this.#open = { ...open, ...this.#window.place(open) };
			},
			longest: () => this.#window.longest,
			preferred: () => this.#window.preferred,
			onSegment: (cut) => this.#addSegment(cut),
		});
	}

	/** Whether there is a playlist. Players make nothing of one without a whole segment. */
	get ready(): boolean {
		return this.#window.listed.length > 0 && this.partTarget > 0;
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

	get units(): number {
		return this.#segmenter.units;
	}

	get dropped(): number {
		return this.#segmenter.dropped;
	}

	/** Seconds; 0 until the first segments say how long parts are. */
	get partTarget(): number {
		return this.#partTarget.seconds;
	}

	/** Media sequence number of the segment in work. */
	get sequence(): number {
		return this.#options.continuity.nextSequence;
	}

	/** Parts of the segment in work. */
	get openParts(): number {
		return this.#parts.length;
	}

	/** Name of the part that comes next; undefined while segments are not divided into parts. */
	get hint(): string | undefined {
		if (!this.#partTarget.divides) return undefined;
		this.#hint ??= partName(lowLatencyNames(this.#options.run).segment(this.sequence), this.#parts.length);
		return this.#hint;
	}

	setTracks(tracks: readonly Track[]): void {
		const carried = carriedTracks(tracks, 'fmp4');
		this.#options.continuity.skipped = carried.skipped;
		this.#segmenter.setTracks(carried);
		this.#tell();
	}

	push(unit: AccessUnit): void {
		this.#window.expire(this.#options.now());
		this.#segmenter.push(unit);
		this.#tell();
	}

	/** @param delta without the segments that a player that follows knows */
	playlist(delta: boolean): PlaylistBody {
		if (delta) this.#delta ??= new PlaylistBody(renderLowLatencyPlaylist(this.#state(), true));
		else this.#full ??= new PlaylistBody(renderLowLatencyPlaylist(this.#state(), false));
		return (delta ? this.#delta : this.#full) as PlaylistBody;
	}

	/** A part, segment or init segment that is listed, or was lately. */
	find(name: string): MediaFile | undefined {
		const now = this.#options.now();
		const part = parsePartName(name);
		if (part) {
			const parts = part.segment === this.#open?.name ? this.#parts : this.#window.find(part.segment, now)?.parts;
			return parts?.[part.index];
		}
		if (name.endsWith('.m4s')) return this.#window.find(name, now);
		return name === this.#open?.initName ? this.#open.init : this.#window.findInit(name, now);
	}

	#state(): LowLatencyState {
		const open = this.#open && this.#parts.length > 0 ? { ...this.#open, parts: this.#parts } : undefined;
		return { window: this.#window, open, partTarget: this.partTarget, hint: this.hint };
	}

	#addPart(part: Part): void {
		this.#parts.push(part);
		this.#hint = undefined;
		this.#changed = true;
		this.bytes += part.bytes.length;
		this.lastNewsAt = this.#options.now();
	}

	#addSegment(cut: CutSegment): void {
		const now = this.#options.now();
		this.#window.add({ ...cut, parts: this.#parts }, now);
		if (this.ready) this.#window.promise();
		if (this.#parts.length === 0) this.bytes += cut.bytes.length;
		this.lastNewsAt = now;
		this.#open = undefined;
		this.lastParts = this.#parts.length;
		this.#parts = [];
		this.#hint = undefined;
		this.#changed = true;
		this.segments++;
	}

	/** Not before the unit is done with: a segment's last part and its end come together. */
	#tell(): void {
		if (!this.#changed) return;
		this.#changed = false;
		this.#full = undefined;
		this.#delta = undefined;
		this.#options.onChange();
	}
}
