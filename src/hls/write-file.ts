import { close, constants, ftruncate, open, unlink, write } from 'node:fs';
import { promisify } from 'node:util';

// Not those of `node:fs/promises`: their file handles cost more than what is done with them.
const opened = promisify(open);
const written = promisify(write);
const truncated = promisify(ftruncate);
const closed = promisify(close);
const unlinked = promisify(unlink);

/** Writes a file that nobody reads yet; takes it away again when that fails. */
export async function writeNewFile(path: string, bytes: Uint8Array): Promise<void> {
	try {
		await fill(await opened(path, 'w'), bytes);
	} catch (error) {
		await unlinked(path).catch(() => {});
		throw error;
	}
}

/**
 * Writes over a file where it lies; a new one when there is none.
 *
 * @param before bytes that it may have
 */
export async function writeOverFile(path: string, bytes: Uint8Array, before: number): Promise<void> {
	await fill(await opened(path, constants.O_WRONLY | constants.O_CREAT), bytes, before);
}

async function fill(file: number, bytes: Uint8Array, before = 0): Promise<void> {
	try {
		let at = 0;
		while (at < bytes.length) at += (await written(file, bytes, at, bytes.length - at, at)).bytesWritten;
		if (before > at) await truncated(file, at);
	} finally {
		await closed(file);
	}
}
