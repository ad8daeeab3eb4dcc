/**
 * The seam between what is shared by all viewers (packets of a stream) and what each viewer costs (ICE, DTLS,
 * SRTP, a datagram). One call of `send` per frame crosses it, whatever the number of viewers, so that another
 * implementation (a native one) can take the whole batch.
 */

/** A plaintext RTP packet of a stream, shared by every viewer. Never changed after it was handed over. */
export type MediaPacket = {
	/** 16 bit, in the stream's own numbering. */
	readonly sequence: number;
	/** 32 bit. */
	readonly timestamp: number;
	readonly marker: boolean;
	readonly ssrc: number;
	/** At most 1200 bytes. */
	readonly payload: Uint8Array;
};

/** One viewer's copy of a track: what differs from the shared packet in its RTP header. */
export interface Destination {
	readonly peer: TransportPeer;
	readonly payloadType: number;
	/** Added to the sequence number, modulo 2^16. */
	readonly sequenceOffset: number;
}

export type PeerState = 'new' | 'checked' | 'secured' | 'closed';

/** Where connecting stopped, for people: counters of what arrived from this viewer. */
export type PeerDiagnosis = {
	readonly state: PeerState;
	readonly bindingRequests: number;
	/** `udp 192.0.2.1:1234`, once a pair was nominated. */
	readonly remote?: string;
	readonly dtlsDatagrams: number;
	readonly closeReason?: string;
};

/** One viewer's secure connection. */
export interface TransportPeer {
	readonly state: PeerState;
	/** Encrypts and sends one compound RTCP packet. Ignored unless secured. */
	sendRtcp(packet: Uint8Array): void;
	diagnosis(): PeerDiagnosis;
	/**
	 * Answers an ICE restart (RFC 8445 9) with new credentials. The old ones, and media, go on until a check with the
	 * new ones arrives.
	 */
	restartIce(remoteUfrag: string): LocalParameters;
	/** Sends a DTLS close_notify where possible and forgets the viewer. Idempotent; `onClosed` is not called. */
	close(): void;
}

export type PeerOptions = {
	/** The offer's ICE credentials (RFC 8839) and certificate fingerprint (RFC 8122), e.g. `sha-256`, `AB:CD:…`. */
	readonly remoteUfrag: string;
	readonly remotePassword: string;
	readonly remoteFingerprint: { readonly algorithm: string; readonly value: string };
	/** DTLS is done, the certificate is the offered one and its possession is proven: media may flow. */
	onSecured(): void;
	/** Decrypted, authenticated, replay-checked compound RTCP. The bytes are valid during the call only. */
	onRtcp(packet: Uint8Array): void;
	/** The viewer went away or failed: consent lost, DTLS alert or failure, wrong fingerprint, never connected. */
	onClosed(reason: string): void;
};

/** What goes into the answer for one viewer. */
export type LocalParameters = {
	readonly ufrag: string;
	readonly password: string;
	/** `sha-256 AB:CD:…`: one certificate per process start. */
	readonly fingerprint: string;
	/** Values of `a=candidate` lines (RFC 8839 5.1), all of them: ICE-lite, nothing trickles. */
	readonly candidates: readonly string[];
};

export type TransportCounters = {
	readonly packetsSent: number;
	readonly bytesSent: number;
	/** Datagrams that belonged to no viewer or were malformed. */
	readonly strayDatagrams: number;
	readonly sendErrors: number;
};

/** The implementations, as the configuration and the API call them. */
export type TransportName = 'native' | 'typescript';

export interface SecureTransport {
	readonly name: TransportName;
	/** The bound UDP port. */
	readonly port: number;
	/** @throws DualcastError `too_many_sessions` */
	open(options: PeerOptions): { readonly peer: TransportPeer; readonly local: LocalParameters };
	/**
	 * Encrypts and sends every packet to every destination. Destinations whose peer is not secured are skipped.
	 * Payloads may be read later. An array of destinations never changes: what is made of it is kept; one of packets may be
	 * used again after the call.
	 *
	 * @param keep others may be sent the same array, which never changes either, before long
	 */
	send(packets: readonly MediaPacket[], destinations: readonly Destination[], keep?: boolean): void;
	counters(): TransportCounters;
	/** Closes every peer (close_notify) and the sockets. Idempotent. */
	close(): Promise<void>;
}
