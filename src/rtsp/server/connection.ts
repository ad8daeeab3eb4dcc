import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../base/clock.ts';
import { DualcastError, toError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { RtspSyntaxError } from '../errors.ts';
import { RtspSplitter } from '../framing.ts';
import { type RtspRequest, type RtspResponse, response, sequenceOf, serializeMessage } from '../message.ts';
import type { TransportHeader } from '../transport-header.ts';
import { SERVER_LIMITS } from './limits.ts';
import { Channels } from './outlets/channels.ts';
import { InterleavedOutlet, InterleavedWriter } from './outlets/interleaved-outlet.ts';
import type { UdpClient, UdpOutlets } from './outlets/udp-outlet.ts';
import type { PresentationDirectory } from './presentation.ts';
import { refusal } from './refusal.ts';
import type { RequestGuard } from './request-guard.ts';
import { type OpenedOutlet, SESSION_TIMEOUT_S, ServerSession } from './session.ts';

const CHECK_INTERVAL = 5000;
/** These show or open something; of a client that was let in, the other requests are taken as they are. */
const GUARDED_METHODS: readonly string[] = ['DESCRIBE', 'SETUP', 'PLAY'];

export type ConnectionOptions = {
	readonly socket: Socket;
	readonly presentations: PresentationDirectory;
	readonly guard: RequestGuard;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly sessionId: string;
	/** The server's UDP ports; undefined when media goes over TCP only. */
	readonly udpPorts: (() => Promise<UdpOutlets>) | undefined;
	readonly onClosed: () => void;
};

/** One client's TCP connection: its requests are answered in order, and media may be interleaved with the answers. */
export class ServerConnection {
	readonly #options: ConnectionOptions;
	readonly session: ServerSession;
	readonly #gone = new AbortController();
	readonly #check: Timer;
	readonly #admission: Timer;
	readonly #channels = new Channels();
	readonly #writer: InterleavedWriter;
	readonly #address: string | undefined;
	/** `address:port` of the client. */
	readonly remote: string;
	/** Milliseconds since the Unix epoch. */
	readonly connectedAt: number;
	#udp: UdpClient | undefined;
	#pending = 0;
	/** Bytes of answers that the network has not taken. */
	#unsent = 0;
	#refused = 0;
	#letIn = false;
	#tail: Promise<void> = Promise.resolve();
	#heardAt: number;
	/** What the client calls itself. */
	userAgent: string | undefined;

	constructor(options: ConnectionOptions) {
		this.#options = options;
		const { socket, clock, presentations } = options;
		this.#heardAt = clock.now();
		this.connectedAt = clock.wall();
		// Remembered: a closed socket does not know it.
		this.#address = socket.remoteAddress;
		this.remote = `${this.#address}:${socket.remotePort}`;
		this.#writer = new InterleavedWriter(socket);
		this.session = new ServerSession({
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
		socket.setKeepAlive(true, SESSION_TIMEOUT_S * 1000);
		socket.on('data', (chunk) => {
			if (this.#gone.signal.aborted) return;
			try {
				splitter.push(chunk);
			} catch (failure) {
				// A fault of this side, too, ends this connection and no more.
				if (!(failure instanceof RtspSyntaxError)) {
					options.logger.error({ error: toError(failure).stack }, 'RTSP input failed');
				}
				this.close(toError(failure).message);
			}
		});
		socket.on('error', (failure) => this.close(failure.message));
		socket.on('close', () => this.close('the client closed the connection'));
		this.#check = clock.every(CHECK_INTERVAL, () => this.#checkLife());
		this.#admission = clock.after(SERVER_LIMITS.admission, () => this.close('the client asked for nothing'));
	}

	/** Says goodbye and closes. Idempotent. */
	close(reason: string): void {
		if (this.#gone.signal.aborted) return;
		this.#options.logger.debug({ reason }, 'RTSP client gone');
		this.#check.cancel();
		this.#admission.cancel();
		this.session.close();
		this.#udp?.close();
		this.#gone.abort();
		const { socket, clock, guard, onClosed } = this.#options;
		guard.close?.();
		socket.destroySoon();
		const linger = clock.after(SERVER_LIMITS.linger, () => socket.destroy());
		socket.once('close', () => linger.cancel());
		onClosed();
	}

	#enqueue(request: RtspRequest): void {
		if (this.#gone.signal.aborted) return;
		this.#hear();
		if (this.#pending >= SERVER_LIMITS.pendingRequests) {
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
			if (await this.#isLetIn(request, respond)) await this.session.handle(request, respond);
		} catch (failure) {
			const { logger } = this.#options;
			if (!(failure instanceof DualcastError) && !this.#gone.signal.aborted) {
				logger.error({ method: request.method, error: toError(failure).stack }, 'an RTSP request failed');
			}
			if (!answered) respond(refusal(failure));
		} finally {
			this.#pending -= 1;
		}
	}

	/** OPTIONS is for everybody: it says nothing of the streams. */
	async #isLetIn(request: RtspRequest, respond: (answer: RtspResponse) => void): Promise<boolean> {
		if (this.#gone.signal.aborted) return false;
		// What is no number is not repeated: everybody may ask, and ask at length.
		if (request.headers.get('CSeq') !== undefined && sequenceOf(request) === undefined) {
			respond(response(400, 'Bad Request', {}));
			return false;
		}
		this.userAgent ??= request.headers.get('User-Agent')?.slice(0, SERVER_LIMITS.userAgentCharacters);
		if (request.method === 'OPTIONS' || (this.#letIn && !GUARDED_METHODS.includes(request.method))) return true;
		const refused = await this.#options.guard.authorize(request);
		if (this.#gone.signal.aborted) return false;
		if (!refused) {
			this.#refused = 0;
			this.#letIn = true;
			this.#admission.cancel();
			return true;
		}
		respond(refused);
		this.#refused += 1;
		if (this.#refused >= SERVER_LIMITS.refusals) this.close('the client was refused too often');
		return false;
	}

	#write(request: RtspRequest, answer: RtspResponse): void {
		if (sequenceOf(request) !== undefined) answer.headers.append('CSeq', request.headers.get('CSeq') ?? '');
		answer.headers.append('Server', 'Dualcast');
		if (answer.status < 300) this.#options.guard.sign?.(request, answer);
		const { socket } = this.#options;
		if (!socket.writable) return;
		const bytes = serializeMessage(answer);
		this.#unsent += bytes.length;
		socket.write(bytes, () => {
			this.#unsent -= bytes.length;
		});
		if (this.#unsent > SERVER_LIMITS.answerBytes) this.close('the client takes no answers');
	}

	async #openOutlet(wanted: TransportHeader): Promise<OpenedOutlet | undefined> {
		const transport = { lower: wanted.lower, profile: wanted.profile, multicast: false };
		if (wanted.lower === 'tcp') {
			const interleaved = this.#channels.take(wanted.interleaved);
			if (!interleaved) return undefined;
			const outlet = new InterleavedOutlet(this.#writer, interleaved, () => this.#channels.free(interleaved));
			return { outlet, transport: { ...transport, interleaved } };
		}
		const { clientPort } = wanted;
		const { udpPorts } = this.#options;
		if (!udpPorts || !clientPort || clientPort.includes(0) || this.#address === undefined) return undefined;
		const ports = await udpPorts();
		this.#udp ??= ports.client(this.#address);
		const outlet = this.#udp.outlet(clientPort, () => this.#hear());
		return { outlet, transport: { ...transport, clientPort, serverPort: ports.ports } };
	}

	#hear(): void {
		this.#heardAt = this.#options.clock.now();
	}

	/** A client fed over this connection shows its life by taking the data; any other has to say something. */
	#checkLife(): void {
		if (this.session.state === 'playing' && this.session.transport === 'tcp') return;
		if (this.#options.clock.now() - this.#heardAt > SESSION_TIMEOUT_S * 1000) this.close('the client is silent');
	}
}
