import type { Clock, Timer } from '../base/clock.ts';
import type { HttpRequest } from '../base/http-exchange.ts';
import type { SkippedTrack } from './carried-tracks.ts';
import { Continuity } from './continuity.ts';
import type { MediaFile } from './segments/segment.ts';
import type { StreamOutput, StreamOutputOptions } from './stream-output.ts';

/** What an output gets from where it is kept. */
export type OutputLife = Pick<StreamOutputOptions, 'id' | 'continuity' | 'onEnd'>;

/** The running outputs of one kind, one for each stream that is asked for, and what they leave to the next run. */
export class Outputs<Kind extends StreamOutput> {
	readonly #clock: Clock;
	readonly #create: (life: OutputLife) => Kind;
	/** The last run of a stream that failed, whose files its players may still come for. */
	readonly #past = new Map<string, { readonly output: Kind; readonly timer: Timer }>();
	readonly #running = new Map<string, Kind>();
	/** One for each stream that was ever asked for, as many as there are in the directory. */
	readonly #continuities = new Map<string, Continuity>();

	constructor(clock: Clock, create: (life: OutputLife) => Kind) {
		this.#clock = clock;
		this.#create = create;
	}

	running(): IterableIterator<Kind> {
		return this.#running.values();
	}

	/** The running one. */
	get(id: string): Kind | undefined {
		return this.#running.get(id);
	}

	/** The running one, started if need be. */
	obtain(id: string): Kind {
		return this.#running.get(id) ?? this.#start(id);
	}

	/** A file that players may come for now, also of a run that ended a moment ago. */
	file(id: string, request: HttpRequest, name: string): MediaFile | undefined {
		return this.#running.get(id)?.file(request, name) ?? this.#past.get(id)?.output.file(request, name);
	}

	/** Forgets the runs that ended. */
	close(): void {
		for (const id of this.#past.keys()) this.#forget(id);
	}

	/** Tracks that its last run left out; undefined when there was none. */
	skipped(id: string): readonly SkippedTrack[] | undefined {
		return this.#continuities.get(id)?.skipped;
	}

	#start(id: string): Kind {
		const continuity = this.#continuities.get(id) ?? new Continuity();
		this.#continuities.set(id, continuity);
		const output = this.#create({ id, continuity, onEnd: (retention) => this.#end(id, retention) });
		this.#running.set(id, output);
		output.open();
		return output;
	}

	#end(id: string, retention: number): void {
		const output = this.#running.get(id);
		this.#running.delete(id);
		// One that had nothing yet leaves the files of the run before it alone.
		if (!output || retention <= 0) return;
		this.#forget(id);
		this.#past.set(id, { output, timer: this.#clock.after(retention, () => this.#past.delete(id)) });
	}

	#forget(id: string): void {
		this.#past.get(id)?.timer.cancel();
		this.#past.delete(id);
	}
}
