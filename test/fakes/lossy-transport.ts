import type {
	Destination,
	LocalParameters,
	MediaPacket,
	PeerOptions,
	SecureTransport,
	TransportCounters,
	TransportPeer,
} from '../../src/webrtc/transport/secure-transport.ts';

/** Any odd number above 2^31 that spreads its multiples well. */
const SPREAD = 2_654_435_761;

/** A transport over a network that loses media packets, always the same ones. */
export class LossyTransport implements SecureTransport {
	readonly #transport: SecureTransport;
	#count = 0;
	/** Fraction of the packets that is lost, 0 … 1. */
	loss = 0;
	/** A source of which nothing arrives. */
	mutedSsrc: number | undefined;

	constructor(transport: SecureTransport) {
		this.#transport = transport;
	}

	get name(): SecureTransport['name'] {
		return this.#transport.name;
	}

	get port(): number {
		return this.#transport.port;
	}

	open(options: PeerOptions): { readonly peer: TransportPeer; readonly local: LocalParameters } {
		return this.#transport.open(options);
	}

	send(packets: readonly MediaPacket[], destinations: readonly Destination[]): void {
		const kept = packets.filter(({ ssrc }) => ssrc !== this.mutedSsrc && !this.#loses());
		if (kept.length > 0) this.#transport.send(kept, destinations);
	}

	#loses(): boolean {
		return ((this.#count++ * SPREAD) % 2 ** 32) / 2 ** 32 < this.loss;
	}

	counters(): TransportCounters {
		return this.#transport.counters();
	}

	close(): Promise<void> {
		return this.#transport.close();
	}
}
