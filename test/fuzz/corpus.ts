import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Inputs to start from, and inputs that once broke a promise. */
export type Shelf = 'corpus' | 'crashers';

export type StoredInput = { readonly file: string; readonly bytes: Uint8Array };

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** In the order of their names; empty when there is no such folder. */
export function readInputs(shelf: Shelf, target: string): StoredInput[] {
	let files: string[];
	try {
		files = readdirSync(`${FOLDER}${shelf}/${target}`).sort();
	} catch {
		return [];
	}
	return files.map((file) => ({ file, bytes: new Uint8Array(readFileSync(`${FOLDER}${shelf}/${target}/${file}`)) }));
}

/** @returns the file's path from the project's root; equal inputs share a file */
export function writeInput(shelf: Shelf, target: string, bytes: Uint8Array): string {
	const path = `${shelf}/${target}/${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`;
	mkdirSync(`${FOLDER}${shelf}/${target}`, { recursive: true });
	writeFileSync(`${FOLDER}${path}`, bytes);
	return `test/fuzz/${path}`;
}
