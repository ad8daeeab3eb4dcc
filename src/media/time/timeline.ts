import { timestampDistance } from '../rtp/rtp.ts';
import type { SenderClock } from './sender-clock.ts';
import { type TimedFrame, type TimelineTrack, TrackTimeline } from './track-timeline.ts';

/** A place on the stream's timeline. */
export type MappedTime = {
	/** Ticks of the track's clock rate. Audio always moves on; video goes back only to reorder B-frames. */
	readonly pts: number;
	/** The timeline broke here: what follows does not continue what came before. */
	readonly epochStep: boolean;
};

/** Where the first frame of a stream stands, in milliseconds: room for a track that proves to begin earlier. */
export const TIMELINE_HEADROOM = 1000;

/** A sender report about a time further than this from its arrival, in milliseconds, is not of this track. */
const MAX_REPORT_AGE = 10_000;
/** Sender reports that would move a track further than this, in milliseconds, are not believed. */
const MAX_ALIGNMENT = 5000;
/** A sender's wall clock that went on by this much, in milliseconds, otherwise than its timestamps was set. */
const MAX_WALL_STEP = 500;
/** Differences below this, in milliseconds, are noise of the reports. */
const MIN_ALIGNMENT = 15;
/** Part of its own time by which audio is stretched or squeezed until it is aligned. */
const SLEW = 0.05;

type Lane = {
	readonly timeline: TrackTimeline;
	readonly ticksPerMs: number;
	report: SenderClock | undefined;
	/** When it came, `Clock.now()`. */
	reportArrival: number;
	/** Ticks added so far, and to be added in the end, so that audio fits the video. */
	correction: number;
	target: number;
	lastPosition: number;
	/** The next pts may not be below `floor`; `highest` is the largest given out. */
	floor: number;
	highest: number;
};

/**
 * Maps the RTP timestamps of a stream's tracks to one timeline that never restarts: equal times of all tracks are
 * the same instant. Tracks start by arrival, the first by itself and others beside it; sender reports (RFC 3550
 * section 6.4.1) then align audio to video, at once when nothing of the track was given out yet, else slowly. Jumps
 * are repaired so that time goes on as it passed by arrival; a restart opens a new epoch, and so does a lasting jump of
 * the video over lost packets (of any track where there is no video). Where nothing is lost, pictures go on as if there
 * had been no jump.
 */
export class Timeline {
	#lanes: Map<number, Lane>;
	/** Arrival of the first frame of all. */
	#start: number | undefined;
	/** Milliseconds below which nothing may be placed after a restart. */
	#floor = 0;
	#stepPending = false;

	constructor(tracks: readonly TimelineTrack[]) {
		this.#lanes = createLanes(tracks);
	}

	/** @param trackId one of the tracks given */
	map(trackId: number, frame: TimedFrame): MappedTime {
		const lane = this.#lanes.get(trackId);
		if (!lane) throw new RangeError(`the timeline has no track ${trackId}`);
		const { timeline } = lane;
		if (!timeline.started) this.#startLane(lane, frame);
		const wasAstray = timeline.astray;
		const position = timeline.place(frame);
		if (timeline.jumped) {
			// The old report speaks of the old timestamps, and so did what it asked for.
			lane.report = undefined;
			for (const each of this.#lanes.values()) each.target = each.correction;
			// Repaired audio goes on without a seam: no reason to break the pictures beside it.
			this.#stepPending ||= timeline.track.kind === 'video' ? timeline.torn : !this.#video();
		}
		if (wasAstray || timeline.astray) lane.floor = Math.max(lane.floor, lane.highest + 1);
		slew(lane, position);
		const pts = Math.max(Math.round(position + lane.correction), lane.floor);
		lane.highest = Math.max(lane.highest, pts);
		// What had to be lifted to the floor must not stand still there: containers want times that go on.
		if (timeline.track.kind === 'audio' || pts === lane.floor) lane.floor = pts + 1;
		const epochStep = this.#stepPending;
		this.#stepPending = false;
		return { pts, epochStep };
	}

	/**
	 * A track's sender report has come; implausible ones are ignored.
	 *
	 * @param arrival `Clock.now()`
	 */
	senderReport(trackId: number, clock: SenderClock, arrival: number): void {
		const lane = this.#lanes.get(trackId);
		if (!lane || Math.abs(lane.timeline.deviation(clock.rtpTimestamp, arrival)) > MAX_REPORT_AGE) return;
		// What the others said is of the clock before.
		if (wallStep(lane, clock) > MAX_WALL_STEP) for (const each of this.#lanes.values()) each.report = undefined;
		lane.report = clock;
		lane.reportArrival = arrival;
		const video = this.#video();
		const zero = video && wallOfZero(video);
		if (zero === undefined) return;
		for (const audio of this.#lanes.values()) {
			const own = audio === video ? undefined : wallOfZero(audio);
			if (own === undefined) continue;
			const offset = own - zero - audio.correction / audio.ticksPerMs;
			if (Math.abs(offset) < MIN_ALIGNMENT || Math.abs(offset) > MAX_ALIGNMENT) continue;
			audio.target = (own - zero) * audio.ticksPerMs;
		}
	}

	/**
	 * How long ago a frame was taken when it arrived: a report is of the time at which it is sent. That holds whatever the
	 * sender's wall clock shows.
	 *
	 * @returns milliseconds; undefined before the track's first report
	 */
	age(trackId: number, { timestamp, arrival }: TimedFrame): number | undefined {
		const lane = this.#lanes.get(trackId);
		if (!lane?.report) return undefined;
		return arrival - lane.reportArrival + timestampDistance(timestamp, lane.report.rtpTimestamp) / lane.ticksPerMs;
	}

	/** The stream says something else of one of its tracks than was known; its clock rate stays. */
	change(track: TimelineTrack): void {
		this.#lanes.get(track.id)?.timeline.change(track);
	}

	/** The source reconnects, perhaps with other tracks: the next frame opens a new epoch. */
	restart(tracks: readonly TimelineTrack[]): void {
		for (const { highest, ticksPerMs } of this.#lanes.values()) {
			this.#floor = Math.max(this.#floor, (highest + 1) / ticksPerMs);
		}
		this.#lanes = createLanes(tracks);
		this.#stepPending = this.#start !== undefined;
	}

	#startLane(lane: Lane, { timestamp, arrival }: TimedFrame): void {
		const byArrival = this.#byArrival(arrival);
		const aligned = this.#alignedStart(lane, timestamp);
		const plausible = aligned !== undefined && Math.abs(aligned - byArrival) <= MAX_ALIGNMENT;
		const place = Math.max(plausible ? aligned : byArrival, this.#floor);
		lane.floor = Math.ceil(this.#floor * lane.ticksPerMs);
		lane.timeline.start(timestamp, Math.max(Math.round(place * lane.ticksPerMs), lane.floor), arrival);
	}

	/** Where a track begins by its arrival, in milliseconds: beside one that runs, which may be ahead of arrival or behind. */
	#byArrival(arrival: number): number {
		this.#start ??= arrival - TIMELINE_HEADROOM;
		for (const { timeline, correction, ticksPerMs } of this.#lanes.values()) {
			const position = timeline.positionAt(arrival);
			if (position !== undefined) return (position + correction) / ticksPerMs;
		}
		return arrival - this.#start;
	}

	/** Where sender reports say that a track begins, in milliseconds. */
	#alignedStart(lane: Lane, timestamp: number): number | undefined {
		if (!lane.report) return undefined;
		const instant = lane.report.ntp + timestampDistance(lane.report.rtpTimestamp, timestamp) / lane.ticksPerMs;
		for (const other of this.#lanes.values()) {
			const zero = other === lane ? undefined : wallOfZero(other);
			if (zero !== undefined) return instant - zero + other.correction / other.ticksPerMs;
		}
		return undefined;
	}

	#video(): Lane | undefined {
		for (const lane of this.#lanes.values()) if (lane.timeline.track.kind === 'video') return lane;
		return undefined;
	}
}

function createLanes(tracks: readonly TimelineTrack[]): Map<number, Lane> {
	const lanes = new Map<number, Lane>();
	for (const track of tracks) {
		lanes.set(track.id, {
			timeline: new TrackTimeline(track),
			ticksPerMs: track.clockRate / 1000,
			report: undefined,
			reportArrival: 0,
			correction: 0,
			target: 0,
			lastPosition: Number.NaN,
			floor: 0,
			highest: -1,
		});
	}
	return lanes;
}

/** The camera's wall clock at time 0 of the timeline as this track was placed, in milliseconds. */
function wallOfZero(lane: Lane): number | undefined {
	const position = lane.report && lane.timeline.position(lane.report.rtpTimestamp);
	return lane.report && position !== undefined ? lane.report.ntp - position / lane.ticksPerMs : undefined;
}

/** Milliseconds by which the wall clock went on otherwise than the timestamps since the last report. */
function wallStep({ report, ticksPerMs }: Lane, { ntp, rtpTimestamp }: SenderClock): number {
	if (!report) return 0;
	return Math.abs(ntp - report.ntp - timestampDistance(report.rtpTimestamp, rtpTimestamp) / ticksPerMs);
}

/** Moves the correction towards its target by a part of the time that passed in the track. */
function slew(lane: Lane, position: number): void {
	const passed = position - lane.lastPosition;
	lane.lastPosition = position;
	if (lane.correction === lane.target || !(passed > 0)) return;
	const limit = passed * SLEW;
	lane.correction += Math.max(-limit, Math.min(limit, lane.target - lane.correction));
}
