import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { SourceError } from '../../src/base/errors.ts';
import { carriedTracks } from '../../src/hls/carried-tracks.ts';
import { TsSegmentWriter } from '../../src/hls/mpegts/ts-segment-writer.ts';
import type { CutSegment } from '../../src/hls/segments/segment.ts';
import { Segmenter } from '../../src/hls/segments/segmenter.ts';
import { parseAudioSpecificConfig } from '../../src/media/codecs/aac.ts';
import { videoProfile } from '../../src/media/codecs/video-profile.ts';
import { opusDuration } from '../../src/media/depacketizers/opus-depacketizer.ts';
import type { AudioTrack, Track } from '../../src/media/track.ts';
import type { AccessUnit, AudioUnit, VideoUnit } from '../../src/media/unit.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import { GstCamera, type GstCameraOptions } from '../camera/gst-camera.ts';
import { rtspSource } from '../camera/pulled-source.ts';

const SMALL: GstCameraOptions = { width: 320, height: 240, bitrate: 300, fps: 25, gop: 25, protocols: 'tcp' };
const DEADLINE = 20_000;
const ending: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	await Promise.all(ending.splice(0).map((end) => end()));
});

/** A stream's ingest behind a real camera: what readers of the stream would get. */
class Reception {
	readonly units: AccessUnit[] = [];
	readonly tracks: (readonly Track[])[] = [];
	readonly ingest = new Ingest(systemClock, {
		onTracks: (tracks) => {
			this.tracks.push(tracks);
			this.#changed();
		},
		onUnit: (unit) => {
			this.units.push(unit);
			this.#changed();
		},
	});
	readonly #abort = new AbortController();
	readonly #failed: Promise<never>;
	#check: () => void = () => {};

	static async of(options: GstCameraOptions): Promise<Reception> {
		const camera = await GstCamera.start({ ...SMALL, ...options });
		const reception = new Reception(camera.url);
		ending.push(async () => {
			reception.#abort.abort();
			await camera.stop('SIGKILL');
		});
		return reception;
	}

	private constructor(url: string) {
		const run = rtspSource(url).run(this.ingest, this.#abort.signal);
		this.#failed = run.then(() => new Promise<never>(() => {}));
		this.#failed.catch(() => {});
	}

	get video(): VideoUnit[] {
		return this.units.filter((unit) => unit.kind === 'video');
	}

	get audio(): AudioUnit[] {
		return this.units.filter((unit) => unit.kind === 'audio');
	}

	/** Waits for a state of what was received. */
	async until(condition: () => boolean): Promise<void> {
		let timer: NodeJS.Timeout | undefined;
		const reached = new Promise<void>((resolve, reject) => {
			this.#check = () => condition() && resolve();
			const seen = () => `${this.video.length} pictures and ${this.audio.length} frames of sound came`;
			timer = setTimeout(() => reject(new Error(`not in ${DEADLINE} ms; ${seen()}`)), DEADLINE);
			this.#check();
		});
		await Promise.race([reached, this.#failed]).finally(() => clearTimeout(timer));
	}

	/** @returns why the source ended */
	async failure(): Promise<SourceError> {
		const thrown = await this.#failed.catch((error: unknown) => error);
		if (thrown instanceof SourceError) return thrown;
		throw thrown;
	}

	#changed(): void {
		this.#check();
	}
}

const run = promisify(execFile);

/** The units in MPEG-TS, as HLS gives them out. */
function segmentsOf(reception: Reception): CutSegment[] {
	const segments: CutSegment[] = [];
	const segmenter = new Segmenter({
		writer: new TsSegmentWriter(),
		segmentDuration: 1,
		onSegment: (segment) => segments.push(segment),
	});
	let track: Track | undefined;
	for (const unit of reception.units) {
		if (unit.track !== track) segmenter.setTracks(carriedTracks([unit.track]));
		track = unit.track;
		segmenter.push(unit);
	}
	return segments;
}

/** What ffprobe reads of some segments: decoding times and pictures as they are shown, in seconds. */
async function probe(segments: readonly CutSegment[]): Promise<{ dts: number[]; shown: number[] }> {
	const folder = await mkdtemp(join(tmpdir(), 'rtsp-codecs-'));
	ending.push(() => rm(folder, { recursive: true }));
	const file = join(folder, 'all.ts');
	await writeFile(file, Buffer.concat(segments.map(({ bytes }) => bytes)));
	const numbers = async (entries: string) => {
		const { stdout, stderr } = await run('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'csv=p=0', file]);
		expect(stderr).toBe('');
		return stdout.split('\n').flatMap((line) => (line ? [Number.parseFloat(line)] : []));
	};
	return { dts: await numbers('packet=dts_time'), shown: await numbers('frame=pts_time') };
}

const typesOf = (unit: VideoUnit) =>
	unit.nalus.map(([first = 0]) => (unit.track.codec === 'h265' ? (first >> 1) & 0x3f : first & 0x1f));

function expectInOrder(units: readonly VideoUnit[]): void {
	for (const [index, unit] of units.entries()) {
		expect(unit.dts).toBeLessThanOrEqual(unit.pts);
		expect(unit.dts).toBeGreaterThan(units[index - 1]?.dts ?? Number.NEGATIVE_INFINITY);
	}
	// What is shown in the end is one picture each 40 ms, none missing and none twice.
	const shown = units.map(({ pts }) => pts).sort((one, other) => one - other);
	const whole = shown.slice(0, -3);
	for (const [index, pts] of whole.entries()) {
		if (index > 0) expect(Math.abs(pts - (whole[index - 1] ?? 0) - 3600)).toBeLessThan(200);
	}
}

describe('video of a real camera', () => {
	it.each([
		['baseline', 'h264', 'Constrained Baseline', 0, [7, 8]],
		['high', 'h264', 'High', 0, [7, 8]],
		['high-bframes', 'h264', 'High', 2, [7, 8]],
		['h265', 'h265', 'Main', 0, [32, 33, 34]],
		['h265-bframes', 'h265', 'Main', 2, [32, 33, 34]],
	] as const)('%s', async (video, codec, profile, reorderFrames, key) => {
		const reception = await Reception.of({ video });
		await reception.until(() => reception.video.length >= 60);
		const { video: units } = reception;
		const [track] = reception.ingest.tracks;
		expect(track).toMatchObject({
			...{ kind: 'video', codec, clockRate: 90_000 },
			facts: { width: 320, height: 240, frameRate: 25 },
		});
		if (track?.kind !== 'video') throw new Error('no video');
		expect(videoProfile(track)?.profile).toBe(profile);
		expect(track.facts?.reorderFrames).toBe(reorderFrames);
		expect(units[0]?.key).toBe(true);
		for (const unit of units) {
			if (unit.key) expect(typesOf(unit).slice(0, key.length + 1)).toEqual(expect.arrayContaining([...key]));
		}
		expect(units.filter((unit) => unit.key).length).toBeGreaterThanOrEqual(2);
		expectInOrder(units);
		expect(units.some((unit, index) => unit.pts < (units[index - 1]?.pts ?? 0))).toBe(reorderFrames > 0);
		expect(new Set(units.map(({ epoch }) => epoch)).size).toBe(1);
		expect(reception.ingest.dropped).toBe(0);
	});

	it('B-frames by HLS: ffmpeg reads decoding times that run on and shows each picture in its place', async () => {
		const reception = await Reception.of({ video: 'high-bframes' });
		await reception.until(() => reception.video.filter(({ key }) => key).length >= 4);
		const { dts, shown } = await probe(segmentsOf(reception));
		expect(shown.length).toBeGreaterThanOrEqual(70);
		for (const times of [dts, shown]) {
			for (const [index, time] of times.entries()) expect(time).toBeGreaterThan(times[index - 1] ?? 0);
		}
	});

	it('another picture size in mid-stream: told before the key picture that has it, time goes on', async () => {
		const reception = await Reception.of({ video: 'high', switchAfter: 1.5 });
		const small = (unit: VideoUnit) => unit.track.facts?.width === 160;
		await reception.until(() => reception.video.filter(small).length >= 60);
		const { video: units } = reception;
		const first = units.findIndex(small);
		expect(first).toBeGreaterThan(10);
		expect(units[0]?.track.facts).toMatchObject({ width: 320, height: 240 });
		expect(units[first]).toMatchObject({ key: true, track: { facts: { width: 160, height: 120 } } });
		expect(units.slice(first).every(small)).toBe(true);
		expect(reception.tracks.at(-1)?.[0]).toMatchObject({ facts: { width: 160, height: 120 } });
		expect(new Set(units.map(({ epoch }) => epoch)).size).toBe(1);
		for (const [index, unit] of units.entries()) {
			expect(unit.pts).toBeGreaterThan(units[index - 1]?.pts ?? Number.NEGATIVE_INFINITY);
		}
		const segments = segmentsOf(reception);
		expect(segments.filter(({ discontinuity }) => discontinuity)).toHaveLength(1);
		const cut = segments.findIndex(({ discontinuity }) => discontinuity);
		expect(segments[cut]).toMatchObject({ independent: true, wall: units[first]?.wall });
		expect((await probe(segments.slice(0, cut))).shown).toHaveLength(first);
	});

	it('Motion JPEG alone is refused with the cure', async () => {
		const reception = await Reception.of({ video: 'mjpeg' });
		const error = await reception.failure();
		expect(error).toMatchObject({ code: 'camera_unsupported', permanent: true });
		expect(error.message).toContain('Motion JPEG is not playable yet; set the camera to H.264');
	});

	it('Motion JPEG beside sound is left out, and the sound plays', async () => {
		const reception = await Reception.of({ video: 'mjpeg', audio: 'alaw' });
		await reception.until(() => reception.audio.length >= 10);
		expect(reception.ingest.tracks.map(({ codec }) => codec)).toEqual(['pcma']);
		expect(reception.ingest.skipped).toMatchObject([
			{ kind: 'video', codec: 'JPEG', reason: expect.stringContaining('not playable yet') },
		]);
	});
});

describe('audio of a real camera', () => {
	type Wanted = Partial<AudioTrack>;

	it.each<[NonNullable<GstCameraOptions['audio']>, Wanted, number, (data: Uint8Array) => boolean]>([
		['opus', { codec: 'opus', clockRate: 48_000, channels: 2 }, 960, (data) => opusDuration(data) === 960],
		['aac', { codec: 'aac', clockRate: 48_000, channels: 2 }, 1024, (data) => data[0] !== 0xff],
		['latm', { codec: 'aac', clockRate: 48_000, channels: 2 }, 1024, (data) => data[0] !== 0xff],
		['mulaw', { codec: 'pcmu', clockRate: 8000, channels: 1 }, 160, ({ length }) => length === 160],
		['alaw', { codec: 'pcma', clockRate: 8000, channels: 1 }, 160, ({ length }) => length === 160],
		['g722', { codec: 'g722', clockRate: 8000, channels: 1 }, 160, ({ length }) => length === 160],
		['l16', { codec: 'l16', clockRate: 16_000, channels: 2 }, 320, ({ length }) => length === 1280],
	])('%s', async (audio, wanted, duration, isWhole) => {
		const reception = await Reception.of({ video: 'none', audio });
		await reception.until(() => reception.audio.length >= 40);
		const [track] = reception.ingest.tracks;
		expect(track).toMatchObject({ kind: 'audio', ...wanted });
		if (track?.codec === 'aac')
			expect(parseAudioSpecificConfig(track.config)).toMatchObject({ objectType: 2, channels: 2 });
		const { audio: units } = reception;
		for (const [index, unit] of units.entries()) {
			expect(unit.duration).toBe(duration);
			expect(isWhole(unit.data)).toBe(true);
			// Each frame begins where the one before ended, but for what rounding of a server's clock does.
			const before = units[index - 1];
			if (before) expect(Math.abs(unit.pts - before.pts - duration)).toBeLessThanOrEqual(2);
		}
		expect(reception.ingest.dropped).toBe(0);
	});

	it('beside video, on one timeline', async () => {
		const reception = await Reception.of({ video: 'h265', audio: 'g722' });
		await reception.until(() => reception.video.length >= 50 && reception.audio.length >= 50);
		expect(reception.ingest.tracks.map(({ codec }) => codec)).toEqual(['h265', 'g722']);
		const seconds = (unit: AccessUnit | undefined) => (unit ? unit.pts / unit.track.clockRate : Number.NaN);
		expect(Math.abs(seconds(reception.video.at(-1)) - seconds(reception.audio.at(-1)))).toBeLessThan(5);
	});
});
