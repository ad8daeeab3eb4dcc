import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { RtspSplitter } from '../../src/rtsp/framing.ts';
import { type RtspRequest, type RtspResponse, serializeMessage } from '../../src/rtsp/message.ts';
import { FAKE_SDP, ok } from './fake-camera.ts';

/** Bytes that never end: the function is asked again and again. `undefined` pauses for a moment. */
export type Flood = (index: number) => Uint8Array | string | undefined;

/** Answers a request with a message, with bytes, or with bytes that never end. */
export type HostileAnswer = (request: RtspRequest, camera: FloodingCamera) => RtspResponse | string | Flood;

const PAUSE_MS = 10;

/**
 * A camera that sends as much as the other side reads, on 127.0.0.1. What is not scripted is answered as a good
 * camera does; it holds no more than one piece of its flood in memory.
 */
export class FloodingCamera {
	readonly #server: Server;
	readonly #answers: Readonly<Record<string, HostileAnswer>>;
	readonly #sockets = new Set<Socket>();
	/** Bytes of floods that were written. */
	sent = 0;

	/** @param answers by method */
	static async start(answers: Readonly<Record<string, HostileAnswer>>): Promise<FloodingCamera> {
		const camera = new FloodingCamera(answers);
		await new Promise<void>((resolve) => camera.#server.listen(0, '127.0.0.1', resolve));
		return camera;
	}

	private constructor(answers: Readonly<Record<string, HostileAnswer>>) {
		this.#answers = answers;
		this.#server = createServer((socket) => this.#serve(socket));
	}

	get url(): string {
		const address = this.#server.address();
		return `rtsp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/cam`;
	}

	async close(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise<void>((resolve) => this.#server.close(() => resolve()));
	}

	#serve(socket: Socket): void {
		this.#sockets.add(socket);
		socket.on('close', () => this.#sockets.delete(socket));
		socket.on('error', () => {});
		const splitter = new RtspSplitter({
			onMessage: (message) => {
				if (message.kind === 'request') this.#answer(message, socket);
			},
			onFrame() {},
		});
		socket.on('data', (chunk) => splitter.push(chunk));
	}

	#answer(request: RtspRequest, socket: Socket): void {
		const answer = this.#answers[request.method]?.(request, this) ?? answerWell(request);
		if (typeof answer === 'function') void this.#flood(answer, socket);
		else socket.write(typeof answer === 'string' ? answer : serializeMessage(answer));
	}

	async #flood(flood: Flood, socket: Socket): Promise<void> {
		for (let index = 0; !socket.destroyed; index++) {
			const piece = flood(index);
			if (piece === undefined) {
				await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
				continue;
			}
			this.sent += piece.length;
			if (socket.write(piece)) continue;
			await new Promise<void>((resolve) => {
				const go = () => {
					socket.off('drain', go).off('close', go);
					resolve();
				};
				socket.on('drain', go).on('close', go);
			});
			// Writes that succeed at once would leave nobody else a turn.
			await setImmediate();
		}
	}
}

function answerWell(request: RtspRequest): RtspResponse {
	switch (request.method) {
		case 'DESCRIBE':
			return ok(request, { 'Content-Base': `${request.uri}/` }, FAKE_SDP);
		case 'SETUP':
			return ok(request, { Session: '1', Transport: request.headers.get('Transport') ?? '' });
		default:
			return ok(request, { Session: '1' });
	}
}
