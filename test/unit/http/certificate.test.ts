import { X509Certificate } from 'node:crypto';
import { appendFile, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Logger, silentLogger } from '../../../src/base/logger.ts';
import {
	type Certificate,
	type CertificateFiles,
	CertificateWatch,
	readAuthorities,
	readCertificate,
} from '../../../src/http/certificate.ts';
import { makeCertificate } from '../../fakes/certificates.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

let folder: string;
let files: CertificateFiles;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'certificate-'));
	files = await makeCertificate(folder, 'one');
});
afterEach(() => rm(folder, { recursive: true }));

describe('a certificate', () => {
	it('is read with its end', async () => {
		const { expiresAt } = await readCertificate(files);
		const days = (expiresAt - Date.now()) / (24 * 3600_000);
		expect([days > 29, days < 31]).toEqual([true, true]);
	});

	it('that cannot be used is refused with setting, file and cure', async () => {
		const other = await makeCertificate(folder, 'other');
		const empty = join(folder, 'empty.pem');
		await writeFile(empty, '');
		const { raw } = new X509Certificate(await readFile(files.cert));
		const der = join(folder, 'one.cer');
		await writeFile(der, raw);
		const broken = join(folder, 'broken.pem');
		await writeFile(broken, `${await readFile(files.cert)}-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----\n`);
		const cases: [CertificateFiles, string][] = [
			[{ ...files, cert: '/none.pem' }, 'server.tls.cert: cannot read /none.pem (ENOENT); give the path'],
			[{ ...files, key: '/none.pem' }, 'server.tls.key: cannot read /none.pem (ENOENT); give the path'],
			[{ ...files, cert: empty }, `server.tls.cert: cannot use ${empty}; it must hold the certificate in PEM`],
			[{ ...files, cert: der }, `server.tls.cert: cannot use ${der}; it must hold the certificate in PEM`],
			[{ ...files, cert: broken }, `server.tls.cert: cannot use ${broken}; it must hold the certificate in PEM`],
			[{ ...files, key: files.cert }, `server.tls.key: cannot use ${files.cert}; it must hold the private key in PEM`],
			[{ ...files, key: other.key }, `server.tls.key: ${other.key} is not the key of the first certificate in`],
		];
		for (const [wrong, message] of cases) {
			const refusal = await readCertificate(wrong).catch((error: Error) => error.message);
			expect(refusal).toContain(message);
		}
		const key = { ...files, key: '/none.pem' };
		await expect(readCertificate(key, 'cluster.tls')).rejects.toThrow('cluster.tls.key: cannot read /none.pem');
	});

	it('of authorities is refused likewise', async () => {
		expect(await readAuthorities(files.cert, 'cluster.tls.ca')).toEqual((await readCertificate(files)).cert);
		const refusal = (file: string) => readAuthorities(file, 'cluster.tls.ca').catch((error: Error) => error.message);
		expect(await refusal('/none.pem')).toContain('cluster.tls.ca: cannot read /none.pem (ENOENT)');
		const { raw } = new X509Certificate(await readFile(files.cert));
		const other = join(folder, 'other.pem');
		const bad = [raw, '', `${await readFile(files.cert)}-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----\n`];
		for (const content of [await readFile(files.key), ...bad]) {
			await writeFile(other, content);
			expect(await refusal(other)).toContain(`cluster.tls.ca: cannot use ${other}; it must hold certificates`);
		}
		const ring = `# ours\r\n${await readFile(files.cert)}\r\n${await readFile(files.cert)}`;
		await writeFile(other, ring);
		expect(`${await readAuthorities(other, 'cluster.tls.ca')}`).toBe(ring);
	});
});

describe('a certificate in use', () => {
	let clock: VirtualClock;
	let changes: Certificate[];
	let told: string[];
	let watch: CertificateWatch;

	async function start(wall = Date.now()): Promise<void> {
		clock = new VirtualClock(wall);
		changes = [];
		told = [];
		const logger: Logger = {
			...silentLogger,
			info: (_, message) => told.push(message),
			warn: (_, message) => told.push(message),
		};
		const onChange = (certificate: Certificate) => changes.push(certificate);
		watch = new CertificateWatch({ files, clock, logger, onChange }, await readCertificate(files));
	}
	afterEach(() => watch.close());

	it('is exchanged when its files change, and only then', async () => {
		await start();
		await clock.advance(10_000);
		await watch.look();
		expect(changes).toEqual([]);
		const next = await makeCertificate(folder, 'next');
		await copyFile(next.cert, files.cert);
		await copyFile(next.key, files.key);
		await clock.advance(10_000);
		await vi.waitFor(() => expect(changes.length).toBe(1));
		expect(changes[0]?.cert.equals((await readCertificate(next)).cert)).toBe(true);
		expect(told).toEqual(['the certificate was exchanged']);
	});

	it('stays while the new one cannot be used, which is told once', async () => {
		await start();
		const next = await makeCertificate(folder, 'next');
		await copyFile(next.cert, files.cert);
		for (let look = 0; look < 3; look++) await watch.look();
		expect(changes).toEqual([]);
		expect(told).toEqual(['the changed certificate cannot be used; the old one stays']);
		await copyFile(next.key, files.key);
		await watch.look();
		expect(changes.length).toBe(1);
	});

	it('stays for a chain that TLS cannot read, which is told', async () => {
		await start();
		await appendFile(files.cert, '-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----\n');
		await watch.look();
		expect(changes).toEqual([]);
		expect(told).toEqual(['the changed certificate cannot be used; the old one stays']);
	});

	const ENDS = 'the certificate of server.tls ends soon, or has ended; renew it';
	const inDays = (days: number) => Date.now() + days * 24 * 3600_000;

	it('is said to end soon at the start, once', async () => {
		await start(inDays(25));
		expect(told).toEqual([ENDS]);
		await watch.look();
		await watch.look();
		expect(told).toEqual([ENDS]);
	});

	it('is said to end soon while it is in use, and each one anew', async () => {
		await start();
		const wall = vi.spyOn(clock, 'wall').mockReturnValue(inDays(22));
		await watch.look();
		expect(told).toEqual([]);
		wall.mockReturnValue(inDays(24));
		await watch.look();
		expect(told).toEqual([ENDS]);
		const next = await makeCertificate(folder, 'next', 90);
		await copyFile(next.cert, files.cert);
		await copyFile(next.key, files.key);
		await watch.look();
		await watch.look();
		expect(told.slice(1)).toEqual(['the certificate was exchanged']);
		wall.mockReturnValue(inDays(84));
		await watch.look();
		expect(told.slice(2)).toEqual([ENDS]);
	});

	it('is exchanged once by two looks at the same time, and not at all after the end', async () => {
		await start();
		const next = await makeCertificate(folder, 'next');
		await copyFile(next.cert, files.cert);
		await copyFile(next.key, files.key);
		await Promise.all([watch.look(), watch.look()]);
		expect(changes.length).toBe(1);
		const look = vi.spyOn(watch, 'look');
		watch.close();
		await clock.advance(20_000);
		expect(look).not.toHaveBeenCalled();
	});
});
