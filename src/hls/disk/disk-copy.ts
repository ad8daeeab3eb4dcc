import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { toError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { PLAYLIST_NAME } from '../path.ts';
import { parseClassicName } from '../playlist/names.ts';
import type { PlaylistBody } from '../playlist/playlist.ts';
import type { Segment } from '../segments/segment.ts';
import { makeFolder } from './make-folder.ts';
import { PlaylistFile } from './playlist-file.ts';
import { writeIntoOldFile, writeNewFile } from './write-file.ts';

/** Segments that may wait for a slow disk; older ones are then not written. */
const MAX_WAITING = 4;

/** Oldest first. */
type Names = { readonly segments: string[]; readonly inits: string[] };

export type DiskCopyOptions = {
	/** Where this stream's files go; created when needed. */
	directory: string;
	/** Segments kept, those of earlier runs included; never less than the playlist lists. */
	threshold: number;
	logger: Logger;
};

/**
 * A copy of the output on disk, written behind. Nothing waits for it: a disk that is slow, full or read-only costs
 * the copy and a warning. A segment has its name from its first byte on: nobody is told of it before it is whole.
 */
export class DiskCopy {
	readonly #options: DiskCopyOptions;
	readonly #file: PlaylistFile;
	#waiting: Segment[] = [];
	#playlist: PlaylistBody | undefined;
	#listed = 0;
	/** Undefined until the directory was read. */
	#names: Names | undefined;
	#work: Promise<void> | undefined;
	#closed = false;
	#failing = false;
	/** Segments that are missing on disk, and playlists that could not be written. */
	errors = 0;

	constructor(options: DiskCopyOptions) {
		this.#options = options;
		this.#file = new PlaylistFile(this.#path(PLAYLIST_NAME));
	}

	/** @param listed segments in the playlist */
	add(segment: Segment, playlist: PlaylistBody | undefined, listed: number): void {
		if (this.#closed) return;
		segment.memory?.use();
		this.#waiting.push(segment);
		this.#playlist = playlist;
		this.#listed = listed;
		if (this.#waiting.length > MAX_WAITING) {
			this.#waiting.shift()?.memory?.release();
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
		if (this.#names) await this.#file.remove();
	}

	async #run(): Promise<void> {
		for (let segment = this.#waiting.shift(); segment; segment = this.#waiting.shift()) {
			try {
				const names = await this.#open();
				if (segment.init && segment.initName && names.inits.at(-1) !== segment.initName) {
					await writeNewFile(this.#path(segment.initName), segment.init.bytes);
					names.inits.push(segment.initName);
				}
				await this.#write(segment, names);
				names.segments.push(segment.name);
				const playlist = this.#playlist;
				// The newest playlist lists the segments that still wait.
				if (playlist && this.#waiting.length === 0) await this.#file.write(playlist.plain);
				await this.#removeOld(names);
				this.#failing = false;
			} catch (thrown) {
				// The folder may be gone: look again for the next one.
				this.#names = undefined;
				this.#failed(`cannot write to ${this.#options.directory}`, thrown);
				// Better none than one that stands still (RFC 8216 section 6.2.1).
				await this.#file.remove();
			} finally {
				segment.memory?.release();
			}
		}
		this.#work = undefined;
	}

	async #open(): Promise<Names> {
		if (this.#names) return this.#names;
		await makeFolder(this.#options.directory);
		// What a process that crashed left there stands still.
		await this.#file.remove();
		const found = await readdir(this.#options.directory);
		const names = found.filter((name) => parseClassicName(name) !== undefined).sort(byAge);
		const [inits, segments] = [names.filter(isInit), names.filter((name) => !isInit(name))];
		this.#names = { inits, segments };
		return this.#names;
	}

	async #write({ name, bytes }: Segment, { segments }: Names): Promise<void> {
		// One that was listed lately may still be read by who has it open.
		if (segments.length >= this.#kept && this.#kept > 2 * this.#listed) {
			const old = segments.shift() as string;
			if (await writeIntoOldFile(this.#path(old), this.#path(name), bytes)) return;
			await this.#remove(old);
		}
		await writeNewFile(this.#path(name), bytes);
	}

	/** Segments that stay. */
	get #kept(): number {
		return Math.max(this.#options.threshold, this.#listed);
	}

	async #removeOld({ inits, segments }: Names): Promise<void> {
		while (segments.length > this.#kept) await this.#remove(segments.shift() as string);
		// An init segment serves until the next one's first segment.
		const oldest = ageOf(segments[0] ?? '');
		while (inits.length > 1 && ageOf(inits[1] as string) <= oldest) await this.#remove(inits.shift() as string);
	}

	/** Somebody else may have tidied up. */
	async #remove(name: string): Promise<void> {
		await unlink(this.#path(name)).catch(() => {});
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

function isInit(name: string): boolean {
	return name.endsWith('.mp4');
}

function byAge(one: string, other: string): number {
	return ageOf(one) - ageOf(other);
}

/** Sequence numbers go up over runs. */
function ageOf(name: string): number {
	return parseClassicName(name)?.sequence ?? 0;
}
