import { type ChildProcess, fork } from 'node:child_process';

const ANSWER_DEADLINE_MS = 60_000;

/**
 * A part of the bench in a process of its own, so that its cost is not counted with another's. The module sends
 * `ready` (with facts) once and then one answer for each message, in order.
 */
export class Child<Ready, Message, Answer> {
	readonly #process: ChildProcess;
	readonly #waiting: { resolve(value: unknown): void; reject(error: Error): void }[] = [];
	ready: Ready;

	private constructor(process: ChildProcess) {
		this.#process = process;
		this.ready = undefined as Ready;
		process.on('message', (value) => this.#waiting.shift()?.resolve(value));
		process.on('exit', (code) => {
			for (const { reject } of this.#waiting.splice(0)) reject(new Error(`a part of the bench ended with ${code}`));
		});
	}

	/** @param module beside this file */
	static async start<Ready, Message = never, Answer = never>(
		module: string,
		args: readonly string[] = [],
	): Promise<Child<Ready, Message, Answer>> {
		const process = fork(new URL(module, import.meta.url), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
		const child = new Child<Ready, Message, Answer>(process);
		child.ready = (await child.#next()) as Ready;
		return child;
	}

	get pid(): number {
		return this.#process.pid as number;
	}

	ask(message: Message): Promise<Answer> {
		this.#process.send(message as object);
		return this.#next() as Promise<Answer>;
	}

	async stop(): Promise<void> {
		if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
		const exited = new Promise((resolve) => this.#process.once('exit', resolve));
		this.#process.kill('SIGKILL');
		await exited;
	}

	#next(): Promise<unknown> {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error('a part of the bench does not answer')), ANSWER_DEADLINE_MS);
			const settle = () => clearTimeout(timer);
			this.#waiting.push({
				resolve: (value) => {
					settle();
					resolve(value);
				},
				reject: (error) => {
					settle();
					reject(error);
				},
			});
		});
	}
}

/** The child's side: says `ready`, then answers messages one after the other. */
export function serve<Message, Answer>(ready: unknown, answer: (message: Message) => Promise<Answer>): void {
	let tail = Promise.resolve();
	process.on('message', (message) => {
		tail = tail.then(async () => void process.send?.(await answer(message as Message)));
	});
	process.on('disconnect', () => process.exit());
	process.send?.(ready);
}
