import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** Nothing is lost on top while this process is busy, as far as the system grants it. */
const SOCKET = { type: 'udp4', recvBufferSize: 4 * 1024 * 1024 } as const;

export type UdpRelay = {
	readonly port: number;
	/** Datagrams that came and that were dropped, both directions. */
	readonly counts: { passed: number; dropped: number };
	close(): void;
};

export type UdpRelayOptions = {
	/** Fraction of the datagrams that are lost, each way. */
	readonly loss: number;
	/** One-way delay in milliseconds, evenly spread; the order is kept. */
	readonly delay: { readonly from: number; readonly to: number };
	/** Where the datagrams go, on this machine. */
	readonly targetPort: number;
};

/** A bad network between viewers and a gateway on this machine, in user space. */
export async function startUdpRelay({ loss, delay, targetPort }: UdpRelayOptions): Promise<UdpRelay> {
	const front = await bound();
	const backs = new Map<string, { socket: Socket; forward: (datagram: Buffer) => void }>();
	const counts = { passed: 0, dropped: 0 };

	let open = true;
	const sendIfOpen = (send: () => void) => {
		if (open) send();
	};

	const pipe = (deliver: (datagram: Buffer) => void) => {
		const underWay: { readonly due: number; readonly datagram: Buffer }[] = [];
		let last = 0;
		// One timer for all of them: timers of different lengths may overtake each other.
		const pump = () => {
			const now = performance.now();
			while (underWay[0] && underWay[0].due <= now) deliver((underWay.shift() as (typeof underWay)[0]).datagram);
			if (underWay[0]) setTimeout(pump, Math.max(1, underWay[0].due - now));
		};
		return (datagram: Buffer) => {
			if (Math.random() < loss) {
				counts.dropped++;
				return;
			}
			counts.passed++;
			const now = performance.now();
			last = Math.max(last, now + delay.from + Math.random() * (delay.to - delay.from));
			underWay.push({ due: last, datagram });
			if (underWay.length === 1) setTimeout(pump, last - now);
		};
	};

	front.on('message', (datagram, { address, port }) => {
		const key = `${address}:${port}`;
		let back = backs.get(key);
		if (!back) {
			const socket = createSocket(SOCKET);
			socket.on(
				'message',
				pipe((answer) => sendIfOpen(() => front.send(answer, port, address))),
			);
			socket.on('error', () => {});
			back = { socket, forward: pipe((request) => sendIfOpen(() => socket.send(request, targetPort, '127.0.0.1'))) };
			backs.set(key, back);
		}
		back.forward(datagram);
	});
	return {
		port: front.address().port,
		counts,
		close: () => {
			open = false;
			front.close();
			for (const { socket } of backs.values()) socket.close();
		},
	};
}

/** A UDP port that was free a moment ago, for a gateway that is reached through a relay. */
export async function freeUdpPort(): Promise<number> {
	const socket = await bound();
	const { port } = socket.address();
	socket.close();
	return port;
}

async function bound(): Promise<Socket> {
	const socket = createSocket(SOCKET);
	socket.bind(0, '127.0.0.1');
	await once(socket, 'listening');
	return socket;
}
