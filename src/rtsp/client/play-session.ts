import { SourceError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { Scope } from '../../base/scope.ts';
import type { SourceSink, SourceTransport } from '../../stream/source.ts';
import { sourceErrorFromStatus } from '../errors.ts';
import { askForWhole } from './aggregate.ts';
import { keepAlive } from './keep-alive.ts';
import { type Reached, type ReachOptions, reachCamera } from './reach.ts';
import { type Arrangement, setUp, type TransportRefusal } from './session.ts';
import { MediaReceiver } from './transport/media-receiver.ts';
import type { MediaTransport } from './transport/media-transport.ts';
import { openTransport } from './transport/open-transport.ts';

export type PlaySessionOptions = ReachOptions & {
	/** Why not the first choice of transport. */
	readonly reason: string | undefined;
	readonly logger: Logger;
	/** The first media came. */
	readonly onMedia: () => void;
};

const TEARDOWN_TIMEOUT = 1000;
const REPORT_PERIOD = 5000;
/**
 * Nothing at all over UDP for this long after PLAY means that something on the way drops it: some cameras begin with
 * their next key picture. A probe, which looks for nine seconds, is told so.
 */
const UDP_PATIENCE = 8000;
const REORDER = { delay: 80, packets: 512 } as const;

/**
 * One session from the connection to the TEARDOWN, over one transport. Ends by return when the camera says
 * goodbye or `signal` is aborted.
 *
 * @returns a refusal when another transport should be tried
 * @throws SourceError
 */
export async function playSession(
	options: PlaySessionOptions,
	sink: SourceSink,
	signal: AbortSignal,
): Promise<TransportRefusal | undefined> {
	const scope = new Scope();
	try {
		const reached = await reachCamera(options, scope, signal);
		return await new PlaySession(options, reached, sink, scope).run(signal);
	} finally {
		await scope.close();
	}
}

class PlaySession {
	readonly #options: PlaySessionOptions;
	readonly #reached: Reached;
	readonly #sink: SourceSink;
	readonly #scope: Scope;
	readonly #transport: MediaTransport;
	readonly #receiver: MediaReceiver;
	readonly #ended: Promise<SourceError | undefined>;
	#end: (reason?: SourceError) => void = () => {};
	#arrangement: Arrangement | undefined;
	#announced = false;

	constructor(options: PlaySessionOptions, reached: Reached, sink: SourceSink, scope: Scope) {
		const { clock, transport, random } = options;
		const { connection, dialogue, presentation } = reached;
		this.#options = options;
		this.#reached = reached;
		this.#sink = sink;
		this.#scope = scope;
		this.#ended = new Promise((resolve) => {
			this.#end = resolve;
		});
		this.#transport = openTransport(transport, connection, clock);
		this.#receiver = new MediaReceiver({
			sink,
			clock,
			events: {
				onFirstPacket: () => {
					this.#announce();
					options.onMedia();
				},
				onGoodbye: () => this.#end(),
			},
			ssrc: Math.floor(random() * 2 ** 32),
			cname: Math.floor(random() * 2 ** 48).toString(16),
			reorder: this.#transport.lower === 'tcp' ? undefined : REORDER,
		});
		scope.defer(async () => {
			if (!dialogue.hasSession) return;
			// A camera that does not answer its TEARDOWN has nothing left to say that matters.
			const tracks = this.#arrangement?.tracks ?? [];
			await askForWhole(dialogue, 'TEARDOWN', presentation, tracks, TEARDOWN_TIMEOUT).catch(() => {});
		});
		scope.defer(() => this.#transport.close());
		scope.defer(() => this.#receiver.close());
	}

	async run(signal: AbortSignal): Promise<TransportRefusal | undefined> {
		const { connection, dialogue, presentation } = this.#reached;
		const arrangement = await setUp(dialogue, presentation, this.#transport, this.#receiver);
		if ('refused' in arrangement) return arrangement;
		this.#arrangement = arrangement;
		this.#receiver.open();
		const stop = () => this.#end();
		signal.addEventListener('abort', stop, { once: true });
		this.#scope.defer(() => signal.removeEventListener('abort', stop));
		connection.broken.then(this.#end, this.#end);
		connection.takeGoodbye(() => {
			dialogue.forgetSession();
			this.#end();
		});
		if (this.#transport.lower === 'udp') this.#openWay(arrangement);
		const { status } = await askForWhole(dialogue, 'PLAY', presentation, arrangement.tracks);
		if (status !== 200) throw sourceErrorFromStatus(status, 'PLAY');
		this.#announce();
		this.#startTimers();
		if (signal.aborted) return undefined;
		const failure = await this.#ended;
		if (failure) throw failure;
		return undefined;
	}

	#announce(): void {
		if (this.#announced || !this.#arrangement) return;
		this.#announced = true;
		const { tracks, skipped } = this.#arrangement;
		const { transport, reason, logger } = this.#options;
		const { connection, presentation } = this.#reached;
		const { remote } = connection;
		logger.info({ transport, remote, tracks: tracks.map(({ track }) => track.codec) }, 'camera connected');
		this.#sink.onTracks(
			tracks.map(({ track }) => track),
			skipped,
			{
				transport,
				remote,
				...(reason !== undefined && { reason }),
				...(presentation.server !== undefined && { server: presentation.server }),
				reception: (trackId) => this.#receiver.reception(trackId),
				roundTrip: () => connection.roundTrip,
			},
		);
	}

	#openWay({ paths }: Arrangement): void {
		for (const path of paths) path.punch();
		this.#receiver.report();
	}

	#startTimers(): void {
		const { clock, transport } = this.#options;
		const { connection, dialogue, presentation } = this.#reached;
		const timers = [
			clock.every(REPORT_PERIOD, () => this.#receiver.report()),
			keepAlive({
				clock,
				dialogue,
				uri: presentation.url,
				getParameter: presentation.getParameter,
				heardAt: () => Math.max(connection.heardAt, this.#receiver.heardAt),
				onLost: this.#end,
			}),
		];
		if (this.#transport.lower !== 'tcp') {
			timers.push(
				clock.after(UDP_PATIENCE, () => {
					if (!this.#receiver.started) this.#end(silent(transport));
				}),
			);
		}
		this.#scope.defer(() => {
			for (const timer of timers) timer.cancel();
		});
	}
}

function silent(transport: SourceTransport): SourceError {
	const [what, cure] =
		transport === 'multicast'
			? ['multicast', 'let multicast (IGMP) through the network']
			: ['UDP', 'let UDP through the firewall'];
	return new SourceError(
		'camera_timeout',
		`no media came over ${what} in ${UDP_PATIENCE / 1000} s; ${cure} or set transport to tcp`,
	);
}
