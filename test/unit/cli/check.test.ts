import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { check } from '../../../src/cli/check.ts';
import type { CertificateFiles } from '../../../src/http/certificate.ts';
import { makeCertificate } from '../../fakes/certificates.ts';

let folder: string;
let good: CertificateFiles;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'config-check-'));
	good = await makeCertificate(folder, 'good');
});
afterEach(() => rm(folder, { recursive: true }));

/** What the command says of a configuration, and its exit code. */
async function said(config: object): Promise<{ code: number; out: string; complaints: string[] }> {
	const file = join(folder, 'config.yaml');
	await writeFile(file, JSON.stringify({ streams: {}, ...config }));
	let [out, err] = ['', ''];
	const code = await check(
		{ name: 'check', config: file },
		{ env: {}, stdout: { write: (text) => (out += text) }, stderr: { write: (text) => (err += text) } },
	);
	const lines = err.split('\n').filter((line) => line !== '');
	for (const line of lines) expect(line.startsWith(`${file}: `), line).toBe(true);
	return { code, out, complaints: lines.map((line) => line.slice(file.length + 2)) };
}

const node = (role: string, tls: object) => ({
	auth: { secret: 's'.repeat(32) },
	cluster: { role, secret: 'c'.repeat(32), tls },
});

describe('dualcast config check', () => {
	it('is content with keys and certificates that can be used', async () => {
		const { cert, key } = good;
		const { code, out, complaints } = await said({ server: { tls: good }, auth: { key_file: key } });
		expect([code, complaints]).toEqual([0, []]);
		expect(out).toContain('is good');
		expect((await said(node('main', { cert, key }))).code).toBe(0);
		expect((await said(node('sub', { ca: cert }))).code).toBe(0);
		expect((await said(node('sub', {}))).code).toBe(0);
	});

	it('names each setting whose file is not there, with file and cure', async () => {
		const none = join(folder, 'none.pem');
		const { key } = good;
		const missing = (setting: string) =>
			`${setting}: cannot read ${none} (ENOENT); give the path of a file that this user may read`;
		const both = await said({ server: { tls: { cert: none, key } }, auth: { key_file: none } });
		expect(both).toEqual({ code: 2, out: '', complaints: [missing('auth.key_file'), missing('server.tls.cert')] });
		const main = await said(node('main', { cert: none, key }));
		expect([main.code, main.complaints]).toEqual([2, [missing('cluster.tls.cert')]]);
		const sub = await said(node('sub', { ca: none }));
		expect([sub.code, sub.complaints]).toEqual([2, [missing('cluster.tls.ca')]]);
	});

	it('says of a file that cannot be used what it must hold', async () => {
		const { cert, key } = good;
		const other = await makeCertificate(folder, 'other');
		const strange = await said({ auth: { key_file: cert } });
		expect(strange.complaints).toEqual([expect.stringContaining(`auth.key_file: cannot use ${cert}; it must hold a`)]);
		const mixed = await said({ server: { tls: { cert, key: other.key } } });
		expect(mixed.complaints).toEqual([expect.stringContaining(`server.tls.key: ${other.key} is not the key of`)]);
		expect((await said(node('sub', { ca: key }))).complaints).toEqual([expect.stringContaining('cluster.tls.ca: ')]);
	});

	it('names a folder of HLS that cannot be written to, and leaves nothing in one that can', async () => {
		const trial = (path: string, enabled = true) => said({ hls: { enabled, output_dir: path } });
		for (const [path, code] of [
			[good.cert, 'ENOTDIR'],
			[join(good.cert, 'hls'), 'ENOTDIR'],
			['/proc/dualcast/hls', 'ENOENT'],
		] as const) {
			const cure = 'give the path of a folder that this user may write to';
			expect(await trial(path)).toEqual({
				code: 2,
				out: '',
				complaints: [`hls.output_dir: cannot write to ${path} (${code}); ${cure}`],
			});
			expect((await trial(path, false)).code).toBe(0);
		}
		const before = await readdir(folder);
		expect((await trial(folder)).code).toBe(0);
		expect((await trial(join(folder, 'one', 'two'))).code).toBe(0);
		expect(await readdir(folder)).toEqual(before);
	});

	it('looks at no file that a start would not look at', async () => {
		const none = join(folder, 'none.pem');
		expect((await said(node('main', { ...good, ca: none }))).code).toBe(0);
		expect((await said(node('sub', { cert: none, key: none }))).code).toBe(0);
		expect((await said(node('standalone', { cert: none, key: none, ca: none }))).code).toBe(0);
	});
});
