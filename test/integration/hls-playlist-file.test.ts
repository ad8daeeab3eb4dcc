import { mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlaylistFile } from '../../src/hls/disk/playlist-file.ts';

let folder: string;
let path: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'hls-playlist-'));
	path = join(folder, 'index.m3u8');
});
afterEach(() => rm(folder, { recursive: true }));

describe('playlist on disk', () => {
	it('is the last state, longer or shorter than those before', async () => {
		const file = new PlaylistFile(path);
		for (const length of [10, 5000, 1, 0, 300, 299, 5000, 2]) {
			const state = String(length % 10).repeat(length);
			await file.write(Buffer.from(state));
			expect(await readFile(path, 'utf8')).toBe(state);
		}
		expect(await readdir(folder)).toHaveLength(2);
		await file.remove();
		expect(await readdir(folder)).toEqual([]);
	});

	it('takes no new files for new states', async () => {
		const file = new PlaylistFile(path);
		const numbers = new Set<bigint>();
		for (let state = 0; state < 8; state++) {
			await file.write(Buffer.from(`state ${state}`));
			numbers.add((await stat(path, { bigint: true })).ino);
		}
		expect(numbers.size).toBe(2);
	});

	it('stays what it was for whoever opened it, while the next state is written', async () => {
		const file = new PlaylistFile(path);
		for (const state of ['one', 'two', 'three']) await file.write(Buffer.from(state));
		const reader = await open(path);
		await file.write(Buffer.from('the fourth'));
		expect(await reader.readFile('utf8')).toBe('three');
		expect(await readFile(path, 'utf8')).toBe('the fourth');
		await reader.close();
	});

	it('comes back when somebody took it away', async () => {
		const file = new PlaylistFile(path);
		for (const state of ['one', 'two', 'three', 'four']) {
			await file.write(Buffer.from(state));
			expect(await readFile(path, 'utf8')).toBe(state);
			await rm(path);
		}
	});

	it('says why it cannot be written', async () => {
		const file = new PlaylistFile(join(folder, 'none/index.m3u8'));
		await expect(file.write(Buffer.from('one'))).rejects.toThrow('ENOENT');
	});
});
