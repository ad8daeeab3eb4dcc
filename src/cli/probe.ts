import type { Clock } from '../base/clock.ts';
import { DualcastError } from '../base/errors.ts';
import { redact } from '../base/redact.ts';
import { probe as look, type ProbeStep } from '../probe/probe.ts';
import type { ProbeReport } from '../probe/report.ts';
import type { Command } from './arguments.ts';
import { EXIT, signalExitCode } from './exit-code.ts';
import type { LogOutput } from './logger.ts';
import { probeCard } from './probe-card.ts';
import type { Surroundings } from './run.ts';
import { stopRequest } from './stop-request.ts';

const SPIN_MS = 120;
const SPINNER = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const CLEAR_LINE = '\r\x1b[K';
const DEFAULT_COLUMNS = 100;

/** Looks at one camera and says what it is and where it plays. @returns the exit code */
export async function probe(
	{ camera, json }: Extract<Command, { name: 'probe' }>,
	around: Pick<Surroundings, 'env' | 'stdout' | 'stderr' | 'events' | 'clock' | 'openCamera'>,
): Promise<number> {
	const { stdout, stderr, clock, env } = around;
	const abort = new AbortController();
	let signalled: number | undefined;
	void stopRequest(around.events).then(({ reason }) => {
		signalled = signalExitCode(reason === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
		abort.abort();
	});
	const progress = new Progress(stderr, clock);
	try {
		const source = await around.openCamera(camera);
		progress.show(source.label);
		const onStep = (step: ProbeStep) => progress.enter(step);
		const report = await look({ source, clock, signal: abort.signal, onStep });
		progress.end();
		stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : probeCard(report, styleOf(stdout, env)));
		return playsSomewhere(report) ? EXIT.ok : EXIT.failure;
	} catch (failure) {
		progress.end();
		if (signalled !== undefined) return signalled;
		if (!(failure instanceof DualcastError)) throw failure;
		const message = redact(failure.message);
		if (json) stdout.write(`${JSON.stringify({ error: { code: failure.code, message } }, null, 2)}\n`);
		stderr.write(`dualcast: ${message} (${failure.code})\n`);
		return EXIT.failure;
	}
}

function playsSomewhere({ outputs }: ProbeReport): boolean {
	return outputs.some(({ verdict }) => verdict === 'plays' || verdict === 'plays_without_sound');
}

function styleOf(output: LogOutput, env: Surroundings['env']): { color: boolean; columns: number } {
	return { color: (output.isTTY ?? false) && !env.NO_COLOR, columns: output.columns ?? DEFAULT_COLUMNS };
}

/** One line that moves, on a terminal only. */
class Progress {
	readonly #output: LogOutput;
	readonly #clock: Clock;
	#text = '';
	#label = '';
	#frame = 0;
	#timer: { cancel(): void } | undefined;

	constructor(output: LogOutput, clock: Clock) {
		this.#output = output;
		this.#clock = clock;
	}

	show(label: string): void {
		this.#label = label;
		if (this.#output.isTTY) this.#timer = this.#clock.every(SPIN_MS, () => this.#draw());
	}

	enter(step: ProbeStep): void {
		this.#text = step === 'connecting' ? `Connecting to ${this.#label}` : 'Watching what it sends, a few seconds';
		if (this.#timer) this.#draw();
	}

	end(): void {
		if (!this.#timer) return;
		this.#timer.cancel();
		this.#timer = undefined;
		this.#output.write(CLEAR_LINE);
	}

	#draw(): void {
		this.#output.write(`${CLEAR_LINE}${SPINNER[this.#frame++ % SPINNER.length]} ${this.#text}`);
	}
}
