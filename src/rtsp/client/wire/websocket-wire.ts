import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { SourceError, toError } from '../../../base/errors.ts';
import { maskedFrame, OPCODE, type WebSocketHandler, WebSocketSplitter } from '../../websocket-frames.ts';
import { CLIENT_LIMITS } from '../limits.ts';
import { type HttpOpenOptions, openByGet } from './http-open.ts';
import { readSocket, type Wire, type WireHandler } from './wire.ts';

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** ONVIF's, and the one of Axis cameras before it. */
const PROTOCOLS = ['rtsp.onvif.org', 'binary'];

/**
 * RTSP in a WebSocket (ONVIF Streaming Specification section 5.1.1.5).
 *
 * @param random a number in [0, 1)
 * @throws SourceError
 */
export async function openWebSocket(options: HttpOpenOptions, random: () => number): Promise<Wire> {
	const key = Buffer.from(randomBytes(16, random)).toString('base64');
	const { socket, status, headers } = await openByGet(options, '1.1', {
		Upgrade: 'websocket',
		Connection: 'Upgrade',
		'Sec-WebSocket-Version': '13',
		'Sec-WebSocket-Key': key,
		'Sec-WebSocket-Protocol': PROTOCOLS.join(', '),
	});
	const accepted =
		headers.get('Sec-WebSocket-Accept') ===
		createHash('sha1')
			.update(key + GUID)
			.digest('base64');
	const protocol = headers.get('Sec-WebSocket-Protocol') ?? PROTOCOLS[0];
	if (status === 101 && accepted && PROTOCOLS.includes(protocol ?? '')) return new WebSocketWire(socket, random);
	socket.destroy();
	const message = `the camera takes no RTSP in a WebSocket at ${options.target} (it answered ${status})`;
	throw new SourceError('camera_unsupported', message, { facts: { status, method: 'GET' }, permanent: true });
}

/** The bytes of one RTSP connection in a WebSocket that was opened. */
export class WebSocketWire implements Wire, WebSocketHandler {
	readonly #socket: Socket;
	readonly #random: () => number;
	readonly #splitter = new WebSocketSplitter(this);
	#handler: WireHandler | undefined;
	#closed = false;

	constructor(socket: Socket, random: () => number) {
		this.#socket = socket;
		this.#random = random;
	}

	get remoteAddress(): string {
		return this.#socket.remoteAddress ?? '';
	}

	get localAddress(): string {
		return this.#socket.localAddress ?? '';
	}

	get waiting(): number {
		return this.#socket.writableLength;
	}

	start(handler: WireHandler): void {
		this.#handler = handler;
		readSocket(this.#socket, {
			onBytes: (chunk) => this.#receive(chunk),
			onEnd: (failure) => {
				if (!this.#closed) handler.onEnd(failure);
			},
		});
	}

	write(bytes: Uint8Array): void {
		this.#send(OPCODE.binary, bytes);
	}

	destroy(): void {
		this.#closed = true;
		this.#socket.destroy();
	}

	onData(bytes: Uint8Array): void {
		if (!this.#closed) this.#handler?.onBytes(bytes);
	}

	onControl(opcode: number, payload: Uint8Array): void {
		if (opcode === OPCODE.ping && this.waiting <= CLIENT_LIMITS.waitingBytes) this.#send(OPCODE.pong, payload);
		if (opcode !== OPCODE.close || this.#closed) return;
		this.#send(OPCODE.close, payload.subarray(0, 2));
		this.#socket.end();
	}

	#receive(chunk: Uint8Array): void {
		if (this.#closed) return;
		try {
			this.#splitter.push(chunk);
		} catch (thrown) {
			const cause = toError(thrown);
			this.destroy();
			this.#handler?.onEnd(new SourceError('camera_protocol', cause.message, { cause }));
		}
	}

	#send(opcode: number, payload: Uint8Array): void {
		this.#socket.write(maskedFrame(opcode, payload, randomBytes(4, this.#random)));
	}
}

function randomBytes(count: number, random: () => number): Uint8Array {
	return Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
}
