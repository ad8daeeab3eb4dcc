import { close, constants, fstat, ftruncate, open, rename, unlink, write } from 'node:fs';
import { promisify } from 'node:util';

// Not those of `node:fs/promises`: their file handles cost more than what is done with them.
const opened = promisify(open);
const written = promisify(write);
const told = promisify(fstat);
const truncated = promisify(ftruncate);
const renamed = promisify(rename);
const closed = promisify(close);
const unlinked = promisify(unlink);
const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;

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
 * Writes a file that nobody reads yet into an old one whose time is over, which gets its name. Where files come and go all
 * the time, to find a place and a number for each costs a file system more than to write it.
 *
 * @returns false, and nothing has changed, when the old one cannot be had: it is gone, has a second name, or is no file
 */
export async function writeIntoOldFile(old: string, path: string, bytes: Uint8Array): Promise<boolean> {
	const taken = await takeOver(old, path);
	if (!taken) return false;
	try {
		await fill(taken.file, bytes, taken.size);
	} catch (error) {
		await unlinked(path).catch(() => {});
		throw error;
	}
	return true;
}

async function takeOver(old: string, path: string): Promise<{ file: number; size: number } | undefined> {
	// What is no file must neither be followed nor waited for.
	const file = await opened(old, O_WRONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
	if (file === undefined) return undefined;
	try {
		const facts = await told(file);
		if (facts.isFile() && facts.nlink === 1) {
			await renamed(old, path);
			return { file, size: facts.size };
		}
	} catch {
		// A new one is written instead, or says why not.
	}
	await closed(file);
	return undefined;
}

/**
 * Writes over a file where it lies; a new one when there is none.
 *
 * @param before bytes that it may have
 */
export async function writeOverFile(path: string, bytes: Uint8Array, before: number): Promise<void> {
	await fill(await opened(path, O_WRONLY | O_CREAT), bytes, before);
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
