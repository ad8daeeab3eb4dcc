import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../native/program.ts';
import { findToolchain } from '../../native/toolchain.ts';

const run = promisify(execFile);

/** Compiling waits for other tests; nothing of this depends on how fast it is. */
const BUILD_AND_RUN_MS = 15 * 60_000;
const RUN_MS = 5 * 60_000;

const toolchain = findToolchain();
const missing = typeof toolchain === 'string' ? toolchain : undefined;
if (missing !== undefined) {
	const message = `the native transport's own tests do not run: ${missing}`;
	if (process.env.CI) throw new Error(message);
	process.stderr.write(`${message}\n`);
}

/** Builds the test program with these sanitizers and runs it; a fault that one finds makes it fail. */
async function runTests(sanitizers: string): Promise<string> {
	const flags = ['-O1', '-g1', `-fsanitize=${sanitizers}`, '-fno-sanitize-recover=all', '-fno-omit-frame-pointer'];
	const program = await buildProgram(`test-${sanitizers.replace(',', '-')}`, ['core', 'client', 'test'], flags);
	const { stdout } = await run(program, { timeout: RUN_MS }).catch((error: { stdout: string; stderr: string }) => {
		throw new Error(`${error.stdout}\n${error.stderr}`);
	});
	return stdout;
}

/** In the files of the program. */
async function countTests(): Promise<number> {
	const folder = new URL('../../native/test/', import.meta.url);
	const files = (await readdir(folder)).filter((name) => name.endsWith('_test.cc'));
	const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')));
	return texts.join('\n').match(/^TEST\(/gm)?.length ?? 0;
}

describe.skipIf(missing !== undefined)("the native transport's own tests", () => {
	it.each([['address,undefined'], ['thread']])(
		'pass under sanitizers: %s',
		{ timeout: BUILD_AND_RUN_MS },
		async (sanitizers) => {
			const output = await runTests(sanitizers);
			expect(output).not.toMatch(/FAILED/);
			expect(output.match(/^ok /gm)).toHaveLength(await countTests());
			const left = output.match(/^# .*/gm)?.join('\n') ?? '';
			// The multi-buffer library is for x86 only.
			if (process.env.CI && process.arch === 'x64') expect(left).toBe('');
			if (left !== '') process.stderr.write(`${left}\n`);
		},
	);
});
