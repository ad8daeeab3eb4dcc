import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { compileFlags, type Toolchain } from './toolchain.ts';

const run = promisify(execFile);

/** What is made of the C++ files of some folders of this one. */
export type Product = {
	readonly folders: readonly string[];
	readonly output: string;
	/** Flags for compiling and for linking; those for linking come last. */
	readonly flags: readonly string[];
	readonly link: readonly string[];
};

/**
 * Compiles, several files at a time, and links. Nothing is done when the product was made of the same files in the
 * same way.
 *
 * @throws Error with the compiler's words in `stderr`
 */
export async function make(toolchain: Toolchain, product: Product): Promise<void> {
	const { output, folders, link } = product;
	const stampFile = `${output}.stamp`;
	const files = await filesOf(folders);
	const flags = [...compileFlags(toolchain), ...product.flags];
	const stamp = await stampOf(files, [process.version, process.arch, toolchain.compiler, ...flags, ...link]);
	if ((await readFile(stampFile, 'utf8').catch(() => '')) === stamp) return;
	const objects = await mkdtemp(join(tmpdir(), 'dualcast-native-'));
	try {
		const sources = files.filter((file) => file.endsWith('.cc'));
		const objectOf = (source: string): string => join(objects, `${sources.indexOf(source)}.o`);
		const waiting = [...sources];
		const work = async (): Promise<void> => {
			for (let source = waiting.shift(); source !== undefined; source = waiting.shift()) {
				await run(toolchain.compiler, [...flags, '-c', source, '-o', objectOf(source)]);
			}
		};
		await Promise.all(Array.from({ length: availableParallelism() }, work));
		await mkdir(dirname(output), { recursive: true });
		// A process may be using the file that is there: it is replaced, never written to.
		const fresh = `${output}.${process.pid}`;
		await run(toolchain.compiler, [...product.flags, ...sources.map(objectOf), '-o', fresh, ...link]);
		await rename(fresh, output);
		await writeFile(stampFile, stamp);
	} finally {
		await rm(objects, { recursive: true, force: true });
	}
}

/** Forgets a product that can no longer be made. */
export async function discard(output: string): Promise<void> {
	for (const file of [output, `${output}.stamp`]) await rm(file, { force: true });
}

async function filesOf(folders: readonly string[]): Promise<string[]> {
	const files = await Promise.all(
		folders.map(async (folder) => {
			const names = await readdir(join(import.meta.dirname, folder));
			return names.filter((name) => /\.(cc|h)$/.test(name)).map((name) => join(import.meta.dirname, folder, name));
		}),
	);
	return files.flat().sort();
}

async function stampOf(files: readonly string[], settings: readonly string[]): Promise<string> {
	const hash = createHash('sha256').update(JSON.stringify(settings));
	for (const file of files) hash.update(file).update(await readFile(file));
	return hash.digest('hex');
}
