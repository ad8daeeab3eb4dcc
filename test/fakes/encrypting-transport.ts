import { Buffer } from 'node:buffer';
import { RtpPacket, SrtpSession } from 'werift';
import { MediaSender, type Route } from '../../src/webrtc/transport/media-sender.ts';
import type {
	Destination,
	LocalParameters,
	MediaPacket,
	PeerOptions,
	PeerState,
	SecureTransport,
	TransportPeer,
} from '../../src/webrtc/transport/secure-transport.ts';
import { deriveSessionKeys } from '../../src/webrtc/transport/srtp/srtp-keys.ts';
import { SrtpSender } from '../../src/webrtc/transport/srtp/srtp-sender.ts';

const LOCAL: LocalParameters = {
	ufrag: 'u',
	password: 'p',
	fingerprint: 'sha-256 AA',
	candidates: ['1 1 udp 1 ::1 1'],
};

/** Encrypts as the real transport does; what it sends is decrypted by another implementation and kept by nobody. */
export class EncryptingTransport implements SecureTransport {
	readonly name = 'typescript';
	readonly port = 8189;
	readonly #sender: MediaSender;
	readonly #onRtp: (packet: RtpPacket) => void;
	/** The viewers there are. */
	readonly peers = new Set<EncryptedPeer>();

	constructor(onRtp: (packet: RtpPacket) => void) {
		this.#onRtp = onRtp;
		this.#sender = new MediaSender({
			sockets: 1,
			pathOf: (peer) => (peer instanceof EncryptedPeer && peer.state === 'secured' ? peer.path : undefined),
			isHeld: () => false,
			onSent() {},
			onDropped() {
				throw new Error('a packet was dropped');
			},
		});
	}

	open(options: PeerOptions): { peer: EncryptedPeer; local: LocalParameters } {
		const peer: EncryptedPeer = new EncryptedPeer(options, this.#onRtp, () => this.peers.delete(peer));
		this.peers.add(peer);
		return { peer, local: LOCAL };
	}

	send(packets: readonly MediaPacket[], destinations: readonly Destination[]): void {
		this.#sender.send(packets, destinations);
	}

	counters() {
		return { packetsSent: 0, bytesSent: 0, strayDatagrams: 0, sendErrors: 0 };
	}

	async close(): Promise<void> {}
}

export class EncryptedPeer implements TransportPeer {
	state: PeerState = 'new';
	readonly options: PeerOptions;
	readonly path: { readonly srtp: SrtpSender; readonly route: Route };
	/** The last compound RTCP packet. */
	rtcp: Uint8Array | undefined;
	readonly #onClosed: () => void;

	constructor(options: PeerOptions, onRtp: (packet: RtpPacket) => void, onClosed: () => void) {
		this.options = options;
		this.#onClosed = onClosed;
		const key = Buffer.alloc(16, 7);
		const salt = Buffer.alloc(14, 9);
		const receiver = new SrtpSession({
			profile: 1,
			keys: { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt },
		});
		const send = (datagram: Buffer) => {
			onRtp(RtpPacket.deSerialize(receiver.decrypt(Buffer.from(datagram))));
			return true;
		};
		this.path = { srtp: new SrtpSender(deriveSessionKeys({ key, salt }).rtp), route: { description: 'test', send } };
	}

	secure(): void {
		this.state = 'secured';
		this.options.onSecured();
	}

	sendRtcp(packet: Uint8Array): void {
		this.rtcp = packet.slice();
	}

	diagnosis() {
		return { state: this.state, bindingRequests: 0, dtlsDatagrams: 0 };
	}

	restartIce(): LocalParameters {
		return LOCAL;
	}

	close(): void {
		this.state = 'closed';
		this.#onClosed();
	}
}
