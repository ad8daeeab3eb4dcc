import { parseArgs } from 'node:util';
import type { Config } from '../config/schema.ts';
import { type StreamSettings, stream, TRANSPORTS } from '../config/stream.ts';

/** What the command line asks for. */
export type Command =
	| { name: 'run'; config: string | undefined; port: number | undefined; logLevel: LogLevel | undefined }
	| { name: 'check'; config: string | undefined }
	| { name: 'probe'; camera: StreamSettings; json: boolean }
	| { name: 'check-hls'; url: string /** How long to follow it. */; seconds: number; json: boolean }
	| { name: 'help' }
	| { name: 'version' };

type LogLevel = Config['log']['level'];

/** A command line that cannot be understood; the message says what to write. */
export class UsageError extends Error {}

export const HELP = `Dualcast: RTSP cameras in the browser, by WebRTC and by HLS

dualcast [--config FILE] [--port N] [--log-level LEVEL]
    Starts the gateway. Without --config it reads configs/config.yaml, and without that file it
    runs with defaults and the built-in demo camera.

dualcast config check [FILE]
    Says whether a configuration can be used, with the keys and certificates that it names and the
    folder of HLS, and if not, what is wrong and where.

dualcast probe URL [--json] [--transport T]
    Connects to a camera once, for a few seconds, and says what it sends, in which players it plays
    as it is, and what to set at the camera where it does not.

dualcast check URL [--seconds N] [--json]
    Follows any HLS playlist as a strict client does, fetches all that it lists, and says which rules
    of HLS and low-latency HLS it keeps.

-c, --config FILE      configuration file
-p, --port N           port of the pages and the API, in place of server.port
-l, --log-level LEVEL  debug, info, warn or error, in place of log.level
    --json             prints what probe or check found as JSON
    --seconds N        how long check follows a playlist, 1 to 86400; default 30
    --transport T      how probe takes the media, as transport in the configuration; default auto
-v, --version          prints the version
-h, --help             prints this

Exit codes: 0 stopped cleanly, 1 failed (a port in use, for example), 2 bad command line or configuration;
of probe: 0 it plays somewhere, 1 it plays nowhere or the camera cannot be reached;
of check: 0 no rule is broken, 1 a rule is broken, 2 there is no playlist.
`;

/** How long `check` follows a playlist. */
const DEFAULT_SECONDS = 30;
const MAX_SECONDS = 86_400;
/** The commands that an option belongs to; those that are not here belong to all. */
const OWNERS = {
	config: ['dualcast', 'dualcast config check'],
	port: ['dualcast'],
	'log-level': ['dualcast'],
	json: ['dualcast probe', 'dualcast check'],
	seconds: ['dualcast check'],
	transport: ['dualcast probe'],
} as const;
type Option = keyof typeof OWNERS;
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** @throws UsageError */
export function parseArguments(args: readonly string[]): Command {
	const { values, positionals } = parse(args);
	if (values.help) return { name: 'help' };
	if (values.version) return { name: 'version' };
	if (positionals.length === 0) {
		refuseForeign(values, 'dualcast');
		return {
			name: 'run',
			config: values.config,
			port: values.port === undefined ? undefined : parsePort(values.port),
			logLevel: values['log-level'] === undefined ? undefined : parseLogLevel(values['log-level']),
		};
	}
	const [group, verb, file, ...rest] = positionals;
	if (group === 'probe') {
		if (verb === undefined || file !== undefined) throw new UsageError('write dualcast probe URL, with one address');
		refuseForeign(values, 'dualcast probe');
		return { name: 'probe', camera: parseCamera(verb, values.transport), json: values.json ?? false };
	}
	if (group === 'check') {
		if (verb === undefined || file !== undefined) throw new UsageError('write dualcast check URL, with one address');
		refuseForeign(values, 'dualcast check');
		return { name: 'check-hls', url: verb, seconds: parseSeconds(values.seconds), json: values.json ?? false };
	}
	if (group === 'config' && verb !== 'check') throw new UsageError('write dualcast config check [FILE]');
	if (group !== 'config' || rest.length > 0) {
		throw new UsageError(`there is no command "${positionals.join(' ')}"; see dualcast --help`);
	}
	refuseForeign(values, 'dualcast config check');
	if (file !== undefined && values.config !== undefined) {
		throw new UsageError('write dualcast config check [FILE], with one file');
	}
	return { name: 'check', config: file ?? values.config };
}

/** An option that would have no effect was meant for something else. */
function refuseForeign(values: Readonly<Partial<Record<Option, unknown>>>, command: string): void {
	for (const option of Object.keys(OWNERS) as Option[]) {
		const owners: readonly string[] = OWNERS[option];
		if (values[option] === undefined || owners.includes(command)) continue;
		throw new UsageError(`--${option} belongs to ${owners.join(' and ')}; see dualcast --help`);
	}
}

function parse(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			allowPositionals: true,
			options: {
				config: { type: 'string', short: 'c' },
				port: { type: 'string', short: 'p' },
				'log-level': { type: 'string', short: 'l' },
				json: { type: 'boolean' },
				seconds: { type: 'string' },
				transport: { type: 'string' },
				version: { type: 'boolean', short: 'v' },
				help: { type: 'boolean', short: 'h' },
			},
		});
	} catch (failure) {
		const message = failure instanceof Error ? failure.message : String(failure);
		const option = /^Option '([\w-]+)' argument is ambiguous/.exec(message)?.[1];
		const sentence = option === undefined ? message.split('. ')[0] : `${option} needs a value`;
		throw new UsageError(`${sentence}; see dualcast --help`);
	}
}

/** The message does not repeat the address: it may hold a password. */
function parseCamera(source: string, transport: string | undefined): StreamSettings {
	const whole = { source, ...(transport !== undefined && { transport }) };
	if (!/^rtsp[sx]?:\/\//i.test(source)) {
		throw new UsageError('give probe the address of a camera, which begins with rtsp://, rtsps:// or rtspx://');
	}
	const address = stream.safeParse(source);
	if (!address.success) throw new UsageError(address.error.issues[0]?.message ?? 'not the address of a camera');
	const camera = stream.safeParse(whole);
	if (!camera.success) throw new UsageError(`--transport takes ${TRANSPORTS.join(', ')}`);
	return camera.data;
}

function parsePort(text: string): number {
	const port = Number(text);
	if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
	throw new UsageError('--port takes a number from 0 to 65535; 0 takes a free port');
}

function parseSeconds(text = String(DEFAULT_SECONDS)): number {
	const seconds = Number(text);
	if (/^\d{1,5}$/.test(text) && seconds >= 1 && seconds <= MAX_SECONDS) return seconds;
	throw new UsageError(`--seconds takes a whole number from 1 to ${MAX_SECONDS}`);
}

function parseLogLevel(text: string): LogLevel {
	const level = LOG_LEVELS.find((known) => known === text);
	if (level) return level;
	throw new UsageError(`--log-level takes one of ${LOG_LEVELS.join(', ')}`);
}
