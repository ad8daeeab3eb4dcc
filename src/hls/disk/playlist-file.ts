import { link, rename, unlink } from 'node:fs';
import { promisify } from 'node:util';
import { PLAYLIST_NAME } from '../path.ts';
import { writeOverFile } from './write-file.ts';

const linked = promisify(link);
const renamed = promisify(rename);
const unlinked = promisify(unlink);

/** What is put behind the playlist's name while it is another one's turn. */
const SPARES = ['.0.tmp', '.1.tmp'] as const;

/**
 * A playlist on disk; whoever opens it reads one state, and the whole of it, unless that takes longer than a segment lasts.
 * Two files take turns under its name, and the one whose turn is over is written again when the next state comes. With a new file for each state, the file system
 * would look for a place and a number for it each time, and give up those of the one before; and ext4 writes out at once
 * what takes the place of another file.
 */
export class PlaylistFile {
	readonly #path: string;
	/** Which of the spares is written next. */
	#turn: 0 | 1 = 0;
	/** Bytes of what the spares held last. */
	readonly #lengths = [0, 0];

	constructor(path: string) {
		this.#path = path;
	}

	/** One call at a time. After one that failed, `remove` comes before the next. */
	async write(bytes: Uint8Array): Promise<void> {
		const turn = this.#turn;
		const next = this.#path + SPARES[turn];
		this.#turn = turn === 0 ? 1 : 0;
		await writeOverFile(next, bytes, this.#lengths[turn] ?? 0);
		this.#lengths[turn] = bytes.length;
		// The first time there is none, and some file systems know no second names: then a new one is made each time.
		await linked(this.#path, this.#path + SPARES[this.#turn]).catch(() => {});
		await renamed(next, this.#path);
	}

	/** Takes away what there is of it. */
	async remove(): Promise<void> {
		for (const suffix of ['', ...SPARES]) await unlinked(this.#path + suffix).catch(() => {});
	}
}

/** Whether a file's name is one of those that a playlist uses. */
export function isPlaylistFile(name: string): boolean {
	return name === PLAYLIST_NAME || SPARES.some((suffix) => name === PLAYLIST_NAME + suffix);
}
