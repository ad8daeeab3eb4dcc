import { link, mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import { DiskCopy } from '../../src/hls/disk/disk-copy.ts';
import { removeLeftovers } from '../../src/hls/disk/leftovers.ts';
import { classicNames } from '../../src/hls/playlist/names.ts';
import { PlaylistBody } from '../../src/hls/playlist/playlist.ts';
import type { Segment } from '../../src/hls/segments/segment.ts';

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'hls-disk-'));
});
afterEach(() => rm(folder, { recursive: true }));

const segmentName = (run: string, sequence: number) => classicNames(run, 'ts').segment(sequence);

function segment(sequence: number, run = 'a'): Segment {
	const bytes = Buffer.from(`${sequence}`);
	const name = segmentName(run, sequence);
	return {
		bytes,
		name,
		initName: undefined,
		sequence,
		duration: 1,
		frames: 25,
		wall: 0,
		discontinuity: false,
		independent: true,
	};
}

/** All but what the playlist is written to next. */
async function filesIn(directory: string): Promise<string[]> {
	return (await readdir(directory)).filter((name) => !/^index\.m3u8\.[01]\.tmp$/.test(name)).sort();
}

const playlist = (sequence: number) => new PlaylistBody(`#EXTM3U\n${segmentName('a', sequence)}\n`);

describe('copy on disk', () => {
	it('holds whole segments and the newest playlist, and takes the oldest away', async () => {
		const directory = join(folder, 'live/stream');
		await mkdir(directory, { recursive: true });
		for (const left of [segmentName('0', 7), segmentName('0', 11), 'notes.txt'])
			await writeFile(join(directory, left), '');
		const disk = new DiskCopy({ directory, threshold: 4, logger: silentLogger });
		const seen: string[] = [];
		for (let sequence = 20; sequence < 26; sequence++) {
			disk.add(segment(sequence), playlist(sequence), 3);
			await vi.waitFor(async () => {
				const text = await readFile(join(directory, 'index.m3u8'), 'utf8');
				expect(text).toContain(segmentName('a', sequence));
				seen.push(await readFile(join(directory, segmentName('a', sequence)), 'utf8'));
			});
		}
		expect(seen).toEqual(['20', '21', '22', '23', '24', '25']);
		await vi.waitFor(async () => {
			const kept = [22, 23, 24, 25].map((sequence) => segmentName('a', sequence));
			expect(await filesIn(directory)).toEqual(['index.m3u8', 'notes.txt', ...kept].sort());
		});
		await disk.close();
		expect((await readdir(directory)).filter((name) => name.startsWith('index.m3u8'))).toEqual([]);
		expect(disk.errors).toBe(0);
	});

	it.each([
		['a place where no folders are made', () => '/proc/none/live/stream', 'ENOENT'],
		['a link to a disk that is not there', () => join(folder, 'away/live/stream'), 'ENOENT'],
		['a folder below a file', () => join(folder, 'notes.txt/stream'), 'ENOTDIR'],
	])('is told not to be possible in %s', async (_, directoryOf, code) => {
		await symlink('/nonexistent/disk', join(folder, 'away'));
		await writeFile(join(folder, 'notes.txt'), '');
		const warnings: unknown[] = [];
		const logger = { ...silentLogger, warn: (facts: unknown, text: string) => warnings.push([facts, text]) } as Logger;
		const directory = directoryOf();
		const disk = new DiskCopy({ directory, threshold: 4, logger });
		disk.add(segment(1), playlist(1), 3);
		await vi.waitFor(() => expect(disk.errors).toBe(1));
		expect(warnings).toEqual([
			[{ error: expect.stringContaining(code) }, `cannot write to ${directory}; HLS goes on from memory`],
		]);
		await disk.close();
	});

	it('keeps what the playlist lists, whatever the threshold', async () => {
		const disk = new DiskCopy({ directory: folder, threshold: 1, logger: silentLogger });
		for (let sequence = 1; sequence <= 4; sequence++) disk.add(segment(sequence), playlist(sequence), 3);
		await vi.waitFor(async () => {
			const kept = [2, 3, 4].map((sequence) => segmentName('a', sequence));
			expect(await filesIn(folder)).toEqual(['index.m3u8', ...kept]);
		});
		await disk.close();
	});

	it('writes into the file of a segment whose time is over, and into no other', async () => {
		const disk = new DiskCopy({ directory: folder, threshold: 7, logger: silentLogger });
		const file = (sequence: number) => join(folder, segmentName('a', sequence));
		const add = async (sequence: number, text: string) => {
			disk.add({ ...segment(sequence), bytes: Buffer.from(text) }, playlist(sequence), 3);
			await vi.waitFor(async () => {
				expect(await readFile(join(folder, 'index.m3u8'), 'utf8')).toContain(segmentName('a', sequence));
			});
		};
		for (let sequence = 1; sequence <= 7; sequence++) await add(sequence, `segment ${sequence}`);
		const [first, fourth] = [await stat(file(1)), await stat(file(4))];
		await link(file(2), join(folder, 'archived.ts'));
		await rm(file(3));
		await symlink(join(folder, 'archived.ts'), file(3));
		await add(8, 'short');
		await add(9, 'one that is longer than the others');
		await add(10, 'third');
		await add(11, 'the fourth one, made longer');
		expect((await stat(file(8))).ino).toBe(first.ino);
		expect((await stat(file(11))).ino).toBe(fourth.ino);
		const kept = [5, 6, 7, 8, 9, 10, 11];
		expect(await filesIn(folder)).toEqual(
			['archived.ts', 'index.m3u8', ...kept.map((sequence) => segmentName('a', sequence))].sort(),
		);
		expect(await Promise.all(kept.map((sequence) => readFile(file(sequence), 'utf8')))).toEqual([
			...['segment 5', 'segment 6', 'segment 7', 'short', 'one that is longer than the others', 'third'],
			'the fourth one, made longer',
		]);
		expect(await readFile(join(folder, 'archived.ts'), 'utf8')).toBe('segment 2');
		await disk.close();
		expect(disk.errors).toBe(0);
	});

	it('leaves its bytes to who still reads one that was listed lately', async () => {
		const disk = new DiskCopy({ directory: folder, threshold: 4, logger: silentLogger });
		for (let sequence = 1; sequence <= 4; sequence++) disk.add(segment(sequence), playlist(sequence), 3);
		await vi.waitFor(async () => expect((await filesIn(folder)).length).toBe(5));
		const reader = await open(join(folder, segmentName('a', 1)));
		disk.add(segment(5), playlist(5), 3);
		await vi.waitFor(async () => expect(await readdir(folder)).not.toContain(segmentName('a', 1)));
		await disk.close();
		expect(await reader.readFile('utf8')).toBe('1');
		await reader.close();
	});

	it('holds the init segment for as long as a segment needs it', async () => {
		const names = classicNames('a', 'm4s');
		const disk = new DiskCopy({ directory: folder, threshold: 3, logger: silentLogger });
		for (let sequence = 1; sequence <= 8; sequence++) {
			const from = sequence < 5 ? 1 : 5;
			const init = { bytes: Buffer.from(`init ${from}`) };
			disk.add(
				{ ...segment(sequence), name: names.segment(sequence), initName: names.init(from), init },
				playlist(sequence),
				3,
			);
			await vi.waitFor(async () => expect(await readdir(folder)).toContain(names.segment(sequence)));
		}
		await vi.waitFor(async () => {
			const kept = [6, 7, 8].map((sequence) => names.segment(sequence));
			expect(await filesIn(folder)).toEqual(['index.m3u8', names.init(5), ...kept].sort());
		});
		expect(await readFile(join(folder, names.init(5)), 'utf8')).toBe('init 5');
		await disk.close();
	});

	it('warns once when it cannot write, and goes on when it can', async () => {
		const warnings: string[] = [];
		const logger: Logger = { ...silentLogger, warn: (_, message) => warnings.push(message) };
		const blocked = join(folder, 'cam');
		await writeFile(blocked, 'a file where the folder should be');
		const disk = new DiskCopy({ directory: blocked, threshold: 4, logger });
		for (const sequence of [1, 2]) {
			disk.add(segment(sequence), playlist(sequence), 1);
			await vi.waitFor(() => expect(disk.errors).toBe(sequence));
		}
		expect(warnings).toEqual([`cannot write to ${blocked}; HLS goes on from memory`]);
		await rm(blocked);
		disk.add(segment(3), playlist(3), 1);
		await vi.waitFor(async () => expect(await readdir(blocked)).toContain('index.m3u8'));
		await disk.close();
	});

	it('leaves no playlist that stands still where segments cannot be written', async () => {
		const disk = new DiskCopy({ directory: folder, threshold: 4, logger: silentLogger });
		disk.add(segment(1), playlist(1), 1);
		await vi.waitFor(async () => expect(await readdir(folder)).toContain('index.m3u8'));
		const blocked = join(folder, segmentName('a', 2));
		await mkdir(blocked);
		disk.add(segment(2), playlist(2), 1);
		await vi.waitFor(() => expect(disk.errors).toBe(1));
		await vi.waitFor(async () => expect(await readdir(folder)).not.toContain('index.m3u8'));
		disk.add(segment(3), playlist(3), 1);
		await vi.waitFor(async () => expect(await readdir(folder)).toContain('index.m3u8'));
		await disk.close();
	});

	it('lets go of the oldest when the disk is slow', async () => {
		const disk = new DiskCopy({ directory: folder, threshold: 20, logger: silentLogger });
		for (let sequence = 1; sequence <= 50; sequence++) disk.add(segment(sequence), playlist(sequence), 3);
		expect(disk.errors).toBe(45);
		await vi.waitFor(async () => expect((await filesIn(folder)).length).toBe(6));
		await disk.close();
		disk.add(segment(51), playlist(51), 3);
		expect((await readdir(folder)).length).toBe(5);
	});
});

describe('leftovers', () => {
	const old = new Date('2026-01-01T00:00:00Z');
	const before = Date.parse('2026-01-02T00:00:00Z');

	async function put(path: string, time: Date = old): Promise<void> {
		const file = join(folder, path);
		await mkdir(dirname(file), { recursive: true });
		await writeFile(file, '');
		await utimes(file, time, time);
	}

	async function left(): Promise<string[]> {
		const entries = await readdir(folder, { recursive: true, withFileTypes: true });
		const paths = entries.filter((entry) => !entry.isDirectory());
		return paths.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
	}

	it('go, with folders they leave empty; all else stays', async () => {
		for (const name of ['seg-a-1.ts', 'index.m3u8', 'index.m3u8.0.tmp', 'index.m3u8.1.tmp']) {
			await put(`dead/stream/${name}`);
			await put(`running/${name}`);
		}
		for (const path of ['.gitkeep', 'dead/notes.txt', 'dead/stream.ts', 'empty/x', 'running/sub/seg-a-1.ts'])
			await put(path);
		await put('fresh/seg-a-3.ts', new Date('2026-01-03T00:00:00Z'));
		await rm(join(folder, 'empty/x'));
		await symlink(join(folder, 'running'), join(folder, 'link'));
		await symlink(join(folder, '.gitkeep'), join(folder, 'seg-a-9.ts'));
		const removed = await removeLeftovers({ outputDir: folder, isRunning: (id) => id === 'running', before });
		expect(removed).toBe(5);
		expect(await left()).toEqual([
			'.gitkeep',
			'dead/notes.txt',
			'dead/stream.ts',
			'fresh/seg-a-3.ts',
			'link',
			'running/index.m3u8',
			'running/index.m3u8.0.tmp',
			'running/index.m3u8.1.tmp',
			'running/seg-a-1.ts',
			'seg-a-9.ts',
		]);
		expect((await readdir(folder)).sort()).toContain('empty');
		expect(await readdir(join(folder, 'dead'))).not.toContain('stream');
	});

	it('need no folder', async () => {
		const outputDir = join(folder, 'none');
		expect(await removeLeftovers({ outputDir, isRunning: () => false, before })).toBe(0);
	});
});
