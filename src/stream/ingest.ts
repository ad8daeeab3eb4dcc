import type { Clock } from '../base/clock.ts';
import { createDepacketizer } from '../media/depacketizers/create-depacketizer.ts';
import type { Depacketizer, RawAudio, RawVideo } from '../media/depacketizers/depacketizer.ts';
import type { Reception } from '../media/rtp/receiver-statistics.ts';
import type { RtpPacket } from '../media/rtp/rtp.ts';
import { DecodeTimes } from '../media/time/decode-time.ts';
import type { SenderClock } from '../media/time/sender-clock.ts';
import { Timeline } from '../media/time/timeline.ts';
import type { AudioTrack, SkippedMedia, Track } from '../media/track.ts';
import { withAudioConfig, withParameterSets } from '../media/track-changes.ts';
import type { AccessUnit } from '../media/unit.ts';
import type { TrackSilence } from './silence.ts';
import type { SourceConnection, SourceSink } from './source.ts';
import { StartPoints } from './start-points.ts';
import { TrackMeter } from './track-meter.ts';
import { WallClock } from './wall-clock.ts';

/** What the ingest tells its stream. */
export interface IngestEvents {
	/** Announced by the source, or changed by parameter sets in the stream. */
	onTracks(tracks: readonly Track[]): void;
	onUnit(unit: AccessUnit): void;
}

/** Frames a second assumed until the stream says. */
const ASSUMED_FRAME_RATE = 25;

type Lane = {
	track: Track;
	readonly depacketizer: Depacketizer;
	readonly meter: TrackMeter;
	/** When the track was announced, `Clock.now()`. */
	readonly since: number;
};

/** A track as it is received in the current or, when there is none, in the last run of the source. */
export type TrackReception = {
	readonly track: Track;
	readonly meter: TrackMeter;
	readonly reception: Reception | undefined;
};

/** Sums over all runs of a source. */
type Totals = { packets: number; bytes: number; frames: number; lost: number; reordered: number; duplicates: number };

/**
 * From packets to access units on one timeline. It lives as long as its stream: a new run of the source continues
 * the timeline in a new epoch.
 */
export class Ingest implements SourceSink {
	readonly #clock: Clock;
	readonly #events: IngestEvents;
	readonly #wall: WallClock;
	readonly #decodeTimes = new DecodeTimes();
	readonly #startPoints = new StartPoints();
	#lanes = new Map<number, Lane>();
	#timeline: Timeline | undefined;
	#epoch = 0;
	/** After a start or a break, pictures are of use from the next start point on. */
	#awaitKey = true;
	#droppedBefore = 0;

	skipped: readonly SkippedMedia[] = [];
	connection: SourceConnection | undefined;
	/** Of the current run or the last one. */
	#reception: SourceConnection['reception'];
	#earlier: Totals = { packets: 0, bytes: 0, frames: 0, lost: 0, reordered: 0, duplicates: 0 };

	constructor(clock: Clock, events: IngestEvents) {
		this.#clock = clock;
		this.#events = events;
		this.#wall = new WallClock(clock);
	}

	get tracks(): readonly Track[] {
		return [...this.#lanes.values()].map((lane) => lane.track);
	}

	/** Frames dropped because of losses or bad bytes. */
	get dropped(): number {
		let dropped = this.#droppedBefore;
		for (const lane of this.#lanes.values()) dropped += lane.depacketizer.dropped;
		return dropped;
	}

	/** How each track is received. */
	get reception(): TrackReception[] {
		return [...this.#lanes.values()].map(({ track, meter }) => ({
			track,
			meter,
			reception: this.#reception?.(track.id),
		}));
	}

	/** When the first packet of the current or last run came, `Clock.now()`. */
	get firstPacket(): number | undefined {
		let first: number | undefined;
		for (const { meter } of this.#lanes.values()) {
			if (meter.firstPacket !== undefined) first = Math.min(first ?? meter.firstPacket, meter.firstPacket);
		}
		return first;
	}

	/** Counts since the stream was made, over all runs of the source. */
	get totals(): Readonly<Totals> {
		const totals = { ...this.#earlier };
		for (const { track, meter, reception } of this.reception) {
			totals.packets += reception?.received ?? meter.packets;
			totals.bytes += meter.bytes;
			if (track.kind === 'video') totals.frames += meter.units;
			totals.lost += reception?.lost ?? 0;
			totals.reordered += reception?.reordered ?? 0;
			totals.duplicates += reception?.duplicates ?? 0;
		}
		return totals;
	}

	/** Bits per second of RTP payload, all tracks together. */
	bitrate(now: number): number {
		let sum = 0;
		for (const { meter } of this.#lanes.values()) sum += meter.bitrate(now);
		return sum;
	}

	/** Milliseconds from the first whole picture of the current or last run to the last; of sound where it has no pictures. */
	get delivered(): number {
		const lanes = [...this.#lanes.values()];
		const video = lanes.filter(({ track }) => track.kind === 'video');
		const spans = (video.length > 0 ? video : lanes).map(
			({ meter: { firstUnit = 0, lastUnit = firstUnit } }) => lastUnit - firstUnit,
		);
		return Math.max(0, ...spans);
	}

	/** For how long nothing whole has come of each track, since it was announced at the latest. */
	silences(now: number): TrackSilence[] {
		return [...this.#lanes.values()].map(({ track, meter, since }) => ({
			track,
			milliseconds: now - (meter.lastUnit ?? since),
			begun: meter.firstPacket !== undefined,
		}));
	}

	/** Bits of a finished run are dropped; the next one goes on in a new epoch. */
	endRun(): void {
		for (const lane of this.#lanes.values()) lane.depacketizer.reset();
		this.connection = undefined;
	}

	onTracks(tracks: readonly Track[], skipped: readonly SkippedMedia[], connection: SourceConnection): void {
		const now = this.#clock.now();
		this.#droppedBefore = this.dropped;
		this.#earlier = this.totals;
		this.#reception = connection.reception;
		this.#lanes = new Map();
		for (const track of tracks) {
			const depacketizer = createDepacketizer(track, {
				onVideo: (raw) => this.#onVideo(track.id, raw),
				onAudio: (raw) => this.#onAudio(track.id, raw),
				onAudioConfig: (config) => this.#change(track.id, (before) => withAudioConfig(before, config)),
				onParameterSets: (sets) => this.#change(track.id, (before) => withParameterSets(before, sets)),
			});
			this.#lanes.set(track.id, { track, depacketizer, meter: new TrackMeter(), since: now });
		}
		if (this.#timeline) this.#timeline.restart(tracks);
		else this.#timeline = new Timeline(tracks);
		this.#startPoints.restart();
		this.skipped = skipped;
		this.connection = connection;
		this.#events.onTracks(this.tracks);
	}

	onPacket(trackId: number, packet: RtpPacket, arrival: number): void {
		const lane = this.#lanes.get(trackId);
		if (!lane) return;
		lane.meter.packet(packet.payload.length, arrival);
		lane.depacketizer.push(packet, arrival);
	}

	onSenderReport(trackId: number, clock: SenderClock, arrival: number): void {
		this.#timeline?.senderReport(trackId, clock, arrival);
	}

	#onVideo(trackId: number, raw: RawVideo): void {
		const lane = this.#lanes.get(trackId);
		const pts = this.#place(trackId, raw);
		if (lane?.track.kind !== 'video' || pts === undefined) return;
		const { track } = lane;
		lane.meter.unit(raw.arrival);
		const start = this.#startPoints.judge(raw);
		if (this.#awaitKey) {
			if (!start) return;
			this.#awaitKey = false;
		}
		if (start) this.#decodeTimes.startGroup();
		const sets = (start === 'refresh' && raw.recovery) || [];
		const frameTicks = Math.round(track.clockRate / (track.facts?.frameRate ?? ASSUMED_FRAME_RATE));
		const dts = this.#decodeTimes.next(pts, track.facts?.reorderFrames ?? 0, frameTicks);
		this.#events.onUnit({
			kind: 'video',
			track,
			pts: Math.max(pts, dts),
			dts,
			key: start !== undefined,
			...(start === 'refresh' && { refresh: true }),
			nalus: sets.length > 0 ? [...sets, ...raw.nalus] : raw.nalus,
			size: sets.reduce((sum, { length }) => sum + length, raw.size),
			memory: raw.memory,
			arrival: raw.arrival,
			wall: this.#date(track, raw, pts),
			epoch: this.#epoch,
		});
	}

	#onAudio(trackId: number, raw: RawAudio): void {
		const lane = this.#lanes.get(trackId);
		const pts = this.#place(trackId, raw);
		if (lane?.track.kind !== 'audio' || pts === undefined) return;
		const { track } = lane;
		lane.meter.unit(raw.arrival);
		this.#events.onUnit({
			kind: 'audio',
			track: track as AudioTrack,
			pts,
			duration: raw.duration,
			data: raw.data,
			arrival: raw.arrival,
			wall: this.#date(track, raw, pts),
			epoch: this.#epoch,
		});
	}

	#place(trackId: number, raw: RawVideo | RawAudio): number | undefined {
		const placed = this.#timeline?.map(trackId, raw);
		if (placed?.epochStep) this.#startEpoch();
		return placed?.pts;
	}

	#date({ id, clockRate }: Track, raw: RawVideo | RawAudio, pts: number): number {
		return this.#wall.at((pts / clockRate) * 1000, raw.arrival, () => this.#timeline?.age(id, raw));
	}

	#startEpoch(): void {
		this.#epoch++;
		this.#wall.restart();
		this.#awaitKey = true;
		this.#decodeTimes.reset();
	}

	/** The stream says something else of a track than was known. */
	#change(trackId: number, change: (before: Track) => Track): void {
		const lane = this.#lanes.get(trackId);
		if (!lane) return;
		lane.track = change(lane.track);
		this.#timeline?.change(lane.track);
		this.#events.onTracks(this.tracks);
	}
}
