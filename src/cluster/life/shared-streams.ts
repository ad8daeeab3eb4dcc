import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Cluster } from '../cluster.ts';

/** Where streams of the cluster appear and vanish. */
export type StreamShelf = {
	add(id: string): void;
	remove(id: string): void;
};

export type SharedStreamsTools = {
	readonly cluster: Pick<Cluster, 'streams' | 'nodes' | 'onChange'>;
	readonly shelf: StreamShelf;
	readonly clock: Clock;
	readonly logger: Logger;
};

/** A main that is started anew is back within this time; until then its viewers wait. Milliseconds. */
const GRACE_MS = 30_000;

/**
 * Keeps a node's streams of the cluster those that the mains offer. One that nobody offers any more goes after a while
 * in which there were mains; when all of them are gone, everything stays.
 *
 * @returns ends it
 */
export function shareStreams({ cluster, shelf, clock, logger }: SharedStreamsTools): () => void {
	/** Streams, and since when nobody offers them. */
	const shared = new Map<string, number | undefined>();
	const update = () => {
		const offered = new Set(cluster.streams());
		for (const id of offered) {
			if (!shared.has(id)) {
				shelf.add(id);
				logger.info({ stream: id }, 'a main offers a stream');
			}
			shared.set(id, undefined);
		}
		if (!cluster.nodes().some(({ role }) => role === 'main')) return;
		for (const [id, since = clock.now()] of shared) {
			if (offered.has(id)) continue;
			shared.set(id, since);
			if (clock.now() - since < GRACE_MS) continue;
			shared.delete(id);
			shelf.remove(id);
			logger.info({ stream: id }, 'no main offers the stream any more');
		}
	};
	update();
	return cluster.onChange(update);
}
