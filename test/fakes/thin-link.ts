import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** What a home router holds, in milliseconds. */
const QUEUE_MS = 400;

/** A link to a gateway on this machine that carries only so much towards the viewer, and drops what queues too long. */
export class ThinLink {
	readonly port: number;
	/** Bits per second towards the viewers; may be changed at any time. */
	bitrate = Number.POSITIVE_INFINITY;
	/** Datagrams that found the queue full. */
	dropped = 0;
	readonly #front: Socket;
	readonly #backs = new Map<string, Socket>();
	readonly #timers = new Set<NodeJS.Timeout>();
	/** When what is queued will have gone, as `performance.now()`. */
	#busyUntil = 0;

	/** @param targetPort where the datagrams go, on 127.0.0.1 */
	static async start(targetPort: number): Promise<ThinLink> {
		const front = createSocket('udp4');
		front.bind(0, '127.0.0.1');
		await once(front, 'listening');
		return new ThinLink(front, targetPort);
	}

	private constructor(front: Socket, targetPort: number) {
		this.#front = front;
		this.port = front.address().port;
		front.on('message', (datagram, { address, port }) => {
			const key = `${address}:${port}`;
			let back = this.#backs.get(key);
			if (!back) {
				back = createSocket('udp4');
				back.on('message', (answer) => this.#carry(answer, port, address));
				back.on('error', () => {});
				this.#backs.set(key, back);
			}
			back.send(datagram, targetPort, '127.0.0.1');
		});
	}

	#carry(datagram: Buffer, port: number, address: string): void {
		const now = performance.now();
		const begins = Math.max(now, this.#busyUntil);
		if (begins - now > QUEUE_MS) {
			this.dropped++;
			return;
		}
		this.#busyUntil = begins + (datagram.length * 8000) / this.bitrate;
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			this.#front.send(datagram, port, address);
		}, this.#busyUntil - now);
		this.#timers.add(timer);
	}

	close(): void {
		for (const timer of this.#timers) clearTimeout(timer);
		this.#front.close();
		for (const back of this.#backs.values()) back.close();
	}
}
