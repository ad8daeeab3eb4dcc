import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CertificateFiles } from '../../src/http/certificate.ts';

const run = promisify(execFile);

/** Writes a self-signed certificate for localhost and its key into a folder. */
export async function makeCertificate(folder: string, name: string, days = 30): Promise<CertificateFiles> {
	const [cert, key] = [join(folder, `${name}-cert.pem`), join(folder, `${name}-key.pem`)];
	const names = '-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1';
	const form = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days ${days} ${names}`;
	await run('openssl', [...form.split(' '), '-keyout', key, '-out', cert]);
	return { cert, key };
}
