import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../base/clock.ts';
import { toError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { RtspSyntaxError } from '../errors.ts';
import { RtspSplitter } from '../framing.ts';
import { type RtspRequest, type RtspResponse, response, serializeMessage } from '../message.ts';
import type { PortPair, TransportHeader } from '../transport-header.ts';
import { InterleavedOutlet } from './interleaved-outlet.ts';
import type { PresentationDirectory } from './presentation.ts';
import { type OpenedOutlet, SESSION_TIMEOUT_S, ServerSession } from './session.ts';
import type { UdpOutlets } from './udp-outlet.ts';

/** Requests a client may send before the first of them is answered. */
const MAX_PENDING_REQUESTS = 32;
const MAX_CHANNEL = 255;
const CHECK_INTERVAL = 5000;
/** Milliseconds in which a client can still take the last words. */
const LINGER = 500;

export type ConnectionOptions = {
	readonly socket: Socket;
	readonly presentations: PresentationDirectory;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly sessionId: string;
	/** The server's UDP ports, bound when first asked for. */
	readonly udpPorts: () => Promise<UdpOutlets>;
	readonly onClosed: () => void;
};

/** One client's TCP connection: its requests are answered in order, and media may be interleaved with the answers. */
export class ServerConnection {
	readonly #options: ConnectionOptions;
	readonly #session: ServerSession;
	readonly #gone = new AbortController();
	readonly #check: Timer;
	readonly #channels = new Set<number>();
	#pending = 0;
	#tail: Promise<void> = Promise.resolve();
	#heardAt: number;

	constructor(options: ConnectionOptions) {
		this.#options = options;
		const { socket, clock, presentations } = options;
		this.#heardAt = clock.now();
		this.#session = new ServerSession({
			id: options.sessionId,
			presentations,
			clock,
			signal: this.#gone.signal,
			openOutlet: (wanted) => this.#openOutlet(wanted),
			onEnd: (reason) => this.close(reason),
		});
		const splitter = new RtspSplitter({
			onMessage: (message) => {
				if (message.kind === 'request') this.#enqueue(message);
			},
			onFrame: () => this.#hear(),
		});
		socket.setNoDelay(true);
		socket.on('data', (chunk) => {
			try {
				splitter.push(chunk);
			} catch (failure) {
				if (!(failure instanceof RtspSyntaxError)) throw failure;
				this.close(failure.message);
			}
		});
		socket.on('error', (failure) => this.close(failure.message));
		socket.on('close', () => this.close('the client closed the connection'));
		this.#check = clock.every(CHECK_INTERVAL, () => this.#checkLife());
	}

	/** Says goodbye and closes. Idempotent. */
	close(reason: string): void {
		if (this.#gone.signal.aborted) return;
		this.#options.logger.debug({ reason }, 'RTSP client gone');
		this.#check.cancel();
		this.#session.close();
		this.#gone.abort();
		const { socket, clock, onClosed } = this.#options;
		socket.destroySoon();
		const linger = clock.after(LINGER, () => socket.destroy());
		socket.once('close', () => linger.cancel());
		onClosed();
	}

	#enqueue(request: RtspRequest): void {
		this.#hear();
		if (this.#pending >= MAX_PENDING_REQUESTS) {
			this.close('the client does not wait for answers');
			return;
		}
		this.#pending += 1;
		this.#tail = this.#tail.then(() => this.#answer(request));
	}

	async #answer(request: RtspRequest): Promise<void> {
		let answered = false;
		const respond = (answer: RtspResponse) => {
			answered = true;
			this.#write(request, answer);
		};
		try {
			if (!this.#gone.signal.aborted) await this.#session.handle(request, respond);
		} catch (failure) {
			this.#options.logger.warn({ method: request.method, cause: toError(failure).message }, 'RTSP request failed');
			if (!answered) respond(response(503, 'Service Unavailable', {}));
		} finally {
			this.#pending -= 1;
		}
	}

	#write(request: RtspRequest, answer: RtspResponse): void {
		const sequence = request.headers.get('CSeq');
		if (sequence !== undefined) answer.headers.append('CSeq', sequence);
		answer.headers.append('Server', 'Dualcast');
		if (this.#options.socket.writable) this.#options.socket.write(serializeMessage(answer));
	}

	async #openOutlet(wanted: TransportHeader): Promise<OpenedOutlet | undefined> {
		const { socket } = this.#options;
		const transport = { lower: wanted.lower, profile: wanted.profile, multicast: false };
		if (wanted.lower === 'tcp') {
			const interleaved = this.#takeChannels(wanted.interleaved);
			if (!interleaved) return undefined;
			const outlet = new InterleavedOutlet(socket, interleaved, () => {
				for (const channel of interleaved) this.#channels.delete(channel);
			});
			return { outlet, transport: { ...transport, interleaved } };
		}
		const { clientPort } = wanted;
		const address = socket.remoteAddress;
		if (!clientPort || clientPort.includes(0) || address === undefined) return undefined;
		const ports = await this.#options.udpPorts();
		const outlet = ports.outlet(address, clientPort, () => this.#hear());
		return { outlet, transport: { ...transport, clientPort, serverPort: ports.ports } };
	}

	/** The channels asked for, or the next free ones; undefined when they are taken. */
	#takeChannels(wanted: PortPair | undefined): PortPair | undefined {
		let pair = wanted;
		for (let channel = 0; !pair && channel < MAX_CHANNEL; channel += 2) {
			if (!this.#channels.has(channel) && !this.#channels.has(channel + 1)) pair = [channel, channel + 1];
		}
		if (!pair || pair.some((channel) => channel > MAX_CHANNEL || this.#channels.has(channel))) return undefined;
		for (const channel of pair) this.#channels.add(channel);
		return pair;
	}

	#hear(): void {
		this.#heardAt = this.#options.clock.now();
	}

	/** A client fed over this connection shows its life by taking the data; any other has to say something. */
	#checkLife(): void {
		if (this.#session.playing && !this.#session.overUdp) return;
		if (this.#options.clock.now() - this.#heardAt > SESSION_TIMEOUT_S * 1000) this.close('the client is silent');
	}
}
