import type {
	Destination,
	LocalParameters,
	MediaPacket,
	PeerDiagnosis,
	PeerOptions,
	PeerState,
	SecureTransport,
	TransportCounters,
	TransportPeer,
} from '../../src/webrtc/transport/secure-transport.ts';

/** An RTP packet as one viewer's SRTP session would send it. */
export type SentPacket = {
	readonly ssrc: number;
	/** Packet index of RFC 3711 3.3.1: rollover counter and sequence number. */
	readonly index: number;
	readonly payloadType: number;
	readonly timestamp: number;
	readonly marker: boolean;
	readonly payload: Uint8Array;
	/** Not the newest of its source: sent again. */
	readonly again: boolean;
};

const LOCAL: LocalParameters = {
	ufrag: 'ufrag',
	password: 'password',
	fingerprint: 'sha-256 AA',
	candidates: ['1 1 udp 1 ::1 1'],
};

/** A viewer's connection that keeps what is sent. The test says when it is secured, and speaks for the viewer. */
export class FakePeer implements TransportPeer {
	state: PeerState = 'new';
	/** Checks of the viewer that arrived. */
	bindingRequests = 0;
	readonly options: PeerOptions;
	readonly sent: SentPacket[] = [];
	readonly rtcp: Uint8Array[] = [];
	/** Packet indexes under which two different packets were sent. */
	readonly reused: string[] = [];
	readonly #newest = new Map<number, number>();
	readonly #contents = new Map<string, string>();

	constructor(options: PeerOptions) {
		this.options = options;
	}

	secure(): void {
		this.state = 'secured';
		this.options.onSecured();
	}

	/** The packets of a source that were sent for the first time. */
	first(ssrc: number): SentPacket[] {
		return this.sent.filter((packet) => packet.ssrc === ssrc && !packet.again);
	}

	sendRtcp(packet: Uint8Array): void {
		if (this.state === 'secured') this.rtcp.push(packet.slice());
	}

	diagnosis(): PeerDiagnosis {
		return { state: this.state, bindingRequests: this.bindingRequests, dtlsDatagrams: 0 };
	}

	/** Remote ufrags of restarts. */
	readonly restarts: string[] = [];

	restartIce(remoteUfrag: string): LocalParameters {
		this.restarts.push(remoteUfrag);
		return { ...LOCAL, ufrag: `ufrag${this.restarts.length}` };
	}

	close(): void {
		this.state = 'closed';
	}

	take(packet: MediaPacket, { payloadType, sequenceOffset }: Destination): void {
		const sequence = (packet.sequence + sequenceOffset) & 0xffff;
		const newest = this.#newest.get(packet.ssrc) ?? sequence - 1;
		const index = newest + (((sequence - newest) << 16) >> 16);
		const key = `${packet.ssrc}:${index}`;
		const { timestamp, marker, payload, ssrc } = packet;
		const content = `${payloadType}:${timestamp}:${marker}:${Buffer.from(payload).toString('latin1')}`;
		if ((this.#contents.get(key) ?? content) !== content) this.reused.push(key);
		this.#contents.set(key, content);
		this.#newest.set(ssrc, Math.max(newest, index));
		this.sent.push({ ssrc, index, payloadType, timestamp, marker, payload, again: index <= newest });
	}
}

/** A transport without network. */
export class FakeTransport implements SecureTransport {
	readonly name = 'typescript';
	readonly port = 8189;
	readonly peers: FakePeer[] = [];
	sends = 0;
	/** How often `send` got an array of destinations it had not seen before. */
	readonly destinationArrays = new Set<readonly Destination[]>();

	get last(): FakePeer {
		const peer = this.peers.at(-1);
		if (!peer) throw new Error('no viewer was opened');
		return peer;
	}

	open(options: PeerOptions): { peer: FakePeer; local: LocalParameters } {
		const peer = new FakePeer(options);
		this.peers.push(peer);
		return { peer, local: LOCAL };
	}

	send(packets: readonly MediaPacket[], destinations: readonly Destination[]): void {
		this.sends++;
		this.destinationArrays.add(destinations);
		for (const destination of destinations) {
			if (!(destination.peer instanceof FakePeer) || destination.peer.state !== 'secured') continue;
			for (const packet of packets) destination.peer.take(packet, destination);
		}
	}

	counters(): TransportCounters {
		return { packetsSent: 0, bytesSent: 0, strayDatagrams: 0, sendErrors: 0 };
	}

	async close(): Promise<void> {
		for (const peer of this.peers) peer.close();
	}
}
