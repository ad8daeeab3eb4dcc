import type { Clock } from '../../base/clock.ts';
import { SourceError } from '../../base/errors.ts';
import type { Source, SourceSink } from '../../stream/source.ts';
import type { Cluster } from '../cluster.ts';
import { awaitChange } from './await-change.ts';

export type OwnedSourceOptions = {
	readonly stream: string;
	readonly cluster: Pick<Cluster, 'holds' | 'onChange'>;
	readonly camera: Source;
	readonly clock: Clock;
};

/** A camera that is to be open always waits so long to become ours, and then says why it is not. Milliseconds. */
const PATIENCE_MS = 25_000;

/** A camera of a main: run while this node owns it, and no longer. */
export class OwnedSource implements Source {
	readonly #options: OwnedSourceOptions;

	constructor(options: OwnedSourceOptions) {
		this.#options = options;
	}

	get label(): string {
		return this.#options.camera.label;
	}

	async run(sink: SourceSink, signal: AbortSignal): Promise<void> {
		const { stream, cluster, camera, clock } = this.#options;
		const fence = await awaitChange(cluster, () => cluster.holds(stream), { clock, patience: PATIENCE_MS, signal });
		if (signal.aborted) return;
		if (fence === undefined) throw notOurs();
		const run = new AbortController();
		const end = () => run.abort();
		signal.addEventListener('abort', end, { once: true });
		const unwatch = cluster.onChange(() => {
			if (cluster.holds(stream) === undefined) end();
		});
		try {
			await camera.run(sink, run.signal);
		} finally {
			unwatch();
			signal.removeEventListener('abort', end);
		}
		if (run.signal.aborted && !signal.aborted) throw notOurs();
	}
}

/** The camera is another main's. */
export function notOurs(): SourceError {
	return new SourceError('camera_unreachable', 'another main of the cluster owns this camera');
}
