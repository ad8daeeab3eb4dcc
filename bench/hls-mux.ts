import { readFile } from 'node:fs/promises';
import { type Clip, readClip } from '../src/demo/clip.ts';
import { Continuity } from '../src/hls/continuity.ts';
import type { MediaSink } from '../src/hls/from-stream.ts';
import { LowLatencyMuxer } from '../src/hls/low-latency-muxer.ts';
import { Muxer } from '../src/hls/muxer.ts';
import type { VideoUnit } from '../src/media/unit.ts';
import { median } from './statistics.ts';

/** What packing a stream into one output takes. */
export type Muxing = {
	readonly name: string;
	/** CPU milliseconds of all threads for a second of the stream: the median of the rounds, and the best of them. */
	readonly cpuMillis: number;
	readonly bestMillis: number;
	/** Bits per second that were written. */
	readonly bitrate: number;
};

/** Streams that are packed side by side, so that one finds the other's bytes in the processor's caches as on a server. */
const STREAMS = 20;
/** Clips that each stream plays in a round, and rounds; the first ones warm up. */
const CLIPS = 6;
const ROUNDS = 9;
const WARM_UP_ROUNDS = 4;
const CLOCK_RATE = 90_000;

type Sink = MediaSink & { readonly bytes: number };

/** Packs the same access units into each output, as fast as it goes, by a clock that they carry. No I/O. */
export async function measureMuxing(path: string): Promise<Muxing[]> {
	const clip = readClip(await readFile(path));
	return [
		measure('MPEG-TS, 1 s', clip, (now, run) => classic('ts', now, run)),
		measure('fMP4, 1 s', clip, (now, run) => classic('fmp4', now, run)),
		measure('low latency, parts of 200 ms', clip, lowLatency),
	];
}

function measure(name: string, clip: Clip, create: (now: () => number, run: string) => Sink): Muxing {
	let clock = 0;
	const sinks = Array.from({ length: STREAMS }, (_, index) => create(() => clock, index.toString(36)));
	for (const sink of sinks) sink.setTracks([clip.video]);
	const seconds = CLIPS * clip.duration * STREAMS;
	const rounds: number[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		const before = process.cpuUsage();
		for (let number = round * CLIPS; number < (round + 1) * CLIPS; number++) {
			for (const unit of unitsOf(clip, number * clip.duration * CLOCK_RATE)) {
				clock = (unit.dts / CLOCK_RATE) * 1000;
				for (const sink of sinks) sink.push(unit);
			}
		}
		const { user, system } = process.cpuUsage(before);
		rounds.push((user + system) / 1000 / seconds);
	}
	const counted = rounds.slice(WARM_UP_ROUNDS);
	const bitrate = (sinks.reduce((sum, { bytes }) => sum + bytes, 0) * 8) / (seconds * ROUNDS);
	return { name, cpuMillis: median(counted), bestMillis: Math.min(...counted), bitrate };
}

/** @param start ticks that come before the clip */
function* unitsOf({ video, pictures }: Clip, start: number): Generator<VideoUnit> {
	const { sps, pps } = video.parameterSets;
	for (const picture of pictures) {
		const nalus = picture.key ? [sps, pps, ...picture.nalus] : picture.nalus;
		const time = start + picture.time;
		const milliseconds = (time / CLOCK_RATE) * 1000;
		yield {
			...{ kind: 'video', track: video, pts: time, dts: time, key: picture.key, nalus, epoch: 1 },
			...{ size: nalus.reduce((sum, { length }) => sum + length, 0), arrival: milliseconds, wall: milliseconds },
		};
	}
}

function classic(container: 'ts' | 'fmp4', now: () => number, run: string): Sink {
	return new Muxer({
		...{ container, run, now, continuity: startedRun() },
		...{ segmentDuration: 1, segmentCount: 3, onSegment() {} },
	});
}

function lowLatency(now: () => number, run: string): Sink {
	const muxer: LowLatencyMuxer = new LowLatencyMuxer({
		...{ run, now, continuity: startedRun(), segmentDuration: 1, partDuration: 0.2, segmentCount: 3 },
		// As for a player that follows.
		onChange: () => void muxer.playlist(true),
	});
	return muxer;
}

function startedRun(): Continuity {
	const continuity = new Continuity();
	continuity.startRun(Date.UTC(2026, 0, 1));
	return continuity;
}
