import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './wait.ts';

const START_DEADLINE_MS = 60_000;
const PREFERENCES = {
	'marionette.port': 0,
	'media.autoplay.default': 0,
	'browser.shell.checkDefaultBrowser': false,
	'datareporting.policy.dataSubmissionEnabled': false,
	'app.update.enabled': false,
};

/** The machine's Firefox, headless, driven by its own Marionette protocol: `length:[type, id, name, body]` over TCP. */
export class Firefox {
	readonly #process: ChildProcess;
	readonly #profile: string;
	readonly #socket: Socket;
	readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
	#received = Buffer.alloc(0);
	#commands = 0;

	/** @throws Error when it does not start in time */
	static async launch(): Promise<Firefox> {
		const profile = await mkdtemp(join(tmpdir(), 'dualcast-firefox-'));
		const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
		await writeFile(join(profile, 'user.js'), lines.join('\n'));
		const words = ['--headless', '--marionette', '--no-remote', '--profile', profile];
		const child = spawn('/usr/bin/firefox-esr', words, { stdio: 'ignore', env: { ...process.env, HOME: profile } });
		try {
			// It writes the port it took where it was told 0.
			const port = await eventually(
				() => readFile(join(profile, 'MarionetteActivePort'), 'utf8').catch(() => ''),
				(text) => /^\d+$/.test(text.trim()),
				START_DEADLINE_MS,
			);
			const socket = connect(Number(port), '127.0.0.1');
			const firefox = new Firefox(child, profile, socket);
			await firefox.#command('WebDriver:NewSession', {});
			return firefox;
		} catch (error) {
			child.kill('SIGKILL');
			throw error;
		}
	}

	private constructor(process: ChildProcess, profile: string, socket: Socket) {
		this.#process = process;
		this.#profile = profile;
		this.#socket = socket;
		socket.on('data', (data) => this.#onData(data));
		socket.on('close', () => {
			for (const { reject } of this.#waiting.values()) reject(new Error('Firefox went away'));
		});
		socket.on('error', () => {});
	}

	async goto(url: string): Promise<void> {
		await this.#command('WebDriver:Navigate', { url });
	}

	/** The value of an expression in the page. */
	async evaluate<Value>(expression: string): Promise<Value> {
		const body = { script: `return ${expression}`, args: [] };
		const { value } = (await this.#command('WebDriver:ExecuteScript', body)) as { value: Value };
		return value;
	}

	async close(): Promise<void> {
		this.#socket.destroy();
		const exited = new Promise((resolve) => this.#process.once('exit', resolve));
		this.#process.kill('SIGKILL');
		await exited;
		await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
	}

	#command(name: string, body: object): Promise<unknown> {
		const id = ++this.#commands;
		const message = JSON.stringify([0, id, name, body]);
		this.#socket.write(`${Buffer.byteLength(message)}:${message}`);
		return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
	}

	#onData(data: Buffer): void {
		this.#received = Buffer.concat([this.#received, data]);
		for (;;) {
			const colon = this.#received.indexOf(':');
			const end = colon + 1 + Number(this.#received.toString('latin1', 0, Math.max(0, colon)));
			if (colon < 0 || this.#received.length < end) return;
			const message: unknown = JSON.parse(this.#received.toString('utf8', colon + 1, end));
			this.#received = this.#received.subarray(end);
			// The first one is a greeting.
			if (!Array.isArray(message)) continue;
			const [, id, error, result] = message as [number, number, { message: string } | null, unknown];
			const waiting = this.#waiting.get(id);
			this.#waiting.delete(id);
			if (error) waiting?.reject(new Error(error.message));
			else waiting?.resolve(result);
		}
	}
}
