import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

const ANSWER_DEADLINE_MS = 60_000;

/**
 * A part of the bench in a process of its own, so that its cost is not counted with another's. The module sends
 * `ready` (with facts) once and then one answer for each message, in order.
 */
export class Child<Ready, Message, Answer> {
	/** What it said when it was up. */
	readonly ready: Ready;
	readonly #process: ChildProcess;

	private constructor(process: ChildProcess, ready: Ready) {
		this.#process = process;
		this.ready = ready;
	}

	/** @param module beside this file */
	static async start<Ready, Message = never, Answer = never>(
		module: string,
		args: readonly string[] = [],
	): Promise<Child<Ready, Message, Answer>> {
		const process = fork(new URL(module, import.meta.url), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
		return new Child(process, (await nextMessage(process)) as Ready);
	}

	get pid(): number {
		return this.#process.pid as number;
	}

	/** One question at a time. */
	ask(message: Message): Promise<Answer> {
		const answer = nextMessage(this.#process) as Promise<Answer>;
		this.#process.send(message as object);
		return answer;
	}

	async stop(): Promise<void> {
		if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
		const exited = once(this.#process, 'exit');
		this.#process.kill('SIGKILL');
		await exited;
	}
}

async function nextMessage(process: ChildProcess): Promise<unknown> {
	const settled = new AbortController();
	const signal = AbortSignal.any([settled.signal, AbortSignal.timeout(ANSWER_DEADLINE_MS)]);
	const message = once(process, 'message', { signal });
	const exit = once(process, 'exit', { signal });
	try {
		const [value] = await Promise.race([
			message,
			exit.then(([code]) => Promise.reject(new Error(`a part of the bench ended with code ${code}`))),
		]);
		return value;
	} finally {
		settled.abort();
		await Promise.allSettled([message, exit]);
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
