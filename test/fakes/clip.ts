import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../src/base/clock.ts';
import { NAL, nalType, splitAnnexB } from '../../src/media/codecs/h264.ts';
import type { AacTrack, Track, VideoTrack } from '../../src/media/track.ts';
import type { AccessUnit } from '../../src/media/unit.ts';
import { AAC_TRACK } from './access-units.ts';
import type { FakeStream } from './fake-directory.ts';

const run = promisify(execFile);

export type ClipOptions = {
	/** Frames a second. */
	rate: number;
	/** Frames from key picture to key picture. */
	gop: number;
	bFrames?: number;
	video?: boolean;
	audio?: boolean;
};

/** Whole seconds of pictures and whole AAC frames of 48 kHz fit into 8 s: it can be looped. */
const SECONDS = 8;
const AUDIO_FRAMES = (SECONDS * 48_000) / 1024;

type Timed = { readonly at: number; make(loop: number): AccessUnit };

/** Real H.264 and AAC from ffmpeg, as access units that go round and round on one timeline. */
export class Clip {
	readonly tracks: readonly Track[];
	readonly #units: Timed[];

	constructor(tracks: readonly Track[], units: Timed[]) {
		this.tracks = tracks;
		this.#units = units;
	}

	static async make(options: ClipOptions): Promise<Clip> {
		const folder = await mkdtemp(join(tmpdir(), 'clip-'));
		try {
			const video = options.video === false ? [] : await makeVideo(folder, options);
			const audio = options.audio === false ? [] : await makeAudio(folder);
			const units = [...video, ...audio].sort((one, other) => one.at - other.at);
			const tracks: Track[] = [];
			if (video.length > 0) tracks.push(videoTrack(options));
			if (audio.length > 0) tracks.push(AAC_TRACK);
			return new Clip(tracks, units);
		} finally {
			await rm(folder, { recursive: true });
		}
	}

	/** In decoding order, without end. */
	*units(): Generator<AccessUnit, never> {
		for (let loop = 0; ; loop++) for (const unit of this.#units) yield unit.make(loop);
	}

	/** Delivers units in real time, the first `head` seconds at once. @returns stops it */
	play(stream: Pick<FakeStream, 'deliver'>, clock: Clock, head: number): () => void {
		const units = this.units();
		let next = units.next().value;
		const start = clock.now() - head * 1000;
		const deliver = () => {
			for (; next.arrival <= clock.now() - start; next = units.next().value) stream.deliver(next);
		};
		deliver();
		const timer = clock.every(10, deliver);
		return () => timer.cancel();
	}
}

function videoTrack({ rate, bFrames }: ClipOptions): VideoTrack {
	return {
		kind: 'video',
		codec: 'h264',
		id: 0,
		clockRate: 90_000,
		facts: {
			width: 320,
			height: 180,
			frameRate: rate,
			profileIdc: 100,
			constraints: 0,
			levelIdc: 31,
			codecs: 'avc1.64001f',
			reorderFrames: bFrames ?? 0,
		},
	};
}

async function makeVideo(folder: string, options: ClipOptions): Promise<Timed[]> {
	const { rate, gop, bFrames = 0 } = options;
	const mp4 = join(folder, 'clip.mp4');
	const raw = join(folder, 'clip.h264');
	const source = `testsrc2=size=320x180:rate=${rate}:duration=${SECONDS}`;
	const encoder = `-c:v libx264 -preset ultrafast -profile:v high -pix_fmt yuv420p -level 3.1 -bf ${bFrames} -g ${gop}`;
	const fixed = `-keyint_min ${gop} -sc_threshold 0 -b_strategy 0 -flags +cgop -b:v 400k`;
	await ffmpeg(['-f', 'lavfi', '-i', source, ...`${encoder} ${fixed}`.split(' '), mp4]);
	await ffmpeg(['-i', mp4, '-c', 'copy', '-bsf:v', 'h264_mp4toannexb,h264_metadata=aud=insert', '-f', 'h264', raw]);
	const probe = ['-v', 'error', '-show_entries', 'packet=pts_time,dts_time', '-of', 'json', mp4];
	const { stdout } = await run('ffprobe', probe, { maxBuffer: 16 * 1024 * 1024 });
	const { packets } = JSON.parse(stdout) as { packets: { pts_time: string; dts_time: string }[] };
	const pictures = splitPictures(await readFile(raw));
	const track = videoTrack(options);
	return pictures.map((nalus, index) => {
		const pts = Number(packets[index]?.pts_time);
		const dts = Number(packets[index]?.dts_time);
		const size = nalus.reduce((sum, nalu) => sum + nalu.length, 0);
		const key = nalus.some((nalu) => nalType(nalu) === NAL.idr);
		return {
			at: dts,
			make: (loop) => ({
				kind: 'video',
				track,
				pts: Math.round((pts + loop * SECONDS) * 90_000),
				dts: Math.round((dts + loop * SECONDS) * 90_000),
				key,
				nalus,
				size,
				arrival: (dts + loop * SECONDS) * 1000,
				wall: Date.UTC(2026, 0, 1) + (pts + loop * SECONDS) * 1000,
				epoch: 0,
			}),
		};
	});
}

async function makeAudio(folder: string): Promise<Timed[]> {
	const adts = join(folder, 'clip.aac');
	const source = `sine=frequency=440:beep_factor=4:sample_rate=48000:duration=${SECONDS + 1}`;
	await ffmpeg(['-f', 'lavfi', '-i', source, '-ac', '2', '-c:a', 'aac', '-b:a', '96k', '-f', 'adts', adts]);
	const bytes = await readFile(adts);
	const track: AacTrack = AAC_TRACK;
	const units: Timed[] = [];
	for (let at = 0; units.length < AUDIO_FRAMES; ) {
		const length = ((bytes.readUInt16BE(at + 3) & 0x3ff) << 3) | (bytes.readUInt8(at + 5) >> 5);
		const data = bytes.subarray(at + 7, at + length);
		const samples = units.length * 1024;
		units.push({
			at: samples / 48_000,
			make: (loop) => ({
				kind: 'audio',
				track,
				pts: samples + loop * SECONDS * 48_000,
				duration: 1024,
				data,
				arrival: (samples / 48_000 + loop * SECONDS) * 1000,
				wall: Date.UTC(2026, 0, 1) + (samples / 48_000 + loop * SECONDS) * 1000,
				epoch: 0,
			}),
		});
		at += length;
	}
	return units;
}

/** NAL units by picture; each picture starts with a delimiter, which is left away. */
function splitPictures(bytes: Uint8Array): Uint8Array[][] {
	const pictures: Uint8Array[][] = [];
	for (const nalu of splitAnnexB(bytes)) {
		if (nalType(nalu) === NAL.accessUnitDelimiter) pictures.push([]);
		else pictures.at(-1)?.push(nalu);
	}
	return pictures;
}

async function ffmpeg(args: readonly string[]): Promise<void> {
	await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args]);
}
