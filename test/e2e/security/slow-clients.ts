import { connect, type Socket } from 'node:net';

/** Who keeps a server busy by being slow, after slowhttptest's modes. */
export type SlowMode = 'headers' | 'body' | 'read';

const DRIP_MS = 1000;

/** Many slow clients at once. */
export class SlowClients {
	readonly #sockets: Socket[];
	readonly #timer: NodeJS.Timeout;
	#cut = 0;
	#accepted = 0;

	/**
	 * @param readPath what is asked for again and again, and never read, in mode `read`
	 */
	constructor(port: number, mode: SlowMode, count: number, readPath = '/') {
		const starts: Readonly<Record<SlowMode, string>> = {
			headers: 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n',
			body:
				'POST /whep/cam HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/sdp\r\n' +
				'Content-Length: 60000\r\n\r\nv=0\r\n',
			read: `GET ${readPath} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`.repeat(200),
		};
		this.#sockets = Array.from({ length: count }, () => {
			const socket = connect(port, '127.0.0.1');
			socket.once('connect', () => {
				this.#accepted++;
				if (mode === 'read') socket.pause();
				else socket.resume();
				socket.write(starts[mode]);
			});
			socket.on('error', () => {});
			socket.once('close', () => this.#cut++);
			return socket;
		});
		this.#timer = setInterval(() => {
			for (const socket of this.#sockets) {
				if (socket.destroyed || mode === 'read') continue;
				socket.write(mode === 'headers' ? `X-${Math.random()}: a\r\n` : 'a=x\r\n');
			}
		}, DRIP_MS);
	}

	get accepted(): number {
		return this.#accepted;
	}

	/** How many the server has cut off. */
	get cut(): number {
		return this.#cut;
	}

	stop(): void {
		clearInterval(this.#timer);
		for (const socket of this.#sockets) socket.destroy();
	}
}
