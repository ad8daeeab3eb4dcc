import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { carriedTracks } from '../../src/hls/carried-tracks.ts';
import { TsSegmentWriter } from '../../src/hls/mpegts/ts-segment-writer.ts';
import type { CutSegment } from '../../src/hls/segments/segment.ts';
import { Segmenter } from '../../src/hls/segments/segmenter.ts';
import { Clip, type ClipOptions } from '../fakes/clip.ts';

const run = promisify(execFile);

/** Segments of the first `seconds` of a clip. */
async function cut(options: ClipOptions, seconds: number): Promise<CutSegment[]> {
	const clip = await Clip.make(options);
	const segments: CutSegment[] = [];
	const segmenter = new Segmenter({
		writer: new TsSegmentWriter(),
		segmentDuration: 1,
		onSegment: (segment) => segments.push(segment),
	});
	segmenter.setTracks(carriedTracks(clip.tracks));
	for (const unit of clip.units()) {
		if (unit.arrival > seconds * 1000) break;
		segmenter.push(unit);
	}
	return segments;
}

describe('segments, read by ffmpeg', () => {
	let folder: string;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'hls-segments-'));
	});
	afterAll(() => rm(folder, { recursive: true }));

	async function decode(bytes: Uint8Array): Promise<string> {
		const file = join(folder, 'all.ts');
		await writeFile(file, bytes);
		const { stderr } = await run('ffmpeg', `-v warning -xerror -err_detect explode -i ${file} -f null -`.split(' '));
		return stderr;
	}

	async function frames(bytes: Uint8Array, stream: 'v' | 'a'): Promise<number[]> {
		const file = join(folder, 'count.ts');
		await writeFile(file, bytes);
		const args = `-v error -select_streams ${stream} -show_entries frame=pts_time -of csv=p=0 ${file}`.split(' ');
		const { stdout, stderr } = await run('ffprobe', args, { maxBuffer: 16 * 1024 * 1024 });
		expect(stderr).toBe('');
		return stdout.split('\n').flatMap((line) => (line ? [Number.parseFloat(line)] : []));
	}

	const cases: [string, ClipOptions, { segments: number; video: number; audio: number; duration: number }][] = [
		['H.264 and AAC', { rate: 30, gop: 30 }, { segments: 9, video: 270, audio: 422, duration: 1 }],
		['a key picture every 2 s', { rate: 30, gop: 60 }, { segments: 4, video: 240, audio: 375, duration: 2 }],
		['key pictures oftener', { rate: 25, gop: 10 }, { segments: 8, video: 240, audio: 450, duration: 1.2 }],
		['B-frames', { rate: 25, gop: 25, bFrames: 2 }, { segments: 9, video: 225, audio: 418, duration: 1 }],
		['video alone', { rate: 30, gop: 30, audio: false }, { segments: 9, video: 270, audio: 0, duration: 1 }],
		['audio alone', { rate: 30, gop: 30, video: false }, { segments: 9, video: 0, audio: 424, duration: 1.00267 }],
	];
	it.each(cases)('%s: without a word, whole and in one piece', async (_, options, expected) => {
		const segments = await cut(options, 9.9);
		expect(segments.length).toBe(expected.segments);
		const all = Buffer.concat(segments.map((segment) => segment.bytes));
		expect(await decode(all)).toBe('');
		if (expected.video > 0) {
			const times = await frames(all, 'v');
			expect(times.length).toBe(expected.video);
			const steps = times.slice(1).map((time, index) => time - (times[index] as number));
			for (const step of steps) expect(step).toBeCloseTo(1 / options.rate, 3);
		}
		if (expected.audio > 0) {
			const times = await frames(all, 'a');
			expect(Math.abs(times.length - expected.audio)).toBeLessThanOrEqual(1);
			const steps = times.slice(1).map((time, index) => time - (times[index] as number));
			for (const step of steps) expect(step).toBeCloseTo(1024 / 48_000, 3);
		}
		for (const segment of segments) {
			expect(segment.duration).toBeCloseTo(expected.duration, 4);
			// Each segment can be started with.
			expect(await decode(segment.bytes)).toBe('');
		}
		expect(segments.some((segment) => segment.discontinuity)).toBe(false);
	});

	it('agree with a second reader on codec, size, frames and key pictures', async () => {
		const segments = await cut({ rate: 30, gop: 15 }, 5);
		const source = new BufferSource(Buffer.concat(segments.map((segment) => segment.bytes)));
		const input = new Input({ formats: ALL_FORMATS, source });
		const video = await input.getPrimaryVideoTrack();
		const audio = await input.getPrimaryAudioTrack();
		expect(video?.codec).toBe('avc');
		expect([video?.codedWidth, video?.codedHeight]).toEqual([320, 180]);
		expect(audio?.codec).toBe('aac');
		expect([audio?.sampleRate, audio?.numberOfChannels]).toEqual([48_000, 2]);
		if (!video) throw new Error('no video was found');
		let count = 0;
		const keys: number[] = [];
		for await (const packet of new EncodedPacketSink(video).packets()) {
			if (packet.type === 'key') keys.push(count);
			count++;
		}
		expect(count).toBe(segments.length * 30);
		expect(keys).toEqual(Array.from({ length: segments.length * 2 }, (_, index) => index * 15));
	});
});
