import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from '../camera/free-port.ts';

const START_DEADLINE_MS = 10_000;

/** A Redis server of a test's own, that can be stopped, paused and started again on the same port. It saves nothing. */
export class TestRedis {
	readonly port: number;
	#process: ChildProcess | undefined;

	readonly #password: string | undefined;

	private constructor(port: number, password: string | undefined) {
		this.port = port;
		this.#password = password;
	}

	static async start(options: { readonly password?: string } = {}): Promise<TestRedis> {
		const redis = new TestRedis(await freePort(), options.password);
		await redis.start();
		return redis;
	}

	get url(): string {
		return `redis://127.0.0.1:${this.port}`;
	}

	async start(): Promise<void> {
		const words = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
		if (this.#password !== undefined) words.push('--requirepass', this.#password);
		this.#process = spawn('redis-server', words, { stdio: 'ignore' });
		const failed = once(this.#process, 'error').then(([error]) => Promise.reject(error));
		await Promise.race([answers(this.port), failed]);
	}

	/** Kills it at once; connections break. */
	async stop(): Promise<void> {
		const running = this.#process;
		this.#process = undefined;
		if (!running || running.exitCode !== null) return;
		const ended = once(running, 'exit');
		running.kill('SIGKILL');
		await ended;
	}

	/** It keeps its connections, and answers nothing. */
	pause(): void {
		this.#process?.kill('SIGSTOP');
	}

	resume(): void {
		this.#process?.kill('SIGCONT');
	}
}

async function answers(port: number): Promise<void> {
	const deadline = Date.now() + START_DEADLINE_MS;
	while (!(await ping(port))) {
		if (Date.now() > deadline) throw new Error('redis-server does not answer');
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

function ping(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
		socket.once('data', () => resolve(true));
		socket.once('data', () => socket.destroy());
		socket.once('error', () => resolve(false));
	});
}
