import { describe, expect, it, vi } from 'vitest';
import { answerError } from '../../../src/api/problem.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { Continuity } from '../../../src/hls/continuity.ts';
import { LowLatencyMuxer } from '../../../src/hls/low-latency-muxer.ts';
import { Muxer } from '../../../src/hls/muxer.ts';
import type { MediaFile } from '../../../src/hls/segments/segment.ts';
import { SegmentMemories, SegmentMemory } from '../../../src/hls/segments/segment-memory.ts';
import { createHlsServer } from '../../../src/hls/server.ts';
import type { AccessUnit } from '../../../src/media/unit.ts';
import { AAC_TRACK, pictures, sound } from '../../fakes/access-units.ts';
import { FakeDirectory } from '../../fakes/fake-directory.ts';
import { HttpClient } from '../../fakes/http-client.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';
import { settle, VirtualClock } from '../../fakes/virtual-clock.ts';

describe('memory of segments', () => {
	it('is not taken again before every use of it is over', () => {
		const memories = new SegmentMemories();
		const memory = memories.take(300_000);
		expect(memory.bytes.length).toBeGreaterThanOrEqual(300_000);
		memory.use();
		memory.release();
		expect(memories.take(300_000) === memory).toBe(false);
		memory.release();
		expect(memories.take(300_000) === memory).toBe(true);
	});

	it('is none that is too small, or far too large', () => {
		const taken = (size: (length: number) => number): boolean => {
			const memories = new SegmentMemories();
			const memory = memories.take(1_000_000);
			memory.release();
			return memories.take(size(memory.bytes.length)) === memory;
		};
		expect(taken((length) => length)).toBe(true);
		expect(taken((length) => length + 1)).toBe(false);
		expect(taken(() => 200_000)).toBe(false);
	});

	it('is let go when it does not fit, or when there is one more to spare', () => {
		const memories = new SegmentMemories();
		const [small, ...large] = [200_000, 1_000_000, 1_000_000, 1_000_000].map((size) => memories.take(size));
		for (const memory of [small, ...large]) memory?.release();
		const again = [900_000, 900_000, 900_000].map((size) => large.includes(memories.take(size)));
		expect(again).toEqual([true, true, false]);
		expect(memories.take(200_000) === small).toBe(false);
	});

	it('has room for a segment as large as those before, without being told', () => {
		const memories = new SegmentMemories();
		const first = memories.take(500_000);
		expect(first.seal(400_000)).toHaveLength(400_000);
		memories.take().seal(100_000);
		expect(memories.take().bytes.length).toBeGreaterThanOrEqual(360_000);
	});
});

const SEGMENTS = 40;

/** What an output gives out: each file, and a copy of it as it was then. */
type Given = { readonly file: MediaFile; readonly name: string; readonly before: Buffer };
type Feed = { readonly given: Given[]; find(name: string): MediaFile | undefined; push(unit: AccessUnit): void };

function started(): Continuity {
	const continuity = new Continuity();
	continuity.startRun(Date.UTC(2026, 0, 1));
	return continuity;
}

const COMMON = { run: 'r', segmentDuration: 1, segmentCount: 3 };

function classic(container: 'ts' | 'fmp4', now: () => number): Feed {
	const given: Given[] = [];
	const muxer = new Muxer({
		...{ ...COMMON, container, now, continuity: started() },
		onSegment: (file) => given.push({ file, name: file.name, before: Buffer.from(file.bytes) }),
	});
	muxer.setTracks([VIDEO_TRACK, AAC_TRACK]);
	return { given, find: (name) => muxer.find(name), push: (unit) => muxer.push(unit) };
}

function lowLatency(now: () => number): Feed {
	const given: Given[] = [];
	const muxer: LowLatencyMuxer = new LowLatencyMuxer({
		...{ ...COMMON, now, continuity: started(), partDuration: 0.2 },
		onChange: () => {
			const names = muxer
				.playlist(false)
				.plain.toString()
				.matchAll(/^#EXT-X-PART:.*URI="([^"]+)"/gm);
			for (const [, name = ''] of names) {
				const file = muxer.find(name);
				const known = given.some((each) => each.name === name);
				// As it is now: its bytes may move.
				if (file && !known) given.push({ file: { ...file }, name, before: Buffer.from(file.bytes) });
			}
		},
	});
	muxer.setTracks([VIDEO_TRACK, AAC_TRACK]);
	return { given, find: (name) => muxer.find(name), push: (unit) => muxer.push(unit) };
}

const OUTPUTS: Readonly<Record<string, (now: () => number) => Feed>> = {
	'MPEG-TS': (now) => classic('ts', now),
	'fragmented MP4': (now) => classic('fmp4', now),
	'low latency': lowLatency,
};

describe('bytes that an output gives out', () => {
	for (const [name, open] of Object.entries(OUTPUTS)) {
		it(`stay while they may be fetched or are used, and lie in few pieces of memory: ${name}`, () => {
			let now = 0;
			const output = open(() => now);
			const units: AccessUnit[] = [...pictures(0, SEGMENTS, { rate: 25, gop: 25 })];
			for (let frame = 0; frame * 1024 < SEGMENTS * 48_000; frame++) units.push(sound((frame * 1024) / 48_000));
			units.sort((one, other) => one.arrival - other.arrival);
			let used: Given | undefined;
			let fetched = 0;
			for (const unit of units) {
				now = unit.arrival;
				output.push(unit);
				if (used === undefined && output.given.length > 0) {
					used = output.given[0];
					used?.file.memory?.use();
				}
				for (const { name: file, before } of output.given) {
					const found = output.find(file);
					if (!found) continue;
					fetched++;
					if (!before.equals(found.bytes)) throw new Error(`${file} changed`);
				}
			}
			expect(fetched).toBeGreaterThan(SEGMENTS);
			expect(output.find(used?.name ?? '')).toBeUndefined();
			expect(used?.before.equals(used.file.bytes)).toBe(true);
			const pieces = new Set(output.given.map(({ file }) => file.bytes.buffer));
			expect(pieces.size).toBeLessThan(SEGMENTS / 2 + 5);
			const changed = output.given.filter(({ file, before }) => !before.equals(file.bytes));
			expect(changed.length).toBeGreaterThan(0);
		});
	}
});

it('of segments that left the playlist is given back when their time is over, though the camera sends no more', async () => {
	const clock = new VirtualClock();
	const directory = new FakeDirectory();
	const camera = directory.add('cam', [VIDEO_TRACK]);
	const hls = createHlsServer({
		...{ directory, clock, logger: silentLogger, answerError, startTimeout: 5000, enableCompression: false },
		...{ segmentDuration: 1, segmentCount: 3, cleanupThreshold: 0, outputDir: '/dev/null' },
	});
	const client = new HttpClient('/hls/cam/index.m3u8');
	hls.handle(client.request, client);
	await settle();
	const release = vi.spyOn(SegmentMemory.prototype, 'release');
	for (const unit of pictures(0, 5.04, { rate: 25, gop: 25 })) camera.deliver(unit);
	expect(client.status).toBe(200);
	// The disk, which refuses them, lets go of all five.
	await vi.waitFor(() => expect(release).toHaveBeenCalledTimes(5));
	// Their own second, and the three of the playlist.
	await clock.advance(3900);
	expect(release).toHaveBeenCalledTimes(5);
	await clock.advance(1100);
	expect(release).toHaveBeenCalledTimes(7);
	release.mockRestore();
	await hls.close();
});

it('of low-latency segments that left is given back with the next picture after their time', () => {
	let now = 0;
	const continuity = new Continuity();
	const muxer = new LowLatencyMuxer({
		...{ segmentDuration: 1, partDuration: 0.2, segmentCount: 6, run: 'r', continuity },
		...{ now: () => now, onChange: () => {} },
	});
	muxer.setTracks([VIDEO_TRACK]);
	const all = [...pictures(0, 9, { rate: 25, gop: 25 })];
	for (const unit of all.slice(0, -2)) muxer.push(unit);
	const release = vi.spyOn(SegmentMemory.prototype, 'release');
	muxer.push(all.at(-2) as AccessUnit);
	expect(release).not.toHaveBeenCalled();
	now = 60_000;
	muxer.push(all.at(-1) as AccessUnit);
	expect(release).toHaveBeenCalledTimes(2);
	release.mockRestore();
});
