import { createServer, type Server, type Socket } from 'node:net';
import { RtspSplitter, type RtspStreamHandler } from '../../src/rtsp/framing.ts';
import {
	type RtspMessage,
	type RtspRequest,
	type RtspResponse,
	response,
	sequenceOf,
	serializeMessage,
} from '../../src/rtsp/message.ts';
import { parseTransport } from '../../src/rtsp/transport-header.ts';

/**
 * Answers one request: a message, a text or bytes to be sent as they are, or undefined for silence. `CSeq` is not
 * added to texts.
 */
export type Answer = (
	request: RtspRequest,
	client: FakeCameraClient,
) => RtspResponse | string | Uint8Array | undefined | Promise<RtspResponse | string | Uint8Array | undefined>;

export type FakeCameraScript = {
	/** Body of the DESCRIBE answer. */
	readonly sdp?: string;
	/** By method; what is not scripted is answered as a good camera does. */
	readonly on?: Readonly<Record<string, Answer>>;
};

/** One picture track, H.264, and one sound track, G.711 A-law. */
export const FAKE_SDP = [
	'v=0',
	'o=- 1 1 IN IP4 127.0.0.1',
	's=fake',
	't=0 0',
	'm=video 0 RTP/AVP 96',
	'a=rtpmap:96 H264/90000',
	'a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LACtoQnkA=,aM48gA==',
	'a=control:trackID=0',
	'm=audio 0 RTP/AVP 8',
	'a=control:trackID=1',
	'',
].join('\r\n');

/** A camera that does what the test says, on 127.0.0.1. */
export class FakeCamera {
	readonly #server: Server;
	readonly #script: FakeCameraScript;
	readonly #waiters = new Set<() => void>();
	readonly clients: FakeCameraClient[] = [];
	/** Every request of every connection. */
	readonly requests: RtspRequest[] = [];

	static async start(script: FakeCameraScript = {}): Promise<FakeCamera> {
		const camera = new FakeCamera(script);
		await new Promise<void>((resolve, reject) => {
			camera.#server.once('error', reject);
			camera.#server.listen(0, '127.0.0.1', resolve);
		});
		return camera;
	}

	private constructor(script: FakeCameraScript) {
		this.#script = script;
		this.#server = createServer((socket) => this.clients.push(new FakeCameraClient(this, socket)));
	}

	get port(): number {
		const address = this.#server.address();
		if (address === null || typeof address === 'string') throw new Error('the fake camera is closed');
		return address.port;
	}

	get url(): string {
		return `rtsp://127.0.0.1:${this.port}/cam`;
	}

	/** The client that connected last. */
	get client(): FakeCameraClient {
		const client = this.clients.at(-1);
		if (!client) throw new Error('nobody connected');
		return client;
	}

	/** The methods asked so far, in order. */
	get methods(): string[] {
		return this.requests.map((request) => request.method);
	}

	/** The requests of one method. */
	all(method: string): RtspRequest[] {
		return this.requests.filter((request) => request.method === method);
	}

	/** Waits until `condition` holds; it is asked after each request and each end of a connection. */
	until(condition: () => boolean, deadline = 10_000): Promise<void> {
		return new Promise((resolve, reject) => {
			const check = () => {
				if (!condition()) return;
				clearTimeout(timer);
				this.#waiters.delete(check);
				resolve();
			};
			const timer = setTimeout(() => {
				this.#waiters.delete(check);
				reject(new Error(`not in ${deadline} ms; the camera saw ${this.methods.join(' ')}`));
			}, deadline);
			this.#waiters.add(check);
			check();
		});
	}

	/** Waits until a method was asked for `times` times. */
	seen(method: string, times = 1): Promise<void> {
		return this.until(() => this.all(method).length >= times);
	}

	async close(): Promise<void> {
		for (const client of this.clients) client.destroy();
		await new Promise<void>((resolve) => this.#server.close(() => resolve()));
	}

	/** Asks everyone who waits to look again. */
	changed(): void {
		for (const check of this.#waiters) check();
	}

	async handle(request: RtspRequest, client: FakeCameraClient): Promise<void> {
		const answer = await (this.#script.on?.[request.method] ?? this.answerWell)(request, client);
		if (answer !== undefined) client.send(answer);
		this.requests.push(request);
		this.changed();
	}

	/** What a camera without faults answers. */
	readonly answerWell = (request: RtspRequest, client: FakeCameraClient): RtspResponse => {
		switch (request.method) {
			case 'OPTIONS':
				return ok(request, { Public: 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER' });
			case 'DESCRIBE':
				return ok(
					request,
					{ 'Content-Type': 'application/sdp', 'Content-Base': `${request.uri}/` },
					this.#script.sdp ?? FAKE_SDP,
				);
			case 'SETUP':
				return client.setUp(request);
			case 'GET_PARAMETER':
			case 'PLAY':
			case 'TEARDOWN':
				return ok(request, { Session: '12345678' });
			default:
				return status(request, 501);
		}
	};
}

/** One connection to the fake camera. */
export class FakeCameraClient implements RtspStreamHandler {
	readonly #camera: FakeCamera;
	readonly #socket: Socket;
	/** Frames that came from the client. */
	readonly frames: { channel: number; payload: Uint8Array }[] = [];
	/** Answers to requests of the camera. */
	readonly responses: RtspResponse[] = [];
	closed = false;

	constructor(camera: FakeCamera, socket: Socket) {
		this.#camera = camera;
		this.#socket = socket;
		const splitter = new RtspSplitter(this);
		socket.on('data', (chunk) => splitter.push(chunk));
		socket.on('error', () => {});
		socket.on('close', () => {
			this.closed = true;
			camera.changed();
		});
	}

	onMessage(message: RtspMessage): void {
		if (message.kind === 'response') this.responses.push(message);
		else void this.#camera.handle(message, this);
		this.#camera.changed();
	}

	onFrame(channel: number, payload: Uint8Array): void {
		this.frames.push({ channel, payload });
		this.#camera.changed();
	}

	send(what: RtspResponse | string | Uint8Array): void {
		this.#socket.write(typeof what === 'object' && 'kind' in what ? serializeMessage(what) : what);
	}

	/** Sends each byte in a segment of its own, as far as the network lets it. */
	async sendByteByByte(bytes: Uint8Array): Promise<void> {
		this.#socket.setNoDelay(true);
		for (const byte of bytes) {
			await new Promise((resolve) => this.#socket.write(Uint8Array.of(byte), resolve));
			await new Promise((resolve) => setImmediate(resolve));
		}
	}

	/** Sends an interleaved frame. */
	frame(channel: number, payload: Uint8Array): void {
		this.send(interleaved(channel, payload));
	}

	/** The SETUP answer that grants what was asked for. */
	setUp(request: RtspRequest): RtspResponse {
		return ok(request, { Session: '12345678;timeout=60', Transport: request.headers.get('Transport') ?? '' });
	}

	destroy(): void {
		this.#socket.destroy();
	}
}

/** An interleaved frame (RFC 2326 section 10.12). */
export function interleaved(channel: number, payload: Uint8Array): Uint8Array {
	const frame = new Uint8Array(4 + payload.length);
	frame.set([0x24, channel, payload.length >> 8, payload.length & 0xff]);
	frame.set(payload, 4);
	return frame;
}

/** 200 with the request's CSeq. */
export function ok(request: RtspRequest, headers: Record<string, string> = {}, body = ''): RtspResponse {
	return response(200, 'OK', { ...sequence(request), ...headers }, new TextEncoder().encode(body));
}

/** A bare status with the request's CSeq. */
export function status(request: RtspRequest, code: number, headers: Record<string, string> = {}): RtspResponse {
	return response(code, 'No', { ...sequence(request), ...headers });
}

/** The transport a SETUP asks for. */
export function asked(request: RtspRequest) {
	const transport = parseTransport(request.headers.get('Transport') ?? '')[0];
	if (!transport) throw new Error('SETUP without Transport');
	return transport;
}

function sequence(request: RtspRequest): Record<string, string> {
	return { CSeq: String(sequenceOf(request) ?? 0) };
}
