import type { Dirent } from 'node:fs';
import { readdir, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { parseClassicName } from '../playlist/names.ts';
import { isPlaylistFile } from './playlist-file.ts';

const MAX_DEPTH = 16;

export type LeftoverOptions = {
	/** The folder all outputs write under. */
	outputDir: string;
	/** Whether an output is writing to this stream's folder now. */
	isRunning(id: string): boolean;
	/** Files changed at or after this stay, milliseconds since the Unix epoch. */
	before: number;
};

/**
 * Removes what ended outputs and earlier processes left behind: segments and playlists, half-written ones too, by their
 * names, then folders that became empty by it. Everything else, and every link, stays.
 *
 * @returns files removed
 * @throws when `outputDir` cannot be read
 */
export async function removeLeftovers(options: LeftoverOptions): Promise<number> {
	try {
		return await sweep(options, [], await readdir(options.outputDir, { withFileTypes: true }));
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return 0;
		throw thrown;
	}
}

async function sweep(options: LeftoverOptions, parts: readonly string[], entries: Dirent[]): Promise<number> {
	const directory = join(options.outputDir, ...parts);
	const running = options.isRunning(parts.join('/'));
	let removed = 0;
	for (const entry of entries) {
		const path = join(directory, entry.name);
		if (entry.isDirectory() && parts.length < MAX_DEPTH) {
			const inner = [...parts, entry.name];
			const count = await sweep(options, inner, await readdir(path, { withFileTypes: true }).catch(() => []));
			removed += count;
			// Fails while anything is left inside, which is as it should be.
			if (count > 0) await rmdir(path).catch(() => {});
		} else if (entry.isFile() && !running && isOurs(entry.name) && (await isOlder(path, options.before))) {
			await unlink(path).catch(() => {});
			removed++;
		}
	}
	return removed;
}

function isOurs(name: string): boolean {
	return isPlaylistFile(name) || parseClassicName(name) !== undefined;
}

async function isOlder(path: string, before: number): Promise<boolean> {
	const status = await stat(path).catch(() => undefined);
	return status !== undefined && status.mtimeMs < before;
}
