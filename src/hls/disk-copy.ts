import { mkdir, readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { PLAYLIST_NAME } from './path.ts';
import type { PlaylistBody } from './playlist.ts';
import { parseSegmentName, type Segment } from './segment.ts';

/** Segments that may wait for a slow disk; older ones are then not written. */
const MAX_WAITING = 4;

export const TEMPORARY_SUFFIX = '.tmp';

export type DiskCopyOptions = {
	/** Where this stream's files go; created when needed. */
	directory: string;
	/** Segments kept, those of earlier runs included; never less than the playlist lists. */
	threshold: number;
	logger: Logger;
};

/**
 * A copy of the output on disk, written behind. Nothing waits for it: a disk that is slow, full or read-only costs
 * the copy and a warning.
 */
export class DiskCopy {
	readonly #options: DiskCopyOptions;
	#waiting: Segment[] = [];
	#playlist: PlaylistBody | undefined;
	#listed = 0;
	/** Oldest first; undefined until the directory was read. */
	#names: string[] | undefined;
	#work: Promise<void> | undefined;
	#closed = false;
	#failing = false;
	/** Segments that are missing on disk, and playlists that could not be written. */
	errors = 0;

	constructor(options: DiskCopyOptions) {
		this.#options = options;
	}

	/** @param listed segments in the playlist */
	add(segment: Segment, playlist: PlaylistBody | undefined, listed: number): void {
		if (this.#closed) return;
		this.#waiting.push(segment);
		this.#playlist = playlist;
		this.#listed = listed;
		if (this.#waiting.length > MAX_WAITING) {
			this.#waiting.shift();
			this.#failed('the disk is too slow for this stream', undefined);
		}
		this.#work ??= this.#run();
	}

	/** Waits for the file being written, gives up the rest, and takes the playlist away: it lives no longer. */
	async close(): Promise<void> {
		this.#closed = true;
		this.#waiting = [];
		this.#playlist = undefined;
		await this.#work;
		if (this.#names) await unlink(this.#path(PLAYLIST_NAME)).catch(() => {});
	}

	async #run(): Promise<void> {
		for (let segment = this.#waiting.shift(); segment; segment = this.#waiting.shift()) {
			try {
				const names = await this.#open();
				await this.#write(segment.name, segment.bytes);
				names.push(segment.name);
				const playlist = this.#playlist;
				// The newest playlist lists the segments that still wait.
				if (playlist && this.#waiting.length === 0) await this.#write(PLAYLIST_NAME, playlist.plain);
				await this.#removeOld(names);
				this.#failing = false;
			} catch (thrown) {
				// The folder may be gone: look again for the next one.
				this.#names = undefined;
				this.#failed(`cannot write to ${this.#options.directory}`, thrown);
			}
		}
		this.#work = undefined;
	}

	async #open(): Promise<string[]> {
		if (this.#names) return this.#names;
		await mkdir(this.#options.directory, { recursive: true });
		const names = await readdir(this.#options.directory);
		this.#names = names.filter((name) => parseSegmentName(name) !== undefined).sort(byAge);
		return this.#names;
	}

	async #write(name: string, bytes: Uint8Array): Promise<void> {
		const temporary = this.#path(name) + TEMPORARY_SUFFIX;
		try {
			await writeFile(temporary, bytes);
			await rename(temporary, this.#path(name));
		} catch (error) {
			await unlink(temporary).catch(() => {});
			throw error;
		}
	}

	async #removeOld(names: string[]): Promise<void> {
		const kept = Math.max(this.#options.threshold, this.#listed);
		while (names.length > kept) {
			const name = names.shift() as string;
			// Somebody else may have tidied up.
			await unlink(this.#path(name)).catch(() => {});
		}
	}

	#failed(what: string, thrown: unknown): void {
		this.errors++;
		if (!this.#failing) {
			const facts = thrown === undefined ? {} : { error: toError(thrown).message };
			this.#options.logger.warn(facts, `${what}; HLS goes on from memory`);
		}
		this.#failing = true;
	}

	#path(name: string): string {
		return join(this.#options.directory, name);
	}
}

function byAge(one: string, other: string): number {
	return ageOf(one) - ageOf(other);
}

/** Sequence numbers go up over runs. */
function ageOf(name: string): number {
	return parseSegmentName(name)?.sequence ?? 0;
}
