import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server on this machine on which answers take their time. */
export class SlowRoad {
	/** Milliseconds that an answer is on its way. */
	delay = 0;
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	private constructor(port: number) {
		this.#server = createServer((near) => {
			const far = connect(port, '127.0.0.1');
			near.pipe(far);
			far.on('data', (data) => {
				if (this.delay === 0) near.write(data);
				else setTimeout(() => near.write(data), this.delay);
			});
			for (const [socket, other] of [
				[near, far],
				[far, near],
			] as const) {
				this.#sockets.add(socket);
				socket
					.on('error', () => {})
					.on('close', () => {
						this.#sockets.delete(socket);
						other.destroy();
					});
			}
		});
	}

	/** @param port where the server is */
	static async to(port: number): Promise<SlowRoad> {
		const road = new SlowRoad(port);
		road.#server.listen(0, '127.0.0.1');
		await once(road.#server, 'listening');
		return road;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	close(): void {
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
	}
}
