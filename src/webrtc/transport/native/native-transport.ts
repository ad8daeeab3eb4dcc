import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { toError } from '../../../base/errors.ts';
import { Scope } from '../../../base/scope.ts';
import type { RandomBytes } from '../../random.ts';
import { createCertificate } from '../certificate.ts';
import { AdditionalHosts } from '../ice/additional-hosts.ts';
import { createIceCredentials } from '../ice/ice-lite.ts';
import { LocalSide } from '../ice/local-parameters.ts';
import { SWEEP_PERIOD_MS } from '../limits.ts';
import type {
	Destination,
	LocalParameters,
	MediaPacket,
	PeerOptions,
	SecureTransport,
	TransportCounters,
	TransportPeer,
} from '../secure-transport.ts';
import { type TcpConnection, TcpEndpoint } from '../tcp-endpoint.ts';
import { ANY_IPV4, ANY_IPV6, assertPlace, maxTcpConnections, type TransportOptions } from '../transport-options.ts';
import { type NativeAddon, NativeEvent, type NativeTransportObject } from './addon.ts';
import { NativePeer, type NativePeerHost } from './native-peer.ts';
import { Newcomers } from './newcomers.ts';
import { destinationWords, PacketWriter } from './packet-writer.ts';

export type NativeTransportOptions = TransportOptions & {
	readonly addon: NativeAddon;
	/** Threads that encrypt and send; one more receives. */
	readonly threads: number;
	/** Whether the kernel may be asked to cut a frame into datagrams; true by default. */
	readonly segmentation?: boolean;
};

/**
 * The secure transport in C++: ICE-lite, DTLS and SRTP of every viewer on threads of its own. What is left here are
 * the TCP connections and what viewers tell.
 *
 * @throws the system's error when a port cannot be bound
 */
export async function createNativeTransport(options: NativeTransportOptions): Promise<SecureTransport> {
	const transport = new NativeTransport(options, await AdditionalHosts.find(options));
	try {
		await transport.bind();
	} catch (error) {
		await transport.close();
		throw error;
	}
	return transport;
}

class NativeTransport implements SecureTransport, NativePeerHost {
	readonly name = 'native';
	readonly native: NativeTransportObject;
	readonly #options: NativeTransportOptions;
	readonly #random: RandomBytes;
	readonly #local: LocalSide;
	readonly #scope = new Scope();
	readonly #peers = new Map<number, NativePeer>();
	readonly #connections = new Map<number, TcpConnection>();
	readonly #newcomers = new Newcomers();
	readonly #writer = new PacketWriter();
	/** What the addon gets for arrays of destinations that were seen before. */
	readonly #words = new WeakMap<readonly Destination[], Uint32Array>();
	/** What the addon has kept, while nothing else is. */
	#kept: readonly MediaPacket[] | undefined;
	readonly #families: ('IPv4' | 'IPv6')[] = [];
	#port = 0;
	#tcp: TcpEndpoint | undefined;
	#lastId = 0;
	#dropped = 0;
	#lastCounters: TransportCounters | undefined;

	constructor(options: NativeTransportOptions, hosts: AdditionalHosts) {
		const { clock, addon, threads, segmentation = true } = options;
		this.#options = options;
		this.#scope.defer(() => hosts.close());
		this.#random = options.random ?? randomBytes;
		const { der, privateKey, fingerprint } = createCertificate(clock.wall());
		this.#local = new LocalSide(clock, () => ({
			...options,
			additionalHosts: hosts.addresses,
			fingerprint,
			families: this.#families,
			udpPort: this.#port,
			tcpPort: this.#tcp?.port,
		}));
		const key = privateKey.export({ format: 'der', type: 'pkcs8' });
		this.native = addon.createTransport(der, key, threads, segmentation, this.#onEvent);
		this.#scope.defer(() => {
			this.#lastCounters = this.native.stop();
		});
		const sweep = clock.every(SWEEP_PERIOD_MS, () => this.native.sweep(clock.now()));
		this.#scope.defer(() => sweep.cancel());
	}

	/** Opens the sockets and starts the threads. */
	async bind(): Promise<void> {
		const { host, udpPort, tcpPort } = this.#options;
		const onlyIPv6 = host !== undefined && isIPv6(host);
		this.#port = this.#bindUdp(onlyIPv6 ? 'IPv6' : 'IPv4', host ?? ANY_IPV4, udpPort);
		if (host === undefined) {
			try {
				this.#bindUdp('IPv6', ANY_IPV6, this.#port);
			} catch (error) {
				this.#options.logger.debug({ error: toError(error).message }, 'WebRTC without IPv6');
			}
		}
		if (tcpPort !== undefined) await this.#listen(tcpPort);
		this.native.start();
	}

	get port(): number {
		return this.#port;
	}

	open(options: PeerOptions): { readonly peer: TransportPeer; readonly local: LocalParameters } {
		const { maxPeers, clock } = this.#options;
		assertPlace(this.#peers.size, maxPeers, this.#scope.closed);
		const credentials = createIceCredentials(this.#random);
		const peer = new NativePeer(++this.#lastId, options, this);
		this.#peers.set(peer.id, peer);
		const { algorithm, value } = options.remoteFingerprint;
		const { ufrag, password } = credentials;
		this.native.open(peer.id, ufrag, password, options.remoteUfrag, algorithm, value, clock.now());
		return { peer, local: this.#local.parameters(credentials) };
	}

	restartIce({ id }: NativePeer, remoteUfrag: string): LocalParameters {
		const credentials = createIceCredentials(this.#random);
		this.native.restartIce(id, credentials.ufrag, credentials.password, remoteUfrag);
		return this.#local.parameters(credentials);
	}

	send(packets: readonly MediaPacket[], destinations: readonly Destination[], keep = false): void {
		if (this.#scope.closed) return;
		let words = this.#words.get(destinations);
		if (words === undefined) {
			words = destinationWords(destinations, ({ peer }) => (peer instanceof NativePeer ? peer.id : undefined));
			this.#words.set(destinations, words);
		}
		if (packets === this.#kept) {
			this.native.sendAgain(words);
			return;
		}
		let whole = true;
		for (const packet of packets) {
			if (this.#writer.add(packet)) continue;
			whole = false;
			this.native.send(this.#writer.take(), words, false);
			this.#writer.add(packet);
		}
		if (keep) this.#kept = whole ? packets : undefined;
		this.native.send(this.#writer.take(), words, keep && whole);
	}

	counters(): TransportCounters {
		const counters = this.#lastCounters ?? this.native.counters();
		return { ...counters, sendErrors: counters.sendErrors + this.#dropped };
	}

	close(): Promise<void> {
		for (const peer of [...this.#peers.values()]) peer.close();
		return this.#scope.close();
	}

	forget(peer: NativePeer): void {
		this.#peers.delete(peer.id);
		this.#tcp?.release(peer);
	}

	#bindUdp(family: 'IPv4' | 'IPv6', host: string, port: number): number {
		try {
			const bound = this.native.bind(host, port);
			this.#families.push(family);
			return bound;
		} catch (error) {
			throw systemError(toError(error), host, port);
		}
	}

	async #listen(port: number): Promise<void> {
		const { host, maxPeers, clock, logger } = this.#options;
		const tcp = await TcpEndpoint.listen({
			host: host ?? (this.#families.length > 1 ? ANY_IPV6 : ANY_IPV4),
			port,
			maxConnections: maxTcpConnections(maxPeers),
			clock,
			onDatagram: (datagram, connection) => {
				const { id, address, port } = connection;
				this.#connections.set(id, connection);
				this.native.receive(id, address, port, datagram);
			},
			onClosed: ({ id, address, port }) => {
				this.#connections.delete(id);
				if (!this.#scope.closed) this.native.releaseConnection(id, address, port);
			},
			onDropped: () => {
				this.#dropped++;
			},
			onError: (error) => logger.warn({ error: error.message }, 'WebRTC socket error'),
		});
		this.#tcp = tcp;
		this.#scope.defer(() => tcp.close());
	}

	readonly #onEvent = (kind: number, id: number, data: Buffer | string | number | undefined): void => {
		if (kind === NativeEvent.stream) {
			this.#connections.get(id)?.write(data as Buffer);
			return;
		}
		const peer = this.#peers.get(id);
		if (kind === NativeEvent.secured) this.#newcomers.add(peer);
		else if (kind === NativeEvent.rtcp) peer?.receiveRtcp(data as Buffer);
		else if (kind === NativeEvent.closed) peer?.fail(data as string);
		else if (peer !== undefined) this.#connections.get(data as number)?.keep(peer);
	};
}

/** The addon's error as Node writes errors of sockets. */
function systemError(error: Error & { code?: string }, address: string, port: number): Error {
	const number = Number(error.code);
	if (!(number > 0)) return error;
	const code = getSystemErrorName(-number);
	const message = `bind ${code} ${address}:${port}`;
	return Object.assign(new Error(message), { errno: -number, code, syscall: 'bind', address, port });
}
