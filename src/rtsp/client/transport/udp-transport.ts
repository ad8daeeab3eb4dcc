import type { Socket } from 'node:dgram';
import type { Clock } from '../../../base/clock.ts';
import { SourceError } from '../../../base/errors.ts';
import type { TransportHeader } from '../../transport-header.ts';
import { openUdpPortPair, type UdpPortPair } from '../../udp-port-pair.ts';
import type { Lane } from './media-receiver.ts';
import type { MediaPath, MediaTransport } from './media-transport.ts';

export type UdpTransportOptions = {
	/** Of the RTSP connection, numeric: this is where packets go to, whatever the camera claims. */
	readonly remoteAddress: string;
	readonly localAddress: string;
	readonly clock: Clock;
};

/** An RTP header and nothing else: passed over by every receiver. */
const PUNCH = Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/** RTP and RTCP over UDP, one pair of ports a track. */
export class UdpTransport implements MediaTransport {
	readonly lower = 'udp';
	readonly #options: UdpTransportOptions;
	readonly #pairs: UdpPortPair[] = [];
	#closed = false;

	constructor(options: UdpTransportOptions) {
		this.#options = options;
	}

	async open(): Promise<MediaPath> {
		const pair = await openUdpPortPair(this.#options.localAddress).catch((cause: unknown) => {
			throw new SourceError('camera_protocol', 'this machine has no free pair of UDP ports', { cause });
		});
		this.#pairs.push(pair);
		if (this.#closed) this.close();
		return new UdpPath(this.#options, pair);
	}

	close(): void {
		this.#closed = true;
		for (const { rtp, rtcp } of this.#pairs.splice(0)) {
			rtp.close();
			rtcp.close();
		}
	}
}

class UdpPath implements MediaPath {
	readonly request: TransportHeader;
	readonly #options: UdpTransportOptions;
	readonly #pair: UdpPortPair;
	#serverPort: readonly [number, number] = [0, 0];

	constructor(options: UdpTransportOptions, pair: UdpPortPair) {
		this.#options = options;
		this.#pair = pair;
		this.request = { lower: 'udp', profile: 'RTP/AVP', multicast: false, clientPort: [pair.port, pair.port + 1] };
	}

	accept(answer: TransportHeader | undefined, lane: Lane): string | undefined {
		if (answer?.lower === 'tcp' && answer.interleaved) return 'it chose TCP';
		if (answer?.multicast) return 'it chose multicast';
		this.#serverPort = answer?.serverPort ?? [0, 0];
		const { remoteAddress, clock } = this.#options;
		const senders = [plainAddress(remoteAddress), plainAddress(answer?.source ?? remoteAddress)];
		/** As the system writes the address of the camera: the same with each packet. */
		let known: string | undefined;
		this.#pair.rtp.on('message', (bytes, from) => {
			if (from.address !== known) {
				if (!senders.includes(plainAddress(from.address))) return;
				known = from.address;
			}
			lane.onRtp(bytes, clock.now());
		});
		this.#pair.rtcp.on('message', (bytes, from) => {
			if (!senders.includes(plainAddress(from.address))) return;
			// A camera that does not say where it listens listens where it sends from.
			if (this.#serverPort[1] === 0) this.#serverPort = [this.#serverPort[0], from.port];
			lane.onRtcp(bytes, clock.now());
		});
		return undefined;
	}

	punch(): void {
		this.#send(this.#pair.rtp, this.#serverPort[0], PUNCH);
	}

	sendRtcp(bytes: Uint8Array): void {
		this.#send(this.#pair.rtcp, this.#serverPort[1], bytes);
	}

	#send(socket: Socket, port: number, bytes: Uint8Array): void {
		// Ports below 1024 are no media ports: a camera must not aim this side at a name or time server.
		if (port < 1024) return;
		socket.send(bytes, port, this.#options.remoteAddress, () => {});
	}
}

/** Without the prefix of IPv4-mapped addresses (RFC 4291 section 2.5.5.2). */
export function plainAddress(address: string): string {
	return address.replace(/^::ffff:/i, '');
}
