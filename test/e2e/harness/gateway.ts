import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = new URL('../../../dist/main.js', import.meta.url).pathname;
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 12_000;

/** A built gateway in a process of its own, with a working directory of its own. */
export type RunningGateway = {
	/** Without a slash at the end. */
	readonly url: string;
	readonly port: number;
	/** Where it runs; `hls/` is here. */
	readonly directory: string;
	readonly process: ChildProcess;
	/** All it wrote so far. */
	output(): string;
	/** Ends it as Ctrl+C would and waits. @returns the exit code */
	stop(): Promise<number | null>;
	/** Ends it with no chance to say goodbye, and waits. */
	kill(): Promise<void>;
};

/**
 * Runs `node dist/main.js` with a configuration and waits until it is ready.
 *
 * @param config YAML; give `webrtc.udp_port: 0` so that gateways do not meet
 * @param options `port` to come back at the port of an earlier one; by default the system chooses;
 * `around` a command that runs the one given to it as arguments
 * @throws Error with all the gateway wrote, when it does not start
 */
export async function startGateway(
	config: string,
	options: { port?: number; around?: readonly string[] } = {},
): Promise<RunningGateway> {
	if (!existsSync(MAIN) || !existsSync(join(MAIN, '../web/index.html'))) {
		throw new Error('dist/ is not built: run "npm run build" before the end-to-end tests');
	}
	const directory = await mkdtemp(join(tmpdir(), 'dualcast-e2e-'));
	const file = join(directory, 'config.yaml');
	await writeFile(file, config);
	const own = [process.execPath, MAIN, '--config', file, '--port', String(options.port ?? 0)];
	const [command = '', ...args] = [...(options.around ?? []), ...own];
	const child = spawn(command, args, {
		cwd: directory,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let output = '';
	child.stderr.on('data', (chunk) => {
		output += chunk;
	});
	const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
	// A test that fails before it stops its gateway must not leave it running.
	const abandon = () => child.kill('SIGKILL');
	process.once('exit', abandon);
	const end = async (signal: NodeJS.Signals) => {
		if (child.exitCode === null) child.kill(signal);
		const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
		const code = await exited;
		clearTimeout(timer);
		process.off('exit', abandon);
		await rm(directory, { recursive: true, force: true });
		return code;
	};
	const address = await new Promise<string>((resolve, reject) => {
		const fail = (why: string) => reject(new Error(`the gateway ${why}:\n${output}`));
		const timer = setTimeout(() => fail('did not start in time'), START_DEADLINE_MS);
		child.stdout.on('data', (chunk) => {
			output += chunk;
			const ready = /is ready: (http:\S+)/.exec(output)?.[1];
			if (ready !== undefined) {
				clearTimeout(timer);
				resolve(ready);
			}
		});
		void exited.then((code) => {
			clearTimeout(timer);
			fail(`ended with code ${code}`);
		});
	}).catch(async (failure: unknown) => {
		await end('SIGKILL');
		throw failure;
	});
	const url = new URL(address);
	return {
		url: url.origin,
		port: Number(url.port),
		directory,
		process: child,
		output: () => output,
		stop: () => end('SIGTERM'),
		kill: async () => void (await end('SIGKILL')),
	};
}
