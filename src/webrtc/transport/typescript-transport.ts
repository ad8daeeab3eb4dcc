import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Clock, Timer } from '../../base/clock.ts';
import { toError } from '../../base/errors.ts';
import { Scope } from '../../base/scope.ts';
import type { RandomBytes } from '../random.ts';
import { type Certificate, createCertificate } from './certificate.ts';
import { DatagramRouter } from './datagram-router.ts';
import { AdditionalHosts } from './ice/additional-hosts.ts';
import { createIceCredentials, type IceCredentials } from './ice/ice-lite.ts';
import { LocalSide } from './ice/local-parameters.ts';
import { isStun } from './ice/stun.ts';
import { SWEEP_PERIOD_MS } from './limits.ts';
import { MediaSender } from './media-sender.ts';
import { Peer, type PeerHost, type Remote } from './peer.ts';
import type {
	Destination,
	LocalParameters,
	MediaPacket,
	PeerOptions,
	SecureTransport,
	TransportCounters,
	TransportPeer,
} from './secure-transport.ts';
import { SendQueue } from './send-queue.ts';
import { TcpEndpoint } from './tcp-endpoint.ts';
import { ANY_IPV4, ANY_IPV6, assertPlace, maxTcpConnections, type TransportOptions } from './transport-options.ts';
import { UdpEndpoint } from './udp-endpoint.ts';

/**
 * The secure transport in TypeScript: ICE-lite, DTLS and SRTP of every viewer on one UDP port and, if wanted, one TCP
 * port.
 *
 * @throws the system's error when a port cannot be bound
 */
export async function createTypescriptTransport(options: TransportOptions): Promise<SecureTransport> {
	const transport = new TypescriptTransport(options, await AdditionalHosts.find(options));
	try {
		await transport.bind();
	} catch (error) {
		await transport.close();
		throw error;
	}
	return transport;
}

class TypescriptTransport implements SecureTransport, PeerHost {
	readonly name = 'typescript';
	readonly certificate: Certificate;
	readonly clock: Clock;
	readonly #options: TransportOptions;
	readonly #random: RandomBytes;
	readonly #router = new DatagramRouter();
	readonly #sender: SendQueue;
	readonly #sweep: Timer;
	readonly #scope = new Scope();
	readonly #udp: UdpEndpoint[] = [];
	readonly #local: LocalSide;
	#tcp: TcpEndpoint | undefined;
	readonly #counters = { packetsSent: 0, bytesSent: 0, strayDatagrams: 0, sendErrors: 0 };

	constructor(options: TransportOptions, hosts: AdditionalHosts) {
		const { clock } = options;
		this.#options = options;
		this.#scope.defer(() => hosts.close());
		this.clock = clock;
		this.certificate = createCertificate(clock.wall());
		this.#random = options.random ?? randomBytes;
		this.#local = new LocalSide(clock, () => ({
			...options,
			additionalHosts: hosts.addresses,
			fingerprint: this.certificate.fingerprint,
			families: this.#udp.map(({ family }) => family),
			udpPort: this.port,
			tcpPort: this.#tcp?.port,
		}));
		const sender = new MediaSender({
			sockets: 2,
			pathOf: (peer: TransportPeer) => (peer instanceof Peer ? peer.mediaPath : undefined),
			isHeld: (memory) => this.#udp.some((endpoint) => endpoint.holds(memory)),
			onSent: (datagrams, bytes) => {
				this.#counters.packetsSent += datagrams;
				this.#counters.bytesSent += bytes;
			},
			onDropped: this.#onDropped,
		});
		this.#sender = new SendQueue((packets, destinations) => sender.send(packets, destinations));
		this.#scope.defer(() => this.#sender.close());
		this.#sweep = clock.every(SWEEP_PERIOD_MS, () => {
			for (const peer of [...this.#router.peers]) peer.expire(clock.now());
		});
		this.#scope.defer(() => this.#sweep.cancel());
	}

	/** Opens the sockets. */
	async bind(): Promise<void> {
		const { host, udpPort, tcpPort, maxPeers, clock } = this.#options;
		const onlyIPv6 = host !== undefined && isIPv6(host);
		await this.#bindUdp(onlyIPv6 ? 'IPv6' : 'IPv4', host ?? ANY_IPV4, udpPort);
		if (host === undefined) {
			await this.#bindUdp('IPv6', ANY_IPV6, this.port).catch((error: unknown) => {
				this.#options.logger.debug({ error: toError(error).message }, 'WebRTC without IPv6');
			});
		}
		if (tcpPort === undefined) return;
		const tcp = await TcpEndpoint.listen({
			host: host ?? (this.#udp.length > 1 ? ANY_IPV6 : ANY_IPV4),
			port: tcpPort,
			maxConnections: maxTcpConnections(maxPeers),
			clock,
			onDatagram: (datagram, connection) => {
				const { address, port } = connection;
				const viewer = this.#receive(datagram, { address, port, route: connection });
				if (viewer !== undefined && isStun(datagram)) connection.keep(viewer);
			},
			onClosed: ({ description }) => this.#router.release(description),
			onDropped: this.#onDropped,
			onError: this.#onSocketError,
		});
		this.#tcp = tcp;
		this.#scope.defer(() => tcp.close());
	}

	get port(): number {
		return (this.#udp[0] as UdpEndpoint).port;
	}

	open(options: PeerOptions): { readonly peer: TransportPeer; readonly local: LocalParameters } {
		const { maxPeers } = this.#options;
		assertPlace(this.#router.size, maxPeers, this.#scope.closed);
		const credentials = createIceCredentials(this.#random);
		const peer = new Peer(options, credentials, this);
		this.#router.add(peer, credentials.ufrag);
		return { peer, local: this.#local.parameters(credentials) };
	}

	announce(peer: Peer): { readonly credentials: IceCredentials; readonly local: LocalParameters } {
		const credentials = createIceCredentials(this.#random);
		this.#router.add(peer, credentials.ufrag);
		return { credentials, local: this.#local.parameters(credentials) };
	}

	retire(ufrag: string): void {
		this.#router.retire(ufrag);
	}

	send(packets: readonly MediaPacket[], destinations: readonly Destination[]): void {
		this.#sender.send(packets, destinations);
	}

	counters(): TransportCounters {
		return { ...this.#counters };
	}

	close(): Promise<void> {
		for (const peer of [...this.#router.peers]) peer.close();
		return this.#scope.close();
	}

	forget(peer: Peer): void {
		this.#router.delete(peer);
		this.#tcp?.release(peer);
	}

	async #bindUdp(family: 'IPv4' | 'IPv6', host: string, port: number): Promise<void> {
		const endpoint: UdpEndpoint = await UdpEndpoint.bind({
			family,
			host,
			port,
			onDatagram: (datagram, from) => {
				this.#receive(datagram, {
					address: from.address,
					port: from.port,
					route: endpoint.route(from.address, from.port),
				});
			},
			onDropped: this.#onDropped,
			onError: this.#onSocketError,
		});
		this.#udp.push(endpoint);
		this.#scope.defer(() => endpoint.close());
	}

	/** @returns the viewer the datagram belonged to */
	#receive(datagram: Buffer, remote: Remote): Peer | undefined {
		const viewer = this.#router.route(datagram, remote, this.#options.clock.now());
		if (viewer === undefined) this.#counters.strayDatagrams++;
		return viewer;
	}

	readonly #onDropped = (): void => {
		this.#counters.sendErrors++;
	};

	readonly #onSocketError = (error: Error): void => {
		this.#counters.sendErrors++;
		this.#options.logger.warn({ error: error.message }, 'WebRTC socket error');
	};
}
