import type { RemoteInfo, Socket } from 'node:dgram';
import type { PortPair } from '../transport-header.ts';
import { openUdpPortPair, type UdpPortPair } from '../udp-port-pair.ts';
import type { Outlet } from './outlet.ts';

/** The two UDP sockets all clients of a server share. */
export class UdpOutlets {
	readonly ports: PortPair;
	readonly #rtp: Socket;
	readonly #rtcp: Socket;
	readonly #listeners = new Map<string, () => void>();

	private constructor({ rtp, rtcp, port }: UdpPortPair) {
		this.#rtp = rtp;
		this.#rtcp = rtcp;
		this.ports = [port, port + 1];
		rtcp.on('message', (_, remote: RemoteInfo) => this.#listeners.get(key(remote.address, remote.port))?.());
	}

	/**
	 * @param host an IP address
	 * @throws the last bind error when no pair of ports is free
	 */
	static async bind(host: string): Promise<UdpOutlets> {
		return new UdpOutlets(await openUdpPortPair(host));
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
