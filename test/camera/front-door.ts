import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** Folder of the certificate of cameras that speak TLS: self-signed, for localhost and 127.0.0.1. */
export const CERTIFICATES = 'test/data/tls';
/** SHA-256 of that certificate. */
export const FINGERPRINT = 'f7800ab92dbb51a1a5291d7f6364101c5cbfd1dc6e1d7177fff11d8d54edc218';

/** One request of HTTP as the door saw it. */
export type DoorRequest = {
	readonly method: string;
	readonly target: string;
	/** By lower-case name. */
	readonly headers: ReadonlyMap<string, string>;
};

export type FrontDoorOptions = {
	/** Port of the camera behind, on 127.0.0.1. */
	readonly port: number;
	/** Where the door is, when that is not 127.0.0.1. */
	readonly host?: string;
	readonly tls?: boolean;
	/** What is done with an HTTP request before the door opens; a text is the answer, and the connection ends. */
	readonly judge?: (request: DoorRequest) => string | undefined;
	/** The answer that lets a WebSocket in, when it is not the right one. */
	readonly welcome?: (request: DoorRequest) => string;
	/** Bytes of base64 after which a POST is ended. */
	readonly postLimit?: number;
};

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * The web server, or the TLS, in front of a fake camera: takes what comes in HTTP tunnels and WebSockets out of them.
 * Without HTTP, bytes pass as they are.
 */
export class FrontDoor {
	readonly #options: FrontDoorOptions;
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	/** Cameras behind tunnels, by cookie. */
	readonly #tunnels = new Map<string, Socket>();
	readonly requests: DoorRequest[] = [];
	/** WebSocket frames of the client, by opcode. */
	readonly opcodes: number[] = [];
	/** Newest last; for what a test sends by hand. */
	readonly webSockets: Socket[] = [];

	static async open(options: FrontDoorOptions): Promise<FrontDoor> {
		const door = new FrontDoor(options);
		await new Promise<void>((resolve, reject) => {
			door.#server.once('error', reject);
			door.#server.listen(0, options.host ?? '127.0.0.1', resolve);
		});
		return door;
	}

	private constructor(options: FrontDoorOptions) {
		this.#options = options;
		const welcome = (socket: Socket) => this.#welcome(socket);
		this.#server = options.tls
			? createTlsServer(
					{
						cert: readFileSync(`${CERTIFICATES}/camera-cert.pem`),
						key: readFileSync(`${CERTIFICATES}/camera-key.pem`),
					},
					welcome,
				)
			: createServer(welcome);
	}

	get port(): number {
		const address = this.#server.address();
		if (address === null || typeof address === 'string') throw new Error('the door is closed');
		return address.port;
	}

	/** The camera's URL through this door. */
	get url(): string {
		return `${this.#options.tls ? 'rtsps' : 'rtsp'}://${this.#options.host ?? '127.0.0.1'}:${this.port}/cam`;
	}

	async close(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise<void>((resolve) => this.#server.close(() => resolve()));
	}

	#welcome(socket: Socket): void {
		this.#keep(socket);
		let head = Buffer.alloc(0);
		const read = (chunk: Buffer) => {
			head = Buffer.concat([head, chunk]);
			const end = head.indexOf('\r\n\r\n');
			if (end < 0) return;
			socket.removeListener('data', read);
			socket.pause();
			const text = head.subarray(0, end).toString('latin1');
			const [, method, target] = /^(\S+) (\S+) HTTP\/1\.[01]/.exec(text) ?? [];
			if (method === undefined || target === undefined) {
				socket.unshift(head);
				const camera = this.#camera();
				this.#join(socket, camera);
				socket.on('data', (bytes) => camera.write(bytes));
				socket.resume();
				return;
			}
			socket.unshift(head.subarray(end + 4));
			const fields = text.split('\r\n').slice(1);
			const headers = new Map(
				fields.map((line) => [line.split(':', 1)[0]?.toLowerCase() ?? '', line.replace(/^[^:]*: */, '')]),
			);
			this.#serve(socket, { method, target, headers });
			socket.resume();
		};
		socket.on('data', read);
	}

	#serve(socket: Socket, request: DoorRequest): void {
		this.requests.push(request);
		const refusal = this.#options.judge?.(request);
		if (refusal !== undefined) socket.end(refusal);
		else if (request.headers.has('sec-websocket-key')) this.#serveWebSocket(socket, request);
		else if (request.method === 'GET') this.#serveGet(socket, request);
		else this.#servePost(socket, request);
	}

	#serveGet(socket: Socket, { headers }: DoorRequest): void {
		const camera = this.#camera();
		this.#tunnels.set(headers.get('x-sessioncookie') ?? '', camera);
		socket.write(
			'HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\nx-server-ip-address: 192.0.2.9\r\n\r\n',
		);
		this.#join(socket, camera);
	}

	#servePost(socket: Socket, { headers }: DoorRequest): void {
		const camera = this.#tunnels.get(headers.get('x-sessioncookie') ?? '');
		if (!camera) return void socket.end('HTTP/1.0 400 Bad Request\r\n\r\n');
		let text = '';
		let taken = 0;
		socket.on('data', (chunk) => {
			text += chunk.toString('latin1');
			taken += chunk.length;
			const whole = text.match(/^(?:[^=]{4})*(?:[^=]{2}==|[^=]{3}=)?/)?.[0] ?? '';
			text = text.slice(whole.length);
			camera.write(Buffer.from(whole, 'base64'));
			if (taken > (this.#options.postLimit ?? Number.POSITIVE_INFINITY)) socket.end();
		});
	}

	#serveWebSocket(socket: Socket, request: DoorRequest): void {
		const key = request.headers.get('sec-websocket-key') ?? '';
		const accept = createHash('sha1')
			.update(key + GUID)
			.digest('base64');
		socket.write(
			this.#options.welcome?.(request) ??
				`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
					`Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: rtsp.onvif.org\r\n\r\n`,
		);
		this.webSockets.push(socket);
		const camera = this.#camera();
		camera.on('data', (bytes) => socket.write(serverFrame(0x82, bytes)));
		camera.on('close', () => socket.destroy());
		socket.on('close', () => camera.destroy());
		let waiting = Buffer.alloc(0);
		socket.on('data', (chunk) => {
			waiting = Buffer.concat([waiting, chunk]);
			for (let frame = clientFrame(waiting); frame; frame = clientFrame(waiting)) {
				this.opcodes.push(frame.opcode);
				if (frame.opcode === 2) camera.write(frame.payload);
				waiting = waiting.subarray(frame.size);
			}
		});
	}

	#camera(): Socket {
		const camera = connect(this.#options.port, '127.0.0.1');
		this.#keep(camera);
		return camera;
	}

	/** What the camera says goes to the client, and each ends with the other. */
	#join(socket: Socket, camera: Socket): void {
		camera.on('data', (bytes) => socket.write(bytes));
		camera.on('close', () => socket.destroy());
		socket.on('close', () => camera.destroy());
	}

	#keep(socket: Socket): void {
		this.#sockets.add(socket);
		socket.on('error', () => {});
		socket.once('close', () => this.#sockets.delete(socket));
	}
}

/** A frame as servers send it. @param first flags and opcode */
export function serverFrame(first: number, payload: Uint8Array): Uint8Array {
	const { length } = payload;
	const head =
		length < 126
			? [length]
			: length < 65_536
				? [126, length >> 8, length & 0xff]
				: [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff];
	return Buffer.concat([Uint8Array.of(first, ...head), payload]);
}

/** The first whole frame of a client; a frame that is not masked throws. */
export function clientFrame(bytes: Buffer): { opcode: number; payload: Buffer; size: number } | undefined {
	if (bytes.length < 2) return undefined;
	const [first, second] = [bytes.readUInt8(0), bytes.readUInt8(1)];
	if (second < 0x80) throw new Error('a client must mask its frames');
	const extended = second === 0xff ? 8 : second === 0xfe ? 2 : 0;
	const start = 2 + extended + 4;
	if (bytes.length < start) return undefined;
	const length = extended === 0 ? second & 0x7f : extended === 2 ? bytes.readUInt16BE(2) : bytes.readUInt32BE(6);
	if (bytes.length < start + length) return undefined;
	const mask = bytes.subarray(start - 4, start);
	const payload = Buffer.from(bytes.subarray(start, start + length).map((byte, at) => byte ^ (mask[at & 3] ?? 0)));
	return { opcode: first & 0x0f, payload, size: start + length };
}
