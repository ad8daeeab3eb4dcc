import { execFile, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createCertificate } from '../../src/webrtc/transport/certificate.ts';
import type { Fingerprint } from '../../src/webrtc/transport/dtls/client-certificate.ts';
import { DtlsSession } from '../../src/webrtc/transport/dtls/session.ts';
import type { MasterKey } from '../../src/webrtc/transport/srtp/srtp-keys.ts';

const run = promisify(execFile);
const cleanups: (() => unknown)[] = [];
const server = createCertificate(Date.now());
let folder = '';

type KeyType = 'ec' | 'ec384' | 'rsa';
const KEY_OPTIONS: Readonly<Record<KeyType, readonly string[]>> = {
	ec: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
	ec384: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1'],
	rsa: ['-newkey', 'rsa:2048'],
};

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'dualcast-dtls-'));
	await Promise.all(
		Object.entries(KEY_OPTIONS).map(([type, options]) => {
			const files = ['-keyout', join(folder, `${type}.key`), '-out', join(folder, `${type}.crt`)];
			return run('openssl', ['req', '-x509', ...options, '-nodes', '-subj', '/CN=viewer', ...files]);
		}),
	);
});
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fingerprint(type: KeyType): Promise<Fingerprint> {
	const { raw } = new X509Certificate(await readFile(join(folder, `${type}.crt`)));
	const value = createHash('sha256')
		.update(raw)
		.digest('hex')
		.replace(/..(?=.)/g, '$&:');
	return { algorithm: 'sha-256', value };
}

/** Lets `openssl s_client` make a handshake with a session on a socket of its own. */
async function handshake(options: readonly string[], type: KeyType = 'ec', offered: KeyType = type) {
	const socket = createSocket('udp4');
	await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
	cleanups.push(() => socket.close());
	const datagrams: number[] = [];
	let port = 0;
	const remoteFingerprint = await fingerprint(offered);
	const outcome = new Promise<{ local: MasterKey; remote: MasterKey } | string>((resolve) => {
		const session = new DtlsSession({
			certificate: server,
			remoteFingerprint,
			clock: systemClock,
			send: (datagram) => socket.send(datagram, port, '127.0.0.1'),
			onSecured: resolve,
			onClosed: resolve,
		});
		cleanups.push(() => session.close());
		socket.on('message', (datagram, from) => {
			port = from.port;
			datagrams.push(datagram.length);
			session.receive(datagram);
		});
	});
	const client = spawn('openssl', [
		...['s_client', '-dtls1_2', '-connect', `127.0.0.1:${socket.address().port}`],
		...['-use_srtp', 'SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80'],
		...['-keymatexport', 'EXTRACTOR-dtls_srtp', '-keymatexportlen', '60'],
		...['-cert', join(folder, `${type}.crt`), '-key', join(folder, `${type}.key`)],
		...options,
	]);
	let output = '';
	const ended = new Promise<void>((resolve) => client.once('close', () => resolve()));
	client.stdout.on('data', (chunk) => {
		output += chunk;
	});
	client.stderr.on('data', (chunk) => {
		output += chunk;
	});
	cleanups.push(() => client.kill('SIGKILL'));
	return { outcome: await outcome, client, ended, datagrams, output: () => output };
}

function expectSameKeys(outcome: Awaited<ReturnType<typeof handshake>>['outcome'], output: string): void {
	if (typeof outcome === 'string') throw new Error(`${outcome}\n${output}`);
	const { local, remote } = outcome;
	const material = Buffer.concat([remote.key, local.key, remote.salt, local.salt]).toString('hex').toUpperCase();
	expect(/Keying material: (\w+)/.exec(output)?.[1]).toBe(material);
}

describe('OpenSSL as a client', () => {
	it.each<[string, KeyType, readonly string[]]>([
		['as it comes', 'ec', []],
		['P-256', 'ec', ['-groups', 'P-256']],
		['X25519', 'ec', ['-groups', 'X25519:P-256']],
		['AES-256', 'ec', ['-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384']],
		['ChaCha20', 'ec', ['-cipher', 'ECDHE-ECDSA-CHACHA20-POLY1305']],
		['an RSA certificate', 'rsa', []],
		['RSA without PSS', 'rsa', ['-sigalgs', 'ECDSA+SHA256:RSA+SHA256']],
		['a P-384 certificate', 'ec384', []],
	])('has the same keys: %s', async (_name, type, options) => {
		const { outcome, client, ended, output } = await handshake(options, type);
		client.stdin.end('Q\n');
		await ended;
		expectSameKeys(outcome, output());
		expect(output()).toMatch(/SRTP Extension negotiated, profile=SRTP_AES128_CM_SHA1_80/);
		expect(output()).toMatch(/Secure Renegotiation IS supported/);
		expect(output()).toMatch(/Extended master secret: yes/);
	});

	it('has the same keys when its flights come in small fragments', async () => {
		const { outcome, client, ended, datagrams, output } = await handshake(['-mtu', '256'], 'rsa');
		client.stdin.end('Q\n');
		await ended;
		expectSameKeys(outcome, output());
		expect(datagrams.length).toBeGreaterThan(5);
		expect(Math.max(...datagrams)).toBeLessThanOrEqual(256);
	});

	it('is refused with a certificate that was not offered, and is told', async () => {
		const { outcome, ended, output } = await handshake([], 'ec', 'rsa');
		expect(outcome).toMatch(/not the one whose fingerprint was offered/);
		await ended;
		expect(output()).toMatch(/alert bad certificate/);
	});

	it.each([
		['RSA key exchange', ['-cipher', 'AES128-GCM-SHA256'], /cipher suite/],
		['a curve of its own', ['-groups', 'P-384'], /elliptic curve/],
	])('is refused with %s, and is told', async (_name, options, reason) => {
		const { outcome, ended, output } = await handshake(options);
		expect(outcome).toMatch(reason);
		await ended;
		expect(output()).toMatch(/handshake failure/);
	});
});
