import type { RemoteInfo, Socket } from 'node:dgram';
import type { Clock } from '../../../base/clock.ts';
import type { PortPair } from '../../transport-header.ts';
import { openUdpPortPair, type UdpPortPair } from '../../udp-port-pair.ts';
import { DatagramPacer } from './datagram-pacer.ts';
import type { Outlet } from './outlet.ts';

/** The two UDP sockets all clients of a server share. */
export class UdpOutlets {
	readonly ports: PortPair;
	readonly #clock: Clock;
	readonly #rtp: Socket;
	readonly #rtcp: Socket;
	readonly #listeners = new Map<string, () => void>();

	private constructor({ rtp, rtcp, port }: UdpPortPair, clock: Clock) {
		this.#clock = clock;
		this.#rtp = rtp;
		this.#rtcp = rtcp;
		this.ports = [port, port + 1];
		rtcp.on('message', (_, remote: RemoteInfo) => this.#listeners.get(key(remote.address, remote.port))?.());
	}

	/**
	 * @param host an IP address
	 * @param port even, the next one is taken too; 0 takes a free pair
	 * @throws the bind error
	 */
	static async bind(host: string, port: number, clock: Clock): Promise<UdpOutlets> {
		return new UdpOutlets(await openUdpPortPair(host, port), clock);
	}

	/** @param address of the client; always the one its RTSP connection comes from */
	client(address: string): UdpClient {
		const rtp = this.#rtp;
		return new UdpClient(
			address,
			new DatagramPacer(this.#clock, (packet, port) => rtp.send(packet, port, address, ignore)),
			this.#rtcp,
			this.#listeners,
		);
	}

	async close(): Promise<void> {
		await Promise.all([this.#rtp, this.#rtcp].map((socket) => new Promise<void>((done) => socket.close(() => done()))));
	}
}

/** One client over UDP. */
export class UdpClient {
	readonly #address: string;
	readonly #pacer: DatagramPacer;
	readonly #rtcp: Socket;
	readonly #listeners: Map<string, () => void>;

	constructor(address: string, pacer: DatagramPacer, rtcp: Socket, listeners: Map<string, () => void>) {
		this.#address = address;
		this.#pacer = pacer;
		this.#rtcp = rtcp;
		this.#listeners = listeners;
	}

	/** @param onRtcp is called when the client sends RTCP: it is alive */
	outlet([rtpPort, rtcpPort]: PortPair, onRtcp: () => void): Outlet {
		const address = this.#address;
		const pacer = this.#pacer;
		const rtcp = this.#rtcp;
		const listenerKey = key(address, rtcpPort);
		this.#listeners.set(listenerKey, onRtcp);
		let open = true;
		return {
			get backlog() {
				return pacer.backlog;
			},
			send(frame) {
				if (open) pacer.push(frame.packets, rtpPort);
			},
			sendRtcp(packet) {
				if (open) rtcp.send(packet, rtcpPort, address, ignore);
			},
			close: () => {
				open = false;
				pacer.drop(rtpPort);
				if (this.#listeners.get(listenerKey) === onRtcp) this.#listeners.delete(listenerKey);
			},
		};
	}

	/** Drops what waits. Idempotent. */
	close(): void {
		this.#pacer.close();
	}
}

/** Datagrams that cannot be sent are lost, as on any network. */
function ignore(): void {}

function key(address: string, port: number): string {
	return `${address} ${port}`;
}
