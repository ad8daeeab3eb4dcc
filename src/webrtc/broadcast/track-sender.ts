import { ntpFromUnix } from '../../media/rtp/ntp.ts';
import type { SenderReport } from '../../media/rtp/rtcp.ts';
import { ResendMemory } from '../repair/repair-budget.ts';
import { type Segment, SendHistory, type Squeeze, segmentTimestamp } from '../repair/send-history.ts';
import type { Destination, MediaPacket, SecureTransport, TransportPeer } from '../transport/secure-transport.ts';
import type { Lane, Run } from './lane.ts';

export type TrackSenderOptions = {
	readonly lane: Lane;
	readonly transport: SecureTransport;
	readonly peer: TransportPeer;
	readonly payloadType: number;
	/** Of the retransmission format, when negotiated. */
	readonly rtxPayloadType: number | undefined;
};

/** Small, so that the receiver's guess of the SRTP rollover counter cannot go wrong at the start (RFC 3711 3.3.1). */
const FIRST_SEQUENCE = 1;

/**
 * One viewer's copy of a track. At the live point it costs nothing: the viewer is one of the lane's destinations.
 * Behind the live point (at the start, after a lost picture) it sends from the ring until it has caught up. The
 * viewer sees one unbroken numbering.
 */
export class TrackSender {
	readonly lane: Lane;
	readonly #transport: SecureTransport;
	/** For packets that are numbered for this viewer already. */
	readonly #own: readonly [Destination];
	readonly #rtx: readonly [Destination] | undefined;
	#rtxSequence = 0;
	readonly #history = new SendHistory();
	/** Ring index to send next while behind the live point. */
	#cursor: number | undefined;
	#live: Destination | undefined;
	#liveAt = Number.NEGATIVE_INFINITY;
	#octets = 0;
	#pictures = 0;
	/** What `lane.octets` and `lane.pictures` were when this sender went live. */
	#octetsAtLive = 0;
	#picturesAtLive = 0;
	#resends: ResendMemory | undefined;
	#replayedAt = Number.NEGATIVE_INFINITY;
	#startedAt: number | undefined;

	constructor(options: TrackSenderOptions) {
		const { peer, payloadType, rtxPayloadType } = options;
		this.lane = options.lane;
		this.#transport = options.transport;
		this.#own = [{ peer, payloadType, sequenceOffset: 0 }];
		this.#rtx = rtxPayloadType === undefined ? undefined : [{ peer, payloadType: rtxPayloadType, sequenceOffset: 0 }];
	}

	get live(): boolean {
		return this.#live !== undefined;
	}

	/** `Clock.now()` when the first packet was sent. To be asked while the ring has that packet. */
	get startedAt(): number | undefined {
		// Who began at the live point gets its packets without being asked.
		const first = this.#history.current?.index;
		if (first !== undefined && this.packets > 0) this.#startedAt ??= this.lane.ring.time(first);
		return this.#startedAt;
	}

	/** `Clock.now()` when sending last began at a key frame of the ring. */
	get replayedAt(): number {
		return this.#replayedAt;
	}

	/** Packets sent, without retransmissions. */
	get packets(): number {
		return this.#next() - FIRST_SEQUENCE;
	}

	/** Payload bytes sent, without retransmissions. */
	get octets(): number {
		return this.#octets + (this.#live ? this.lane.octets - this.#octetsAtLive : 0);
	}

	/** Whole pictures sent, those of a replay again; without retransmissions. */
	get pictures(): number {
		return this.#pictures + (this.#live ? this.lane.pictures - this.#picturesAtLive : 0);
	}

	/** What a sender report says of it (RFC 3550 section 6.4.1); undefined while nothing is sent. @param wall `Clock.wall()` */
	report(wall: number): Omit<SenderReport, 'type'> | undefined {
		if ((this.startedAt === undefined && !this.#live) || !this.lane.begun) return undefined;
		return {
			ssrc: this.lane.ssrc,
			ntp: ntpFromUnix(wall),
			rtpTimestamp: this.lane.timestampAt(wall),
			packets: this.packets >>> 0,
			octets: this.octets >>> 0,
			blocks: [],
		};
	}

	/** `Clock.now()` when this viewer, who is live, last had been sent a key frame and all that follows it. */
	get completeAt(): number {
		return Math.max(this.#liveAt, this.lane.groupAt);
	}

	/** Goes on from a packet of the ring; what has been sent before stays as it was. `advance` does the sending. */
	start(index: number, squeeze: Squeeze | undefined, now: number): void {
		this.pause();
		this.#history.begin({ sequence: this.#next(), index, squeeze });
		this.#cursor = index;
		this.#replayedAt = now;
	}

	/** Leaves the live point: gets nothing more until the next `start`. */
	pause(): void {
		if (!this.#live) return;
		this.lane.leave(this.#live);
		this.#octets = this.octets;
		this.#pictures = this.pictures;
		// Where the numbering stands; the ring goes on without this viewer.
		this.#cursor = this.lane.ring.next;
		this.#live = undefined;
	}

	/**
	 * Sends the key frame that the ring's group begins with, and stops there: the next `start` or `sendKeyFrame` goes on
	 * without a gap in the numbering.
	 *
	 * @param now `Clock.now()`
	 */
	sendKeyFrame(now: number): void {
		const { group, ring } = this.lane;
		if (!group) return;
		this.start(group.index, undefined, now);
		let end = group.index;
		while (end < ring.next && ring.frame(end) === group.frame) end++;
		this.#sendUpTo(end, Number.POSITIVE_INFINITY, now);
	}

	/**
	 * Sends what is missing up to the live point and joins it.
	 *
	 * @param maxBytes payload bytes of this call; the packet that reaches them is still sent
	 * @param now `Clock.now()`
	 * @returns payload bytes sent
	 */
	advance(maxBytes: number, now: number): number {
		if (this.#live || this.#cursor === undefined) return 0;
		this.#skipToKeyFrame(now);
		const { next } = this.lane.ring;
		const bytes = this.#sendUpTo(next, maxBytes, now);
		const segment = this.#history.current;
		if (segment && this.#cursor === next) this.#joinLive(segment, now);
		return bytes;
	}

	/**
	 * Sends one packet again, exactly as it was, or as a retransmission of its own (RFC 4588) when negotiated.
	 *
	 * @param wrapped the viewer's 16-bit sequence number
	 * @param pause milliseconds; not sent when it was sent again that short a time ago
	 * @returns payload bytes sent; 0 when it is not to be had, or was just sent again
	 */
	retransmit(wrapped: number, now: number, pause: number): number {
		const found = this.#history.find(wrapped, this.#next());
		const packet = found && this.#numbered(found.segment, found.sequence);
		if (!packet) return 0;
		this.#resends ??= new ResendMemory();
		if (!this.#resends.note(found.sequence, now, pause)) return 0;
		if (this.#rtx) this.#transport.send([this.#wrap(packet)], this.#rtx);
		else this.#transport.send([packet], this.#own);
		return packet.payload.length;
	}

	/** Sends from the cursor on, up to the ring index `end`. @returns payload bytes sent */
	#sendUpTo(end: number, maxBytes: number, now: number): number {
		const segment = this.#history.current;
		if (!segment || this.#cursor === undefined) return 0;
		const { squeeze } = segment;
		const begins = this.#cursor === segment.index && segment.sequence === FIRST_SEQUENCE;
		const opening = begins && squeeze ? { squeeze, maxBytes } : undefined;
		const known = opening && this.lane.runOf(opening);
		const run = known ?? this.#collect(segment, this.#cursor, end, maxBytes);
		if (opening && !known) this.lane.keepRun(opening, run);
		this.#cursor += run.packets.length;
		this.#octets += run.bytes;
		this.#pictures += run.pictures;
		if (run.packets.length === 0) return 0;
		this.#startedAt ??= now;
		this.#transport.send(run.packets, this.#own, opening !== undefined);
		return run.bytes;
	}

	#collect(segment: Segment, from: number, end: number, maxBytes: number): Run {
		const packets: MediaPacket[] = [];
		let bytes = 0;
		let pictures = 0;
		for (let index = from; index < end && bytes < maxBytes; index++) {
			const packet = this.#numbered(segment, segment.sequence + index - segment.index);
			if (!packet) break;
			packets.push(packet);
			bytes += packet.payload.length;
			if (packet.marker) pictures++;
		}
		return { packets, bytes, pictures };
	}

	/** The sequence number after the last one sent, not wrapped. */
	#next(): number {
		const segment = this.#history.current;
		if (!segment) return FIRST_SEQUENCE;
		return segment.sequence + (this.#cursor ?? this.lane.ring.next) - segment.index;
	}

	/** Whoever is still behind when a key frame comes needs nothing that lies before it. */
	#skipToKeyFrame(now: number): void {
		const group = this.lane.group;
		if (group && this.#cursor !== undefined && this.#cursor < group.index) this.start(group.index, undefined, now);
	}

	#joinLive(segment: Segment, now: number): void {
		const { peer, payloadType } = this.#own[0];
		this.#live = { peer, payloadType, sequenceOffset: (segment.sequence - segment.index) & 0xffff };
		this.#liveAt = now;
		this.#octetsAtLive = this.lane.octets;
		this.#picturesAtLive = this.lane.pictures;
		this.#cursor = undefined;
		this.lane.join(this.#live);
	}

	/** A packet of the ring with this viewer's number and timestamp; the payload is shared. */
	#numbered(segment: Segment, sequence: number): MediaPacket | undefined {
		const { ring } = this.lane;
		const index = segment.index + sequence - segment.sequence;
		const packet = ring.packet(index);
		if (!packet) return undefined;
		return {
			sequence: sequence & 0xffff,
			timestamp: segmentTimestamp(segment, ring.frame(index), packet.timestamp),
			marker: packet.marker,
			ssrc: packet.ssrc,
			payload: packet.payload,
		};
	}

	/** RFC 4588 section 4: the original sequence number in front of the payload. */
	#wrap(packet: MediaPacket): MediaPacket {
		const payload = new Uint8Array(2 + packet.payload.length);
		payload[0] = packet.sequence >>> 8;
		payload[1] = packet.sequence;
		payload.set(packet.payload, 2);
		this.#rtxSequence = (this.#rtxSequence + 1) & 0xffff;
		return { ...packet, sequence: this.#rtxSequence, ssrc: this.lane.rtxSsrc, payload };
	}
}
