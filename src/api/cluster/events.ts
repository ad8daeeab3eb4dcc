import type { Response } from 'express';
import { DualcastError } from '../../base/errors.ts';
import type { ClusterPort } from './port.ts';

/** Pages that are told at once. */
const MAX_WATCHERS = 200;
/** Proxies cut connections that are silent for a minute. */
const SIGN_OF_LIFE_MS = 15_000;

/**
 * Tells pages of the cluster as it changes, by server-sent events (HTML Standard 9.2): the whole of it each time, so
 * that one who missed an event lacks nothing. A page that cannot keep up gets fewer.
 */
export class ClusterEvents {
	readonly #cluster: ClusterPort;
	readonly #watchers = new Set<Response>();
	#unwatch: (() => void) | undefined;

	constructor(cluster: ClusterPort) {
		this.#cluster = cluster;
	}

	/**
	 * Answers with events until the client leaves or the answer is ended.
	 *
	 * @throws DualcastError `too_many_sessions`
	 */
	send(response: Response): void {
		if (this.#watchers.size >= MAX_WATCHERS) {
			throw new DualcastError(
				'too_many_sessions',
				`${MAX_WATCHERS} pages watch the cluster here; look at another node`,
			);
		}
		response.status(200).setHeader('Content-Type', 'text/event-stream');
		response.setHeader('X-Accel-Buffering', 'no');
		response.write(this.#event());
		const alive = setInterval(() => say(response, ':\n\n'), SIGN_OF_LIFE_MS);
		alive.unref();
		this.#watchers.add(response);
		this.#unwatch ??= this.#cluster.onChange(() => this.#tell());
		response.once('close', () => {
			clearInterval(alive);
			this.#watchers.delete(response);
			if (this.#watchers.size > 0) return;
			this.#unwatch?.();
			this.#unwatch = undefined;
		});
	}

	#tell(): void {
		const event = this.#event();
		for (const watcher of this.#watchers) say(watcher, event);
	}

	#event(): string {
		return `event: cluster\ndata: ${JSON.stringify(this.#cluster.info())}\n\n`;
	}
}

/** Nothing while the client has still to take what was said before, nor when the answer was ended meanwhile. */
function say(watcher: Response, text: string): void {
	// Answers over HTTP/2 do not tell whether they want to be drained.
	const isBehind = watcher.writableLength >= watcher.writableHighWaterMark;
	if (!isBehind && !watcher.writableEnded) watcher.write(text);
}
