import { join } from 'node:path';
import { discard, make } from './compile.ts';
import { findToolchain } from './toolchain.ts';

// Builds dist/native/transport.node where this machine can. Where it cannot, one line says so: the transport in
// TypeScript is complete without it.

const OUTPUT = join(import.meta.dirname, '..', 'dist', 'native', 'transport.node');

async function skip(reason: string): Promise<void> {
	await discard(OUTPUT);
	process.stderr.write(`native transport not built, TypeScript serves: ${reason}\n`);
}

const toolchain = findToolchain();
if (typeof toolchain === 'string') {
	await skip(toolchain);
} else {
	await make(toolchain, {
		folders: ['core', 'addon'],
		output: OUTPUT,
		flags: ['-O2', '-fPIC', '-pthread'],
		// What this Node does not export is found out when the addon is loaded, not when it is used.
		link: ['-shared', '-static-libstdc++', '-static-libgcc', '-Wl,-z,now'],
	}).catch((error: { stderr?: string; message: string }) => {
		const said = (error.stderr || error.message).split('\n');
		return skip(said.find((line) => line.includes('error')) ?? said[0] ?? '');
	});
}
