import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configFile, loadConfig, overrideConfig } from '../../../src/config/load.ts';
import { parseConfig } from '../../../src/config/parse.ts';

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'dualcast-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('loadConfig', () => {
	it('reads a file', async () => {
		// biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to the environment
		const text = '\uFEFFserver:\r\n  port: ${P}\r\n';
		const file = join(folder, 'good.yaml');
		writeFileSync(file, text);
		expect((await loadConfig(file, { P: '81' })).server.port).toBe(81);
	});

	it('has the default of every setting without a file', async () => {
		expect(await loadConfig(undefined, {})).toEqual(parseConfig('', 'c.yaml', {}));
	});

	it('looks for configs/config.yaml when no file is named', () => {
		expect(configFile(undefined)).toBe('configs/config.yaml');
		expect(configFile('other.yaml')).toBe('other.yaml');
	});

	it('refuses a named file that is not there, a folder and a huge file', async () => {
		const missing = join(folder, 'missing.yaml');
		await expect(loadConfig(missing, {})).rejects.toThrow(`${missing}: there is no such file`);
		await expect(loadConfig(folder, {})).rejects.toThrow('this is a folder');
		const huge = join(folder, 'huge.yaml');
		writeFileSync(huge, '#'.repeat(1024 * 1024 + 1));
		await expect(loadConfig(huge, {})).rejects.toThrow('larger than 1 MiB');
	});

	it('refuses what is not UTF-8, which would lose letters of a password', async () => {
		const file = join(folder, 'other.yaml');
		const text = 'streams:\n  cam: { source: rtsp://h/, username: u, password: Tür }\n';
		writeFileSync(file, text, 'latin1');
		await expect(loadConfig(file, {})).rejects.toThrow(`${file}:2:1: these letters are not UTF-8; save the file`);
		writeFileSync(file, `\uFEFF${text}`, 'utf16le');
		await expect(loadConfig(file, {})).rejects.toThrow(`${file}:1:1: these letters are not UTF-8`);
		writeFileSync(file, text);
		expect((await loadConfig(file, {})).streams.cam?.credentials?.password).toBe('Tür');
	});
});

describe('overrideConfig', () => {
	const config = parseConfig('', 'c.yaml', {});

	it('puts the command line in place of the file', () => {
		const changed = overrideConfig(config, { port: 0, logLevel: 'debug' });
		expect(changed.server).toEqual({ host: '0.0.0.0', port: 0, tls: null });
		expect(changed.log.level).toBe('debug');
		expect(Object.isFrozen(changed.server)).toBe(true);
	});

	it('leaves what it does not name', () => {
		expect(overrideConfig(config, {})).toEqual(config);
	});
});
