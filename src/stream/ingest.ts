import type { Clock } from '../base/clock.ts';
import { RateMeter } from '../base/rate-meter.ts';
import { createDepacketizer } from '../media/create-depacketizer.ts';
import { DecodeTimes } from '../media/decode-time.ts';
import type { Depacketizer, RawAudio, RawVideo } from '../media/depacketizer.ts';
import { parseSps } from '../media/h264-sps.ts';
import { type RtpPacket, sequenceDistance } from '../media/rtp.ts';
import type { SenderClock } from '../media/sender-clock.ts';
import { Timeline } from '../media/timeline.ts';
import type { AudioTrack, SkippedMedia, Track, VideoTrack } from '../media/track.ts';
import type { AccessUnit } from '../media/unit.ts';
import type { SourceConnection, SourceSink } from './source.ts';
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
	lastSequence: number | undefined;
	lastArrival: number;
};

/**
 * From packets to access units on one timeline. It lives as long as its stream: a new run of the source continues
 * the timeline in a new epoch.
 */
export class Ingest implements SourceSink {
	readonly #clock: Clock;
	readonly #events: IngestEvents;
	readonly #wall: WallClock;
	readonly #decodeTimes = new DecodeTimes();
	readonly #bits = new RateMeter();
	readonly #frames = new RateMeter();
	#lanes = new Map<number, Lane>();
	#timeline: Timeline | undefined;
	#epoch = 0;
	/** After a start or a break in time, pictures are of use from the next key picture on. */
	#awaitKey = true;
	#droppedBefore = 0;

	skipped: readonly SkippedMedia[] = [];
	connection: SourceConnection | undefined;
	packets = 0;
	bytes = 0;
	lost = 0;
	frameCount = 0;

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

	/** Bits per second, RTP payload. */
	bitrate(now: number): number {
		return this.#bits.perSecond(now) * 8;
	}

	frameRate(now: number): number {
		return this.#frames.perSecond(now);
	}

	/**
	 * Age in milliseconds of the last packet of the track that must not fall silent: the video, or else the first
	 * audio. Undefined before tracks are announced.
	 */
	silence(now: number): number | undefined {
		let watched: Lane | undefined;
		for (const lane of this.#lanes.values()) {
			if (lane.track.kind === 'video') return now - lane.lastArrival;
			watched ??= lane;
		}
		return watched && now - watched.lastArrival;
	}

	/** Bits of a finished run are dropped; the next one goes on in a new epoch. */
	endRun(): void {
		for (const lane of this.#lanes.values()) lane.depacketizer.reset();
		this.connection = undefined;
	}

	onTracks(tracks: readonly Track[], skipped: readonly SkippedMedia[], connection: SourceConnection): void {
		const now = this.#clock.now();
		this.#droppedBefore = this.dropped;
		this.#lanes = new Map();
		for (const track of tracks) {
			const depacketizer = createDepacketizer(track, {
				onVideo: (raw) => this.#onVideo(track.id, raw),
				onAudio: (raw) => this.#onAudio(track.id, raw),
				onParameterSets: (sps, pps) => this.#onParameterSets(track.id, sps, pps),
			});
			this.#lanes.set(track.id, { track, depacketizer, lastSequence: undefined, lastArrival: now });
		}
		if (this.#timeline) this.#timeline.restart(tracks);
		else this.#timeline = new Timeline(tracks);
		this.skipped = skipped;
		this.connection = connection;
		this.#events.onTracks(this.tracks);
	}

	onPacket(trackId: number, packet: RtpPacket, arrival: number): void {
		const lane = this.#lanes.get(trackId);
		if (!lane) return;
		this.packets++;
		this.bytes += packet.payload.length;
		this.#bits.add(packet.payload.length, arrival);
		lane.lastArrival = arrival;
		if (lane.lastSequence !== undefined) {
			const distance = sequenceDistance(lane.lastSequence, packet.sequence);
			if (distance > 1) this.lost += distance - 1;
		}
		lane.lastSequence = packet.sequence;
		lane.depacketizer.push(packet, arrival);
	}

	onSenderReport(trackId: number, clock: SenderClock, arrival: number): void {
		this.#timeline?.senderReport(trackId, clock, arrival);
	}

	#onVideo(trackId: number, raw: RawVideo): void {
		const track = this.#lanes.get(trackId)?.track;
		const pts = this.#place(trackId, raw);
		if (track?.kind !== 'video' || pts === undefined) return;
		this.frameCount++;
		this.#frames.add(1, raw.arrival);
		if (this.#awaitKey) {
			if (!raw.key) return;
			this.#awaitKey = false;
		}
		const frameTicks = Math.round(track.clockRate / (track.facts?.frameRate ?? ASSUMED_FRAME_RATE));
		this.#events.onUnit({
			kind: 'video',
			track,
			pts,
			dts: this.#decodeTimes.next(pts, track.facts?.reorderFrames ?? 0, frameTicks),
			key: raw.key,
			nalus: raw.nalus,
			size: raw.size,
			arrival: raw.arrival,
			wall: this.#wall.at(pts, track.clockRate, raw.arrival),
			epoch: this.#epoch,
		});
	}

	#onAudio(trackId: number, raw: RawAudio): void {
		const track = this.#lanes.get(trackId)?.track;
		const pts = this.#place(trackId, raw);
		if (track?.kind !== 'audio' || pts === undefined) return;
		this.#events.onUnit({
			kind: 'audio',
			track: track as AudioTrack,
			pts,
			duration: raw.duration,
			data: raw.data,
			arrival: raw.arrival,
			wall: this.#wall.at(pts, track.clockRate, raw.arrival),
			epoch: this.#epoch,
		});
	}

	#place(trackId: number, raw: { timestamp: number; arrival: number }): number | undefined {
		const placed = this.#timeline?.map(trackId, raw.timestamp, raw.arrival);
		if (placed?.epochStep) this.#startEpoch();
		return placed?.pts;
	}

	#startEpoch(): void {
		this.#epoch++;
		this.#awaitKey = true;
		this.#decodeTimes.reset();
	}

	#onParameterSets(trackId: number, sps: Uint8Array, pps: Uint8Array): void {
		const lane = this.#lanes.get(trackId);
		if (lane?.track.kind !== 'video') return;
		const facts = parseSps(sps);
		const track: VideoTrack = { ...lane.track, parameterSets: { sps, pps }, ...(facts && { facts }) };
		lane.track = track;
		this.#events.onTracks(this.tracks);
	}
}
