import { connect, type Socket } from 'node:net';
import type { Clock, Timer } from '../../base/clock.ts';
import { SourceError, toError } from '../../base/errors.ts';
import { RtspSyntaxError, sourceErrorFromSocket } from '../errors.ts';
import { RtspSplitter, type RtspStreamHandler } from '../framing.ts';
import {
	type RtspMessage,
	type RtspRequest,
	type RtspResponse,
	response,
	sequenceOf,
	serializeMessage,
} from '../message.ts';

/** Takes the media that comes interleaved. */
export interface FrameHandler {
	/** @param arrival `Clock.now()`, the same for all frames of one read */
	onFrame(channel: number, payload: Uint8Array, arrival: number): void;
}

export type ConnectionOptions = {
	readonly host: string;
	readonly port: number;
	readonly clock: Clock;
	/** Milliseconds until the connection must stand, name lookup included. */
	readonly connectTimeout: number;
	/** Milliseconds until a response must be there as a whole. */
	readonly responseTimeout: number;
	/** Ends connecting; an open connection is its owner's to close. */
	readonly signal: AbortSignal;
};

type Pending = {
	readonly sequence: number;
	readonly resolve: (response: RtspResponse) => void;
	readonly reject: (error: Error) => void;
	/** Gives up waiting. */
	readonly expire: () => void;
	timer: Timer;
};

/** Bytes that may wait in the socket before frames to the camera are dropped. */
const MAX_WAITING = 65_536;
/** Methods of a camera's own requests that are answered with 200; the others are not implemented. */
const ANSWERED = ['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER'];

/** A TCP connection to a camera: requests with their responses, and interleaved frames both ways. */
export class RtspConnection implements RtspStreamHandler {
	/** `host:port` as configured. */
	readonly remote: string;
	/** Settles when the connection ends other than by `close()`. */
	readonly broken: Promise<SourceError>;
	readonly #socket: Socket;
	readonly #options: ConnectionOptions;
	readonly #splitter = new RtspSplitter(this);
	readonly #pending: Pending[] = [];
	#frames: FrameHandler | undefined;
	#onBroken: (reason: SourceError) => void = () => {};
	#failure: SourceError | undefined;
	#sequence = 0;
	#arrival = 0;

	/** @throws SourceError that names why there is no connection */
	static async open(options: ConnectionOptions): Promise<RtspConnection> {
		return new RtspConnection(await openSocket(options), options);
	}

	private constructor(socket: Socket, options: ConnectionOptions) {
		this.#socket = socket;
		this.#options = options;
		this.remote = remoteOf(options);
		this.broken = new Promise((resolve) => {
			this.#onBroken = resolve;
		});
		socket.setNoDelay(true);
		socket.on('data', (chunk) => this.#receive(chunk));
		socket.on('error', (error) => this.#fail(sourceErrorFromSocket(error, this.remote)));
		socket.on('close', () => this.#fail(new SourceError('camera_closed', 'the camera closed the connection')));
	}

	/** The camera's address, whatever its name was. */
	get remoteAddress(): string {
		return this.#socket.remoteAddress ?? '';
	}

	get localAddress(): string {
		return this.#socket.localAddress ?? '';
	}

	/** From now on, frames go there. */
	takeFrames(handler: FrameHandler): void {
		this.#frames = handler;
	}

	/**
	 * Sends a request, adding its CSeq, and waits for its response.
	 *
	 * @param timeout milliseconds, when it is not the connection's
	 * @throws SourceError `camera_timeout`, or why the connection ended
	 */
	exchange(request: RtspRequest, timeout = this.#options.responseTimeout): Promise<RtspResponse> {
		if (this.#failure) return Promise.reject(this.#failure);
		const sequence = ++this.#sequence;
		request.headers.append('CSeq', String(sequence));
		return new Promise((resolve, reject) => {
			const from = this.#options.clock.now();
			const expire = () => {
				const waited = Math.round(this.#options.clock.now() - from);
				this.#drop(pending);
				reject(new SourceError('camera_timeout', `the camera did not answer ${request.method} in ${waited} ms`));
			};
			const pending: Pending = {
				sequence,
				resolve,
				reject,
				expire,
				timer: this.#options.clock.after(timeout, expire),
			};
			this.#pending.push(pending);
			this.#socket.write(serializeMessage(request));
		});
	}

	/** Sends a frame, unless the camera does not read. */
	sendFrame(channel: number, payload: Uint8Array): void {
		if (this.#failure || this.#socket.writableLength > MAX_WAITING) return;
		const frame = new Uint8Array(4 + payload.length);
		frame.set([0x24, channel, payload.length >> 8, payload.length & 0xff]);
		frame.set(payload, 4);
		this.#socket.write(frame);
	}

	/** Lets what waits for a response now wait for `milliseconds` more and no longer. */
	hurry(milliseconds: number): void {
		for (const pending of this.#pending) {
			pending.timer.cancel();
			pending.timer = this.#options.clock.after(milliseconds, pending.expire);
		}
	}

	close(): void {
		this.#failure ??= new SourceError('camera_closed', 'the connection was closed');
		this.#end(this.#failure);
	}

	onMessage(message: RtspMessage): void {
		if (message.kind === 'request') {
			this.#answer(message);
			return;
		}
		if (message.status < 200) return;
		const sequence = sequenceOf(message);
		// Some cameras leave the CSeq out: then the oldest request is meant.
		const pending = this.#pending.find((one) => sequence === undefined || one.sequence === sequence);
		if (!pending) return;
		this.#drop(pending);
		pending.resolve(message);
	}

	onFrame(channel: number, payload: Uint8Array): void {
		this.#frames?.onFrame(channel, payload, this.#arrival);
	}

	#receive(chunk: Buffer<ArrayBufferLike>): void {
		this.#arrival = this.#options.clock.now();
		try {
			// Views of a plain Uint8Array cost half of what views of a Buffer do, and there is one a packet.
			this.#splitter.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
		} catch (thrown) {
			const cause = toError(thrown);
			const message = cause instanceof RtspSyntaxError ? cause.message : 'the answer could not be read';
			this.#fail(new SourceError('camera_protocol', `the camera does not speak RTSP: ${message}`, { cause }));
		}
	}

	#answer(request: RtspRequest): void {
		const known = ANSWERED.includes(request.method);
		const sequence = sequenceOf(request);
		const headers = sequence === undefined ? {} : { CSeq: String(sequence) };
		const answer = known ? response(200, 'OK', headers) : response(501, 'Not Implemented', headers);
		if (this.#socket.writableLength <= MAX_WAITING) this.#socket.write(serializeMessage(answer));
	}

	#drop(pending: Pending): void {
		pending.timer.cancel();
		const at = this.#pending.indexOf(pending);
		if (at >= 0) this.#pending.splice(at, 1);
	}

	#fail(reason: SourceError): void {
		if (this.#failure) return;
		this.#failure = reason;
		this.#end(reason);
		this.#onBroken(reason);
	}

	#end(reason: SourceError): void {
		for (const pending of this.#pending.splice(0)) {
			pending.timer.cancel();
			pending.reject(reason);
		}
		this.#socket.destroy();
	}
}

function openSocket(options: ConnectionOptions): Promise<Socket> {
	const { host, port, clock, connectTimeout, signal } = options;
	return new Promise((resolve, reject) => {
		const socket = connect({ host, port });
		const settle = (error?: SourceError) => {
			timer.cancel();
			signal.removeEventListener('abort', abort);
			socket.removeAllListeners();
			if (error === undefined) return resolve(socket);
			// An error that comes after the decision has nobody left to tell.
			socket.on('error', () => {});
			socket.destroy();
			reject(error);
		};
		const abort = () => settle(new SourceError('camera_closed', 'connecting was given up'));
		const timer = clock.after(connectTimeout, () => {
			settle(new SourceError('camera_timeout', `no connection to ${remoteOf(options)} in ${connectTimeout} ms`));
		});
		socket.once('connect', () => settle());
		socket.once('error', (error) => settle(sourceErrorFromSocket(error, remoteOf(options))));
		signal.addEventListener('abort', abort, { once: true });
		if (signal.aborted) abort();
	});
}

function remoteOf({ host, port }: { host: string; port: number }): string {
	return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
