import { readKeyFile } from '../auth/signing-keys.ts';
import { toError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import { readAuthorities, readCertificate } from '../http/certificate.ts';

const NODE_TLS = 'cluster.tls';

/**
 * Reads the files of keys and certificates that a start would read.
 *
 * @returns what is wrong with them, each with setting, file and cure
 */
export async function namedFileProblems({ auth, server, cluster }: Config): Promise<readonly string[]> {
	const reading: Promise<unknown>[] = [];
	if (auth.key_file !== null) reading.push(readKeyFile(auth.key_file));
	if (server.tls !== null) reading.push(readCertificate(server.tls));
	const { role, tls } = cluster;
	if (role === 'main' && typeof tls?.cert === 'string' && typeof tls.key === 'string') {
		reading.push(readCertificate({ cert: tls.cert, key: tls.key }, NODE_TLS));
	}
	if (role === 'sub' && typeof tls?.ca === 'string') reading.push(readAuthorities(tls.ca, `${NODE_TLS}.ca`));
	const results = await Promise.allSettled(reading);
	return results.flatMap((result) => (result.status === 'rejected' ? [toError(result.reason).message] : []));
}
