import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` never comes back where no folders are made, as
 * under /proc, and keeps a thread busy for good.
 */
export async function makeFolder(path: string): Promise<void> {
	const missing = await failureOf(path);
	if (!missing) return;
	if (missing.code !== 'ENOENT' || dirname(path) === path) throw missing;
	await makeFolder(dirname(path));
	const failure = await failureOf(path);
	if (failure) throw failure;
}

/** Why there is no folder now; undefined when there is one. */
async function failureOf(path: string): Promise<NodeJS.ErrnoException | undefined> {
	try {
		await mkdir(path);
	} catch (thrown) {
		const failure = thrown as NodeJS.ErrnoException;
		if (failure.code !== 'EEXIST') return failure;
	}
	return undefined;
}
