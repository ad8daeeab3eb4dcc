import { systemClock } from '../../src/base/clock.ts';
import { SourceError } from '../../src/base/errors.ts';
import { type LogFacts, type Logger, silentLogger } from '../../src/base/logger.ts';
import { createRtspSource, type RtspSourceOptions } from '../../src/rtsp/client/rtsp-source.ts';
import type { Source } from '../../src/stream/source.ts';
import { RecordingSink } from '../fakes/recording-sink.ts';

/** A source with what a test does not care about filled in. */
export function rtspSource(url: string, options: Partial<RtspSourceOptions> = {}): Source {
	return createRtspSource({
		url,
		transport: 'auto',
		clock: systemClock,
		logger: silentLogger,
		userAgent: 'dualcast-test',
		...options,
	});
}

/** One run of a source. */
export class Pull {
	readonly sink: RecordingSink;
	/** Undefined when the run ended by return. */
	readonly outcome: Promise<SourceError | undefined>;
	readonly #controller = new AbortController();

	constructor(source: Source, sink = new RecordingSink()) {
		this.sink = sink;
		this.outcome = source.run(this.sink, this.#controller.signal).then(
			() => undefined,
			(thrown) => {
				if (thrown instanceof SourceError) return thrown;
				throw thrown;
			},
		);
	}

	/** Waits for packets of every track; a run that ends before fails the test with its reason. */
	async flowing(count?: number): Promise<void> {
		const early = this.outcome.then((error) => {
			throw error ?? new Error('the run ended');
		});
		await Promise.race([this.sink.flowing(count), early]);
	}

	/** Aborts and waits for the end. */
	stop(): Promise<SourceError | undefined> {
		this.#controller.abort();
		return this.outcome;
	}
}

/** Keeps every line that is logged. */
export class RecordingLogger implements Logger {
	readonly lines: string[] = [];

	debug(facts: LogFacts, message: string): void {
		this.lines.push(`${JSON.stringify(facts)} ${message}`);
	}

	info(facts: LogFacts, message: string): void {
		this.debug(facts, message);
	}

	warn(facts: LogFacts, message: string): void {
		this.debug(facts, message);
	}

	error(facts: LogFacts, message: string): void {
		this.debug(facts, message);
	}

	child(): Logger {
		return this;
	}
}
