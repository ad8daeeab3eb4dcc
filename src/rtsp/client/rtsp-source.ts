import type { Clock } from '../../base/clock.ts';
import { SourceError, toError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { redact } from '../../base/redact.ts';
import type { Source, SourceSink, SourceTransport } from '../../stream/source.ts';
import type { CameraPlaces } from './camera-places.ts';
import { type CameraUrl, parseCameraUrl } from './camera-url.ts';
import { playSession } from './play-session.ts';
import type { TransportRefusal } from './session.ts';
import { isTunnel } from './wire/open-wire.ts';
import type { TlsTrust } from './wire/tls-trust.ts';

export type RtspSourceOptions = {
	/**
	 * `rtsp://[user:password@]host[:port]/path`; `rtsps://` for TLS, `rtspx://` for TLS with a certificate that is not
	 * checked. The default ports are 554 and 322, through the web server of the camera 80 and 443.
	 */
	readonly url: string;
	/** Takes precedence over the URL's. */
	readonly username?: string;
	readonly password?: string;
	/** Whether the other side has to show that it knows the password, too: another Dualcast does (RFC 7616 3.5). */
	readonly mutual?: boolean;
	/** `auto`: what worked last, else TCP; UDP when the camera refuses TCP and the URL does not want TLS. */
	readonly transport: 'auto' | SourceTransport;
	/** Path and query of the tunnel; by default the URL's for `http`, `/rtsp-over-websocket` for `websocket`. */
	readonly tunnelPath?: string | undefined;
	/** Whom to believe at the other end of TLS; by default as the URL says. */
	readonly tls?: TlsTrust | undefined;
	/** Where cameras may be; default everywhere. */
	readonly places?: CameraPlaces | undefined;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly userAgent: string;
	/** Milliseconds until the TCP connection must stand, TLS included; default 5000. */
	readonly connectTimeout?: number;
	/** Milliseconds until a response must have come as a whole; default 10000. */
	readonly responseTimeout?: number;
	/** A number in [0, 1); default `Math.random`. For nonces and RTCP identifiers. */
	readonly random?: () => number;
};

type Choice = { readonly transport: SourceTransport; readonly reason: string | undefined };

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
		const { url, username, password, logger } = this.#options;
		const camera = parseCameraUrl(url, isTunnel(this.#options.transport));
		const [first, ...others] = this.#choices(camera);
		const session = {
			connectTimeout: CONNECT_TIMEOUT,
			responseTimeout: RESPONSE_TIMEOUT,
			random: Math.random,
			tls: undefined,
			tunnelPath: undefined,
			...this.#options,
			camera,
			credentials: username === undefined ? camera.credentials : { username, password: password ?? '' },
		};
		this.#worked = undefined;
		const refusals: TransportRefusal[] = [];
		for (let choice = first; !signal.aborted; ) {
			const { transport, reason } = choice;
			const onMedia = () => {
				this.#worked = { transport, reason };
			};
			const refusal = await playSession({ ...session, transport, reason, onMedia }, sink, signal);
			if (!refusal) return;
			refusals.push(refusal);
			const next = others.shift();
			if (!next) throw refusalOfAll(refusals);
			const why = `the camera refused ${transport.toUpperCase()} (${refusal.why})`;
			logger.info({ remote: camera.host, transport: next }, `${why}; trying ${next.toUpperCase()}`);
			choice = { transport: next, reason: why };
		}
	}

	/** What to try first, and what then. Media never falls from TLS to what everybody can read. */
	#choices({ security }: CameraUrl): [first: Choice, ...others: SourceTransport[]] {
		const { transport } = this.#options;
		if (transport !== 'auto') return [{ transport, reason: undefined }];
		const first = this.#worked ?? { transport: 'tcp', reason: undefined };
		if (security !== 'none') return [first];
		return [first, first.transport === 'tcp' ? 'udp' : 'tcp'];
	}
}

function refusalOfAll(refusals: readonly TransportRefusal[]): SourceError {
	const [first, last] = [refusals[0], refusals.at(-1)] as [TransportRefusal, TransportRefusal];
	const unsupported = refusals.every(({ refused }) => refused.code === 'camera_unsupported');
	if (first === last || !unsupported) return last.refused;
	const message = 'the camera refuses TCP and UDP; if it offers another transport, set transport to that one';
	return new SourceError('camera_unsupported', message, { permanent: true });
}

function labelOf(url: string): string {
	try {
		// A quotation mark would end a secret.
		const { requestUrl } = parseCameraUrl(url);
		return redact(requestUrl.replace(/["'<>]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`));
	} catch {
		return 'invalid URL';
	}
}
