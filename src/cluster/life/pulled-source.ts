import type { Clock } from '../../base/clock.ts';
import { SourceError } from '../../base/errors.ts';
import type { Source, SourceSink } from '../../stream/source.ts';
import type { CameraOwner, Cluster } from '../cluster.ts';
import { awaitChange } from './await-change.ts';

export type PulledSourceOptions = {
	readonly stream: string;
	readonly cluster: Pick<Cluster, 'owner' | 'onChange'>;
	/** The stream at a main. @param url where it is, such as `rtsp://192.0.2.7:8556/room/5` */
	readonly open: (url: string) => Source;
	/** A main that does not give its streams over TLS is not asked. */
	readonly onlyTls: boolean;
	readonly clock: Clock;
};

/** A main that died is succeeded within this time, or its successor has no camera to take over. Milliseconds. */
const SUCCESSION_MS = 8_000;

/**
 * A stream of a sub: pulled from the main that owns its camera. A run ends when the camera gets another owner; the next
 * one goes there.
 */
export class PulledSource implements Source {
	readonly #options: PulledSourceOptions;

	constructor(options: PulledSourceOptions) {
		this.#options = options;
	}

	get label(): string {
		const owner = this.#options.cluster.owner(this.#options.stream);
		return owner ? `main ${owner.node.id}` : 'main';
	}

	async run(sink: SourceSink, signal: AbortSignal): Promise<void> {
		const { stream, cluster, open, onlyTls, clock } = this.#options;
		const owner = await awaitChange(cluster, () => cluster.owner(stream), { clock, patience: SUCCESSION_MS, signal });
		if (signal.aborted) return;
		if (!owner) throw new SourceError('camera_unreachable', 'no main of the cluster serves this stream');
		const { rtsp } = owner.node;
		if (rtsp === undefined) throw new SourceError('camera_unreachable', `main ${owner.node.id} offers no RTSP`);
		if (onlyTls && !rtsp.startsWith('rtsps://')) throw plain(owner.node.id);
		const run = new AbortController();
		const end = () => run.abort();
		signal.addEventListener('abort', end, { once: true });
		let successor: CameraOwner | undefined;
		const unwatch = cluster.onChange(() => {
			const current = cluster.owner(stream);
			// While nobody owns the camera the one who did may go on sending.
			if (!current || current.fence === owner.fence) return;
			successor = current;
			end();
		});
		try {
			await open(`${rtsp}/${stream}`).run(sink, run.signal);
		} catch (thrown) {
			throw curable(thrown);
		} finally {
			unwatch();
			signal.removeEventListener('abort', end);
		}
		if (successor) throw new SourceError('camera_closed', `main ${successor.node.id} has taken over the camera`);
	}
}

function plain(main: string): SourceError {
	const message = `main ${main} gives its streams unencrypted, which cluster.tls of this node rules out; set it there, too`;
	return new SourceError('camera_untrusted', message);
}

/** Between nodes nothing is final: another main may own the camera in a moment. */
function curable(thrown: unknown): unknown {
	if (!(thrown instanceof SourceError) || !thrown.permanent) return thrown;
	return new SourceError(thrown.code as ConstructorParameters<typeof SourceError>[0], thrown.message, {
		cause: thrown,
		facts: thrown.facts,
	});
}
