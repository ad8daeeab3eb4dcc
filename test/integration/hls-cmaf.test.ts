import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { carriedTracks } from '../../src/hls/carried-tracks.ts';
import { CmafSegmentWriter } from '../../src/hls/cmaf/cmaf-segment-writer.ts';
import { Continuity } from '../../src/hls/continuity.ts';
import { PartTarget } from '../../src/hls/segments/part-target.ts';
import type { CutSegment } from '../../src/hls/segments/segment.ts';
import { Segmenter } from '../../src/hls/segments/segmenter.ts';
import { splitAnnexB } from '../../src/media/codecs/h264.ts';
import { HEVC_NAL, hevcNalType, isIrap } from '../../src/media/codecs/h265.ts';
import type { AccessUnit } from '../../src/media/unit.ts';
import { Clip, type ClipOptions } from '../fakes/clip.ts';

const run = promisify(execFile);
const SECONDS = 6;

/** One file of the segments of a clip's first seconds, and the units in them. */
async function mux(options: ClipOptions, parts: boolean, lost: readonly (readonly [number, number])[] = []) {
	const clip = await Clip.make(options);
	const segments: CutSegment[] = [];
	const units: AccessUnit[] = [];
	const target = new PartTarget(0.2, new Continuity());
	const segmenter = new Segmenter({
		segmentDuration: 1,
		writer: new CmafSegmentWriter(parts ? { target, onPart: () => {} } : undefined),
		onSegment: (segment) => segments.push(segment),
	});
	segmenter.setTracks(carriedTracks(clip.tracks, 'fmp4'));
	for (const unit of clip.units()) {
		if (unit.arrival > SECONDS * 1000) break;
		const time = unit.pts / unit.track.clockRate;
		if (unit.kind === 'video' && lost.some(([from, to]) => time >= from && time < to)) continue;
		segmenter.push(unit);
		units.push(unit);
	}
	const init = segments[0]?.init?.bytes ?? new Uint8Array(0);
	return { segments, units, file: Buffer.concat([init, ...segments.map(({ bytes }) => bytes)]) };
}

/** Three seconds of H.265 at 25 frames a second, and one picture more. */
async function h265Units(folder: string): Promise<AccessUnit[]> {
	const raw = join(folder, 'clip.h265');
	const encoder =
		'-c:v libx265 -preset ultrafast -x265-params log-level=none:bframes=0:keyint=25:min-keyint=25:scenecut=0';
	const input = '-v error -nostdin -y -f lavfi -i testsrc2=size=320x180:rate=25:duration=3.04';
	await run('ffmpeg', `${input} ${encoder}:repeat-headers=1:aud=1:open-gop=0 -pix_fmt yuv420p ${raw}`.split(' '));
	const pictures: Uint8Array[][] = [];
	for (const nalu of splitAnnexB(await readFile(raw))) {
		if (hevcNalType(nalu) === HEVC_NAL.accessUnitDelimiter) pictures.push([]);
		else pictures.at(-1)?.push(nalu);
	}
	const facts = { width: 320, height: 180, profileIdc: 1, levelIdc: 60, codecs: 'hvc1.1.6.L60.90' };
	const track = { kind: 'video', codec: 'h265', id: 0, clockRate: 90_000, facts } as const;
	return pictures.map((nalus, index) => ({
		kind: 'video',
		track,
		pts: index * 3600,
		dts: index * 3600,
		key: nalus.some((nalu) => isIrap(hevcNalType(nalu))),
		nalus,
		size: 0,
		arrival: index * 40,
		wall: index * 40,
		epoch: 0,
	}));
}

describe('fragmented MP4, read by ffmpeg and mediabunny', () => {
	let folder: string;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'hls-cmaf-'));
	});
	afterAll(() => rm(folder, { recursive: true }));

	const clips: [string, ClipOptions, boolean, [number, number][]?][] = [
		['pictures and sound', { rate: 30, gop: 30 }, false],
		['pictures and sound in parts', { rate: 30, gop: 60 }, true],
		['B-frames in parts', { rate: 25, gop: 25, bFrames: 2 }, true],
		// A silence that parts make up for, and one that they do not.
		[
			'pictures, some of them lost, and sound in parts',
			{ rate: 25, gop: 1 },
			true,
			[
				[2.1, 2.7],
				[4.2, 5.3],
			],
		],
		['sound alone in parts', { rate: 25, gop: 25, video: false }, true],
		['pictures alone', { rate: 25, gop: 50, audio: false }, false],
	];

	it.each(clips)('decodes without a word: %s', async (_, options, parts, lost) => {
		const { file, segments } = await mux(options, parts, lost);
		expect(segments.length).toBeGreaterThan(1);
		const path = join(folder, 'all.mp4');
		await writeFile(path, file);
		const { stderr } = await run('ffmpeg', `-v warning -xerror -err_detect explode -i ${path} -f null -`.split(' '));
		expect(stderr).toBe('');
	});

	it.each(clips)('gives back every unit at its time: %s', async (_, options, parts, lost) => {
		const { file, units, segments } = await mux(options, parts, lost);
		const input = new Input({ source: new BufferSource(file), formats: ALL_FORMATS });
		for (const kind of ['video', 'audio'] as const) {
			const track = kind === 'video' ? await input.getPrimaryVideoTrack() : await input.getPrimaryAudioTrack();
			const own = units.filter((unit) => unit.kind === kind);
			expect(track !== null).toBe(own.length > 0);
			if (!track) continue;
			const read: { time: number; key: boolean }[] = [];
			for await (const packet of new EncodedPacketSink(track).packets()) {
				read.push({ time: packet.timestamp, key: packet.type === 'key' });
			}
			expect(read.length).toBeGreaterThan(0.75 * own.length);
			for (const [index, { time, key }] of read.entries()) {
				const unit = own[index] as AccessUnit;
				expect(time).toBeCloseTo(10 + unit.pts / unit.track.clockRate, 4);
				expect(key).toBe(unit.kind === 'audio' || unit.key);
			}
		}
		expect(segments.every(({ independent }) => independent)).toBe(true);
	});

	it('carries H.265 with its parameter sets in the header', async () => {
		const units = await h265Units(folder);
		const [{ track }] = units as [AccessUnit];
		const segments: CutSegment[] = [];
		const segmenter = new Segmenter({
			segmentDuration: 1,
			writer: new CmafSegmentWriter(),
			onSegment: (segment) => segments.push(segment),
		});
		segmenter.setTracks(carriedTracks([track], 'fmp4'));
		for (const unit of units) segmenter.push(unit);
		expect(segments.map(({ duration }) => duration)).toEqual([1, 1, 1]);
		const path = join(folder, 'h265.mp4');
		const init = segments[0]?.init?.bytes ?? new Uint8Array(0);
		await writeFile(path, Buffer.concat([init, ...segments.map(({ bytes }) => bytes)]));
		const { stderr } = await run('ffmpeg', `-v warning -xerror -err_detect explode -i ${path} -f null -`.split(' '));
		expect(stderr).toBe('');
		const fields = 'stream=codec_name,codec_tag_string,width,height,nb_read_frames';
		const probe = ['-v', 'error', '-count_frames', '-show_entries', fields, '-of', 'json', path];
		const { streams } = JSON.parse((await run('ffprobe', probe)).stdout) as { streams: unknown[] };
		const expected = { codec_name: 'hevc', codec_tag_string: 'hvc1', width: 320, height: 180, nb_read_frames: '75' };
		expect(streams).toMatchObject([expected]);
		// hvc1: nothing of it in the samples.
		const types = units.flatMap((unit) => (unit.kind === 'video' ? unit.nalus : [])).map(hevcNalType);
		expect(types).toContain(HEVC_NAL.sps);
		const sample = Buffer.concat(segments.map(({ bytes }) => bytes));
		const sps = units
			.flatMap((unit) => (unit.kind === 'video' ? unit.nalus : []))
			.find((nalu) => hevcNalType(nalu) === 33);
		expect(sample.includes(Buffer.from(sps as Uint8Array))).toBe(false);
	});

	it('says to ffprobe what it holds', async () => {
		const { file } = await mux({ rate: 30, gop: 30 }, true);
		const path = join(folder, 'probe.mp4');
		await writeFile(path, file);
		const fields = 'stream=codec_name,codec_tag_string,width,height,avg_frame_rate,sample_rate,channels';
		const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', fields, '-of', 'json', path]);
		expect((JSON.parse(stdout) as { streams: unknown[] }).streams).toMatchObject([
			{ codec_name: 'h264', codec_tag_string: 'avc1', width: 320, height: 180, avg_frame_rate: '30/1' },
			{ codec_name: 'aac', codec_tag_string: 'mp4a', sample_rate: '48000', channels: 2 },
		]);
	});
});
