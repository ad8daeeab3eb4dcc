import type { SkippedTrack } from './carried-tracks.ts';
import { Continuity } from './continuity.ts';
import type { StreamOutput, StreamOutputOptions } from './stream-output.ts';

/** What an output gets from where it is kept. */
export type OutputLife = Pick<StreamOutputOptions, 'id' | 'continuity' | 'onEnd'>;

/** The running outputs of one kind, one for each stream that is asked for, and what they leave to the next run. */
export class Outputs<Kind extends StreamOutput> {
	readonly #create: (life: OutputLife) => Kind;
	readonly #running = new Map<string, Kind>();
	/** One for each stream that was ever asked for, as many as there are in the directory. */
	readonly #continuities = new Map<string, Continuity>();

	constructor(create: (life: OutputLife) => Kind) {
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

	/** Tracks that its last run left out; undefined when there was none. */
	skipped(id: string): readonly SkippedTrack[] | undefined {
		return this.#continuities.get(id)?.skipped;
	}

	#start(id: string): Kind {
		const continuity = this.#continuities.get(id) ?? new Continuity();
		this.#continuities.set(id, continuity);
		const output = this.#create({ id, continuity, onEnd: () => this.#running.delete(id) });
		this.#running.set(id, output);
		output.open();
		return output;
	}
}
