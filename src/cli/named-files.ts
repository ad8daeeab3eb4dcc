import { mkdtemp, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readKeyFile } from '../auth/signing-keys.ts';
import { toError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import { readAuthorities, readCertificate } from '../http/certificate.ts';

const NODE_TLS = 'cluster.tls';

/**
 * Reads the files of keys and certificates that a start would read, and tries whether segments could be written.
 *
 * @returns what is wrong with them, each with setting, file and cure
 */
export async function namedFileProblems({ auth, server, hls, cluster }: Config): Promise<readonly string[]> {
	const reading: Promise<unknown>[] = [];
	if (auth.key_file !== null) reading.push(readKeyFile(auth.key_file));
	if (server.tls !== null) reading.push(readCertificate(server.tls));
	const { role, tls } = cluster;
	if (role === 'main' && typeof tls?.cert === 'string' && typeof tls.key === 'string') {
		reading.push(readCertificate({ cert: tls.cert, key: tls.key }, NODE_TLS));
	}
	if (role === 'sub' && typeof tls?.ca === 'string') reading.push(readAuthorities(tls.ca, `${NODE_TLS}.ca`));
	if (hls.enabled) reading.push(tryFolder('hls.output_dir', hls.output_dir));
	const results = await Promise.allSettled(reading);
	return results.flatMap((result) => (result.status === 'rejected' ? [toError(result.reason).message] : []));
}

/** What is made is taken away again. @throws Error that names the setting, the folder and the cure */
async function tryFolder(setting: string, path: string): Promise<void> {
	try {
		await rmdir(await mkdtemp(join(await nearest(resolve(path)), '.dualcast-')));
	} catch (thrown) {
		const { code = 'unknown' } = thrown as NodeJS.ErrnoException;
		throw new Error(
			`${setting}: cannot write to ${path} (${code}); give the path of a folder that this user may write to`,
		);
	}
}

/** The folder itself, or the one above in which it would be made. */
async function nearest(path: string): Promise<string> {
	const missing = await stat(path).then(
		() => false,
		({ code }: NodeJS.ErrnoException) => code === 'ENOENT',
	);
	return missing && dirname(path) !== path ? nearest(dirname(path)) : path;
}
