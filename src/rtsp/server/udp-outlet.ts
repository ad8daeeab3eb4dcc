import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { PortPair } from '../transport-header.ts';
import type { Outlet } from './outlet.ts';

/** Random ports tried until a pair of an even one and the next is free. */
const BIND_ATTEMPTS = 32;

/** The two UDP sockets all clients of a server share: RTP on an even port, RTCP on the next (RFC 3550 section 11). */
export class UdpPortPair {
	readonly ports: PortPair;
	readonly #rtp: Socket;
	readonly #rtcp: Socket;
	readonly #listeners = new Map<string, () => void>();

	private constructor(rtp: Socket, rtcp: Socket) {
		this.#rtp = rtp;
		this.#rtcp = rtcp;
		this.ports = [rtp.address().port, rtcp.address().port];
		rtp.on('error', () => {});
		rtcp.on('error', () => {});
		rtcp.on('message', (_, remote: RemoteInfo) => this.#listeners.get(key(remote.address, remote.port))?.());
	}

	/**
	 * @param host an IP address
	 * @throws the last bind error when no pair of ports is free
	 */
	static async bind(host: string): Promise<UdpPortPair> {
		let failure: unknown;
		for (let attempt = 0; attempt < BIND_ATTEMPTS; attempt++) {
			const rtp = await bind(host, 0);
			const { port } = rtp.address();
			try {
				if (port % 2 === 0) return new UdpPortPair(rtp, await bind(host, port + 1));
			} catch (caught) {
				failure = caught;
			}
			rtp.close();
		}
		throw failure ?? new Error('no even UDP port is free');
	}

	/**
	 * @param address of the client; always the one its RTSP connection comes from
	 * @param onRtcp is called when the client sends RTCP: it is alive
	 */
	outlet(address: string, clientPorts: PortPair, onRtcp: () => void): Outlet {
		const [rtpPort, rtcpPort] = clientPorts;
		const rtp = this.#rtp;
		const rtcp = this.#rtcp;
		const listenerKey = key(address, rtcpPort);
		this.#listeners.set(listenerKey, onRtcp);
		let open = true;
		return {
			get backlog() {
				return rtp.getSendQueueSize();
			},
			send(packets) {
				if (!open) return;
				for (const packet of packets) rtp.send(packet, rtpPort, address, ignore);
			},
			sendRtcp(packet) {
				if (open) rtcp.send(packet, rtcpPort, address, ignore);
			},
			close: () => {
				open = false;
				if (this.#listeners.get(listenerKey) === onRtcp) this.#listeners.delete(listenerKey);
			},
		};
	}

	async close(): Promise<void> {
		await Promise.all([this.#rtp, this.#rtcp].map((socket) => new Promise<void>((done) => socket.close(() => done()))));
	}
}

/** Datagrams that cannot be sent are lost, as on any network. */
function ignore(): void {}

function key(address: string, port: number): string {
	return `${address} ${port}`;
}

async function bind(host: string, port: number): Promise<Socket> {
	const family = isIPv6(host) ? 6 : 4;
	const socket = createSocket({
		type: family === 6 ? 'udp6' : 'udp4',
		// Destinations are addresses already: without this, every datagram waits for a name lookup.
		lookup: (address, _options, callback) => callback(null, address, family),
	});
	try {
		// Without a lookup to wait for, the event may come within the call.
		const listening = once(socket, 'listening');
		socket.bind(port, host);
		await listening;
	} catch (failure) {
		socket.close();
		throw failure;
	}
	return socket;
}
