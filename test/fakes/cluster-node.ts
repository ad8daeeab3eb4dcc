import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { TIMES } from './cluster-scene.ts';

const DEADLINE_MS = 30_000;

/** A main with one camera in a process of its own. */
export class ClusterNodeProcess {
	/** What it said so far: the fence under which it got the camera, `lost`, or `watched`. */
	readonly lines: string[] = [];
	readonly #process: ChildProcess;
	#heard: () => void = () => {};

	/** @param options.listens at a port that other mains watch */
	constructor(redisUrl: string, id: string, stream: string, options: { ttl?: number; listens?: boolean } = {}) {
		const script = new URL('cluster-node-process.ts', import.meta.url).pathname;
		const { ttl = TIMES.ttl, listens = false } = options;
		const node = [redisUrl, id, stream, String(TIMES.heartbeat), String(ttl), listens ? 'listens' : 'hides'];
		const words = ['--import', 'tsx', script, ...node];
		this.#process = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
		if (!this.#process.stdout) throw new Error('no output');
		createInterface({ input: this.#process.stdout }).on('line', (line) => {
			this.lines.push(line);
			this.#heard();
		});
	}

	/** Waits until it has said so many lines. */
	said(count: number): Promise<void> {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(`it said only: ${this.lines.join(', ')}`)), DEADLINE_MS);
			this.#heard = () => {
				if (this.lines.length < count) return;
				clearTimeout(timer);
				resolve();
			};
			this.#heard();
		});
	}

	pause(): void {
		this.#process.kill('SIGSTOP');
	}

	resume(): void {
		this.#process.kill('SIGCONT');
	}

	async kill(): Promise<void> {
		if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
		const ended = once(this.#process, 'exit');
		this.#process.kill('SIGKILL');
		await ended;
	}
}
