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

const MAX_FILE_CHARACTERS = 1024 * 1024;

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
	const text = await readText(file);
	if (text.length > MAX_FILE_CHARACTERS) {
		throw new ConfigError(file, [{ path: [], message: 'the file is larger than 1 MiB; is it a configuration?' }]);
	}
	return parseConfig(text, file, env);
}

async function readText(file: string): Promise<string> {
	try {
		return await readFile(file, 'utf8');
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
