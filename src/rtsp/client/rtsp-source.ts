import type { Clock } from '../../base/clock.ts';
import { SourceError, toError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { redact } from '../../base/redact.ts';
import type { Source, SourceSink } from '../../stream/source.ts';
import { parseCameraUrl } from './camera-url.ts';
import { playSession } from './play-session.ts';

export type RtspSourceOptions = {
	/** `rtsp://[user:password@]host[:port]/path` */
	readonly url: string;
	/** Takes precedence over the URL's. */
	readonly username?: string;
	readonly password?: string;
	/** `auto`: TCP first, UDP when the camera refuses it; then first what worked last. */
	readonly transport: 'auto' | 'tcp' | 'udp';
	readonly clock: Clock;
	readonly logger: Logger;
	readonly userAgent: string;
	/** Milliseconds until the TCP connection must stand; default 5000. */
	readonly connectTimeout?: number;
	/** Milliseconds until a response must have come as a whole; default 10000. */
	readonly responseTimeout?: number;
	/** A number in [0, 1); default `Math.random`. For nonces and RTCP identifiers. */
	readonly random?: () => number;
};

type Lower = 'tcp' | 'udp';
type Choice = { readonly lower: Lower; readonly reason: string | undefined };

const CONNECT_TIMEOUT = 5000;
const RESPONSE_TIMEOUT = 10_000;

/** A camera that is pulled by RTSP 1.0 (RFC 2326). A URL that cannot be used fails each run, permanently. */
export function createRtspSource(options: RtspSourceOptions): Source {
	return new RtspSource(options);
}

class RtspSource implements Source {
	readonly label: string;
	readonly #options: RtspSourceOptions;
	#worked: Choice | undefined;

	constructor(options: RtspSourceOptions) {
		this.#options = options;
		this.label = labelOf(options.url);
	}

	async run(sink: SourceSink, signal: AbortSignal): Promise<void> {
		try {
			await this.#run(sink, signal);
		} catch (thrown) {
			if (signal.aborted) return;
			if (thrown instanceof SourceError) throw thrown;
			throw new SourceError('camera_protocol', redact(toError(thrown).message), { cause: thrown });
		}
	}

	async #run(sink: SourceSink, signal: AbortSignal): Promise<void> {
		const { url, username, password, clock, logger, userAgent } = this.#options;
		const {
			connectTimeout = CONNECT_TIMEOUT,
			responseTimeout = RESPONSE_TIMEOUT,
			random = Math.random,
		} = this.#options;
		const camera = parseCameraUrl(url);
		const credentials = username === undefined ? camera.credentials : { username, password: password ?? '' };
		const shared = { camera, credentials, clock, logger, userAgent, random, connectTimeout, responseTimeout };
		let [choice, next] = this.#choices();
		this.#worked = undefined;
		while (!signal.aborted) {
			const { lower, reason } = choice;
			const onMedia = () => {
				this.#worked = { lower, reason };
			};
			const refusal = await playSession({ ...shared, lower, reason, onMedia }, sink, signal);
			if (!refusal) return;
			if (!next) throw refusal.refused;
			const why = `the camera refused ${lower.toUpperCase()} (${refusal.status})`;
			logger.info({ remote: camera.host, transport: next }, `${why}; trying ${next.toUpperCase()}`);
			choice = { lower: next, reason: why };
			next = undefined;
		}
	}

	/** What to try first, and what then. */
	#choices(): [first: Choice, second: Lower | undefined] {
		const { transport } = this.#options;
		if (transport !== 'auto') return [{ lower: transport, reason: undefined }, undefined];
		const first = this.#worked ?? { lower: 'tcp', reason: undefined };
		return [first, first.lower === 'tcp' ? 'udp' : 'tcp'];
	}
}

function labelOf(url: string): string {
	try {
		return redact(parseCameraUrl(url).requestUrl);
	} catch {
		return 'invalid URL';
	}
}
