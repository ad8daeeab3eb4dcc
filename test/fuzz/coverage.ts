import { Session } from 'node:inspector';

type Range = { readonly startOffset: number; readonly endOffset: number; readonly count: number };
type Script = { readonly url: string; readonly functions: readonly { readonly ranges: readonly Range[] }[] };

/** Which parts of the project's source inputs reach, by the engine's own counters. */
export class Coverage {
	readonly #session = new Session();
	/** For each function, 1 for each character of its text that has run. */
	readonly #reached = new Map<string, Uint8Array>();
	readonly #sources: string;

	/** @param sources URL prefix of the code that counts */
	constructor(sources: string) {
		this.#sources = sources;
		this.#session.connect();
		this.#post('Profiler.enable');
		this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
	}

	/** Characters of source text reached so far. */
	get reached(): number {
		let sum = 0;
		for (const text of this.#reached.values()) for (const character of text) sum += character;
		return sum;
	}

	/** @returns whether `run` reaches what nothing reached before; it is remembered when `remember` says so */
	grows(run: () => void, remember: boolean): boolean {
		this.#take(false);
		run();
		return this.#take(remember);
	}

	/** Lets the code run at full speed again. Idempotent. */
	close(): void {
		this.#session.disconnect();
	}

	/** Reads the counters, which begin anew. */
	#take(remember: boolean): boolean {
		let grows = false;
		for (const { url, functions } of this.#post('Profiler.takePreciseCoverage')) {
			if (!url.startsWith(this.#sources)) continue;
			for (const { ranges } of functions) {
				const [whole] = ranges;
				if (whole && whole.count > 0) grows = this.#compare(`${url}:${whole.startOffset}`, ranges, remember) || grows;
			}
		}
		return grows;
	}

	/** Ranges come outer ones first: an inner one says what was different there. */
	#compare(key: string, ranges: readonly Range[], remember: boolean): boolean {
		const { startOffset, endOffset } = ranges[0] as Range;
		const ran = new Uint8Array(endOffset - startOffset);
		for (const range of ranges) {
			ran.fill(range.count > 0 ? 1 : 0, range.startOffset - startOffset, range.endOffset - startOffset);
		}
		const before = this.#reached.get(key);
		if (before && ran.every((character, at) => character <= (before[at] as number))) return false;
		if (remember) this.#reached.set(key, before ? ran.map((character, at) => character | (before[at] as number)) : ran);
		return true;
	}

	#post(method: string, parameters?: object): readonly Script[] {
		let scripts: readonly Script[] = [];
		this.#session.post(method, parameters, (failure, answer) => {
			if (failure) throw failure;
			scripts = (answer as { result?: readonly Script[] } | undefined)?.result ?? [];
		});
		return scripts;
	}
}
