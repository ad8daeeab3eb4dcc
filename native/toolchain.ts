import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What C++ is compiled with on this machine. */
export type Toolchain = {
	readonly compiler: string;
	/** Node's own headers, which hold those of its OpenSSL. */
	readonly headers: string;
	/** Whether those of Intel's multi-buffer library are there (libipsec-mb), which seals SRTP faster than OpenSSL. */
	readonly multiBuffer: boolean;
};

const COMPILERS = ['g++', 'clang++'];

/** @returns a sentence saying what is missing where C++ cannot be compiled */
export function findToolchain(environment: NodeJS.ProcessEnv = process.env): Toolchain | string {
	if (process.platform !== 'linux') return `the native transport is for Linux, this is ${process.platform}`;
	const compilers = environment.CXX ? [environment.CXX] : COMPILERS;
	const compiler = compilers.find((each) => runs(each));
	if (compiler === undefined) return `there is no C++ compiler (${compilers.join(', ')})`;
	const headers = join(dirname(dirname(process.execPath)), 'include', 'node');
	if (!existsSync(join(headers, 'node_api.h'))) return `Node's headers are not in ${headers}`;
	return { compiler, headers, multiBuffer: includes(compiler, 'intel-ipsec-mb.h') };
}

/** Flags for every file of ours. */
export function compileFlags({ headers, multiBuffer }: Toolchain): string[] {
	// SHA-1 is used by its states, which the newer interface does not give; the node binary exports these functions.
	const defines = ['-DNAPI_VERSION=8', '-DOPENSSL_SUPPRESS_DEPRECATED'];
	if (multiBuffer) defines.push('-DDUALCAST_IPSEC_MB');
	return ['-std=c++17', '-Wall', '-Wextra', '-Wconversion', '-fvisibility=hidden', `-I${headers}`, ...defines];
}

function runs(command: string, options = ['--version'], input = ''): boolean {
	try {
		execFileSync(command, options, { input, stdio: ['pipe', 'ignore', 'ignore'] });
		return true;
	} catch {
		return false;
	}
}

function includes(compiler: string, header: string): boolean {
	return runs(compiler, ['-fsyntax-only', '-x', 'c++', '-'], `#include <${header}>\n`);
}
