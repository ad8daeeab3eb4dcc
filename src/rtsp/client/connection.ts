import type { Clock, Timer } from '../../base/clock.ts';
import { SourceError, toError } from '../../base/errors.ts';
import { RtspSyntaxError, RtspVersionError, sourceErrorFromSocket } from '../errors.ts';
import { RtspSplitter, type RtspStreamHandler } from '../framing.ts';
import {
	type RtspMessage,
	type RtspRequest,
	type RtspResponse,
	response,
	sequenceOf,
	serializeMessage,
} from '../message.ts';
import { CLIENT_LIMITS } from './limits.ts';
import type { Wire, WireHandler } from './wire/wire.ts';

/** Takes the media that comes interleaved. */
export interface FrameHandler {
	/**
	 * @param payload valid during the call
	 * @param arrival `Clock.now()`, the same for all frames of one read
	 */
	onFrame(channel: number, payload: Uint8Array, arrival: number): void;
	/** As `RtspStreamHandler` has it. */
	isExpected(channel: number, type: number): boolean;
}

export type ConnectionOptions = {
	/** `host:port` as configured. */
	readonly remote: string;
	readonly clock: Clock;
	/** Milliseconds until a response must be there as a whole. */
	readonly responseTimeout: number;
};

type Pending = {
	readonly sequence: number;
	readonly resolve: (response: RtspResponse) => void;
	readonly reject: (error: Error) => void;
	/** Gives up waiting. */
	readonly expire: () => void;
	timer: Timer;
};

/** Methods whose answers a camera has at hand. */
const LIGHT = ['OPTIONS', 'GET_PARAMETER'];
/** Methods of a camera's own requests that are answered with 200; the others are not implemented. */
const ANSWERED = ['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER', 'TEARDOWN'];

/** A connection to a camera: requests with their responses, and interleaved frames both ways. */
export class RtspConnection implements RtspStreamHandler, WireHandler {
	/** Settles when the connection ends other than by `close()`. */
	readonly broken: Promise<SourceError>;
	readonly #wire: Wire;
	readonly #options: ConnectionOptions;
	readonly #splitter = new RtspSplitter(this);
	readonly #pending: Pending[] = [];
	#frames: FrameHandler | undefined;
	#onBroken: (reason: SourceError) => void = () => {};
	#onGoodbye: () => void = () => {};
	#failure: SourceError | undefined;
	/** Milliseconds between the last request that costs a camera nothing and its response. */
	roundTrip: number | undefined;
	#sequence = 0;
	#arrival = 0;

	constructor(wire: Wire, options: ConnectionOptions) {
		this.#wire = wire;
		this.#options = options;
		this.#arrival = options.clock.now();
		this.broken = new Promise((resolve) => {
			this.#onBroken = resolve;
		});
		wire.start(this);
	}

	/** `host:port` as configured. */
	get remote(): string {
		return this.#options.remote;
	}

	/** The camera's address, whatever its name was. */
	get remoteAddress(): string {
		return this.#wire.remoteAddress;
	}

	get localAddress(): string {
		return this.#wire.localAddress;
	}

	/** `Clock.now()` when the camera was last heard over this connection. */
	get heardAt(): number {
		return this.#arrival;
	}

	/** From now on, frames go there. */
	takeFrames(handler: FrameHandler): void {
		this.#frames = handler;
	}

	/** From now on, that is called when the camera asks for TEARDOWN itself. */
	takeGoodbye(listener: () => void): void {
		this.#onGoodbye = listener;
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
				resolve: (answer) => {
					if (LIGHT.includes(request.method)) this.roundTrip = this.#options.clock.now() - from;
					resolve(answer);
				},
				reject,
				expire,
				timer: this.#options.clock.after(timeout, expire),
			};
			this.#pending.push(pending);
			this.#wire.write(serializeMessage(request));
		});
	}

	/** Sends a frame, unless the camera does not read. */
	sendFrame(channel: number, payload: Uint8Array): void {
		if (this.#failure || this.#wire.waiting > CLIENT_LIMITS.waitingBytes) return;
		const frame = new Uint8Array(4 + payload.length);
		frame.set([0x24, channel, payload.length >> 8, payload.length & 0xff]);
		frame.set(payload, 4);
		this.#wire.write(frame);
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

	isExpected(channel: number, type: number): boolean {
		return this.#frames?.isExpected(channel, type) ?? true;
	}

	onBytes(chunk: Uint8Array): void {
		this.#arrival = this.#options.clock.now();
		try {
			this.#splitter.push(chunk);
		} catch (thrown) {
			const cause = toError(thrown);
			if (cause instanceof RtspVersionError) {
				const message = 'the camera speaks RTSP 2.0 only; RTSP 1.0 is needed';
				this.#fail(new SourceError('camera_unsupported', message, { cause, permanent: true }));
				return;
			}
			const message = cause instanceof RtspSyntaxError ? cause.message : 'the answer could not be read';
			this.#fail(new SourceError('camera_protocol', `the camera does not speak RTSP: ${message}`, { cause }));
		}
	}

	onEnd(failure: Error | undefined): void {
		if (failure instanceof SourceError) this.#fail(failure);
		else if (failure) this.#fail(sourceErrorFromSocket(failure, this.remote));
		else this.#fail(new SourceError('camera_closed', 'the camera closed the connection'));
	}

	#answer(request: RtspRequest): void {
		const known = ANSWERED.includes(request.method);
		const sequence = sequenceOf(request);
		const headers = sequence === undefined ? {} : { CSeq: String(sequence) };
		const answer = known ? response(200, 'OK', headers) : response(501, 'Not Implemented', headers);
		if (this.#wire.waiting <= CLIENT_LIMITS.waitingBytes) this.#wire.write(serializeMessage(answer));
		if (request.method === 'TEARDOWN') this.#onGoodbye();
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
		this.#wire.destroy();
	}
}
