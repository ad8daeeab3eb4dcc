import { isUtf8 } from 'node:buffer';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ConfigError } from './config-error.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { Environment } from './environment.ts';
import { parseConfig } from './parse.ts';
import type { Config } from './schema.ts';

/** Where the configuration is looked for when no file is named, relative to where Dualcast was started. */
export const DEFAULT_CONFIG_FILE = 'configs/config.yaml';

/** Settings of the command line; they win over the file. */
export type Overrides = { port?: number | undefined; logLevel?: Config['log']['level'] | undefined };

const MAX_FILE_BYTES = 1024 * 1024;

/** The file to load: the named one, else the default one if it is there. */
export function configFile(named: string | undefined): string | undefined {
	return named ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined);
}

/**
 * Loads the configuration.
 *
 * @param file undefined for the default of every setting
 * @throws ConfigError
 */
export async function loadConfig(file: string | undefined, env: Environment): Promise<Config> {
	if (file === undefined) return parseConfig('', 'defaults', env);
	const bytes = await readBytes(file);
	if (bytes.length > MAX_FILE_BYTES) {
		throw new ConfigError(file, [{ path: [], message: 'the file is larger than 1 MiB; is it a configuration?' }]);
	}
	return parseConfig(decode(bytes, file), file, env);
}

/** Letters in another encoding would be lost, and with them a password. */
function decode(bytes: Buffer, file: string): string {
	if (isUtf8(bytes)) return bytes.toString();
	const lines = bytes.toString('latin1').split('\n');
	const line = 1 + lines.findIndex((text) => !isUtf8(Buffer.from(text, 'latin1')));
	throw new ConfigError(file, [{ line, path: [], message: 'these letters are not UTF-8; save the file as UTF-8' }]);
}

async function readBytes(file: string): Promise<Buffer> {
	try {
		return await readFile(file);
	} catch (failure) {
		const code = failure instanceof Error && 'code' in failure ? String(failure.code) : 'EIO';
		throw new ConfigError(file, [{ path: [], message: READ_FAILURES[code] ?? `the file cannot be read (${code})` }]);
	}
}

/** The configuration with the command line's settings in place of the file's. */
export function overrideConfig(config: Config, { port, logLevel }: Overrides): Config {
	return deepFreeze({
		...config,
		server: { ...config.server, port: port ?? config.server.port },
		log: { ...config.log, level: logLevel ?? config.log.level },
	});
}

const READ_FAILURES: Readonly<Record<string, string>> = {
	ENOENT: 'there is no such file; check the path',
	EISDIR: 'this is a folder; give the path of a file',
	EACCES: 'the file may not be read by this user; change its permissions',
};
