import { join } from 'node:path';
import { make } from './compile.ts';
import { findToolchain } from './toolchain.ts';

/** OpenSSL of the system, of the same series as the headers that come with Node. */
const OPENSSL = ['-l:libssl.so.3', '-l:libcrypto.so.3'];

/**
 * Builds a program of its own, for tests and load.
 *
 * @param name of the file in `build/native`
 * @param folders of this one
 * @returns the file
 * @throws Error saying what is missing
 */
export async function buildProgram(
	name: string,
	folders: readonly string[],
	flags: readonly string[] = ['-O2'],
): Promise<string> {
	const toolchain = findToolchain();
	if (typeof toolchain === 'string') throw new Error(toolchain);
	const output = join(import.meta.dirname, '..', 'build', 'native', name);
	await make(toolchain, { folders, output, flags: [...flags, '-pthread'], link: OPENSSL });
	return output;
}
