import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { readInputs, writeInput } from './corpus.ts';
import { Coverage } from './coverage.ts';
import { examine, type Find, Fuzzer, minimize } from './fuzzer.ts';
import type { FuzzTarget } from './target.ts';
import { TARGETS } from './targets.ts';

const SECONDS = 60;
/** Reading the counters takes long: they are read once a batch, and batches grow while nothing is new. */
const MAX_BATCH = 4096;
/** Part of the time in which the corpus grows. */
const EXPLORING = 0.3;
const PROGRESS_MS = 10_000;
const MINIMIZE_MS = 10_000;
/** Bytes by which the process may grow over a run: parsers forget what they read. */
const MAX_GROWTH = 64 * 1024 * 1024;
const USAGE = 'usage: npm run fuzz -- [TARGET…] [--seconds N] [--seed N] [--keep] [--replay FILE]';

type Options = { seconds: number; seed: number; keep: boolean; replay: string | undefined; targets: FuzzTarget[] };

function readOptions(words: readonly string[]): Options {
	const options: Options = {
		seconds: SECONDS,
		seed: Math.floor(Math.random() * 2 ** 32),
		keep: false,
		replay: undefined,
		targets: [],
	};
	for (let at = 0; at < words.length; at++) {
		const word = words[at] as string;
		const target = TARGETS.find(({ name }) => name === word);
		if (target) options.targets.push(target);
		else if (word === '--keep') options.keep = true;
		else if (word === '--replay') options.replay = words[++at];
		else if (word === '--seconds' || word === '--seed')
			options[word.slice(2) as 'seconds' | 'seed'] = Number(words[++at]);
		else throw new Error(`${USAGE}\ntargets: ${TARGETS.map(({ name }) => name).join(' ')}`);
	}
	if (Number.isNaN(options.seconds + options.seed)) throw new Error(USAGE);
	if (options.targets.length === 0) options.targets = [...TARGETS];
	return options;
}

/** Runs one target until the time is over or a promise is broken. */
async function fuzz(target: FuzzTarget, coverage: Coverage, options: Options): Promise<Find | undefined> {
	const stored = [...readInputs('corpus', target.name), ...readInputs('crashers', target.name)];
	const fuzzer = new Fuzzer(
		target,
		stored.map(({ bytes }) => bytes),
		options.seed,
	);
	coverage.grows(() => {
		for (const { bytes } of stored) examine(target, bytes);
	}, true);
	const startMemory = await memory();
	const start = performance.now();
	const end = start + options.seconds * 1000;
	/** Counters cost more than the parsers: they are used until the corpus has grown. */
	const explored = start + options.seconds * 1000 * EXPLORING;
	let inputs = 0;
	let progress = start + PROGRESS_MS;
	for (let size = 32; performance.now() < end; ) {
		// Lets the engine give back what native objects held.
		await setImmediate();
		const batch = Array.from({ length: size }, () => fuzzer.next());
		let find: Find | undefined;
		const run = () => {
			for (const input of batch) {
				if (find || performance.now() > end) break;
				inputs += 1;
				const why = examine(target, input);
				if (why !== undefined) find = { input, why };
			}
		};
		if (performance.now() < explored) {
			if (coverage.grows(run, false) && !find) keepWhatGrows(fuzzer, batch, coverage, options.keep);
			else size = Math.min(MAX_BATCH, size * 2);
		} else {
			coverage.close();
			run();
		}
		if (find) return minimize(target, find, performance.now() + MINIMIZE_MS);
		if (performance.now() > progress) {
			report(fuzzer, coverage, inputs, start);
			progress += PROGRESS_MS;
		}
	}
	report(fuzzer, coverage, inputs, start);
	const growth = (await memory()) - startMemory;
	if (growth > MAX_GROWTH) throw new Error(`${target.name}: the process grew by ${growth} bytes`);
	return undefined;
}

/** Finds the inputs of a batch that reach new code, by halves. */
function keepWhatGrows(fuzzer: Fuzzer, batch: readonly Uint8Array[], coverage: Coverage, store: boolean): void {
	const { target } = fuzzer;
	const [only] = batch;
	if (batch.length === 1 && only) {
		if (!coverage.grows(() => examine(target, only), true)) return;
		fuzzer.keep(only);
		if (store) writeInput('corpus', target.name, only);
		return;
	}
	const middle = batch.length >> 1;
	for (const half of [batch.slice(0, middle), batch.slice(middle)]) {
		const grows = coverage.grows(() => {
			for (const input of half) examine(target, input);
		}, false);
		if (grows) keepWhatGrows(fuzzer, half, coverage, store);
	}
}

function report(fuzzer: Fuzzer, coverage: Coverage, inputs: number, start: number): void {
	const seconds = (performance.now() - start) / 1000;
	say(
		`${fuzzer.target.name}: ${seconds.toFixed(0)} s, ${inputs} inputs, ${(inputs / seconds).toFixed(0)}/s, ` +
			`${coverage.reached} characters of code, ${fuzzer.corpusSize} in the corpus`,
	);
}

function say(line: string): void {
	process.stdout.write(`${line}\n`);
}

async function memory(): Promise<number> {
	for (let pass = 0; pass < 2; pass++) {
		globalThis.gc?.();
		await setImmediate();
	}
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}

const options = readOptions(process.argv.slice(2));
say(`seed ${options.seed}`);
if (options.replay !== undefined) {
	const input = new Uint8Array(readFileSync(options.replay));
	for (const target of options.targets) say(`${target.name}: ${examine(target, input) ?? 'keeps its promises'}`);
	process.exit();
}
let finds = 0;
for (const target of options.targets) {
	const coverage = new Coverage(new URL('../../src/', import.meta.url).href);
	const find = await fuzz(target, coverage, options);
	coverage.close();
	if (!find) continue;
	finds += 1;
	const file = writeInput('crashers', target.name, find.input);
	say(`${target.name}: ${find.why}\n  npm run fuzz -- ${target.name} --replay ${file}`);
}
process.exitCode = finds > 0 ? 1 : 0;
