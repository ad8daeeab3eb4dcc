import type { Clock, Timer } from '../../../base/clock.ts';
import { ReceiverStatistics, type Reception } from '../../../media/rtp/receiver-statistics.ts';
import { type ReorderOptions, ReorderWindow } from '../../../media/rtp/reorder.ts';
import { parseRtcp } from '../../../media/rtp/rtcp.ts';
import { buildReceiverReport } from '../../../media/rtp/rtcp-writer.ts';
import { parseRtp, type RtpPacket } from '../../../media/rtp/rtp.ts';
import type { SdpTrack } from '../../../media/sdp/tracks.ts';
import { senderClock } from '../../../media/time/sender-clock.ts';
import type { SourceSink } from '../../../stream/source.ts';

/** Where the packets of one track come from, and go back to. */
export interface Lane {
	/** @param bytes of one RTP packet; packets of other payload types and junk are passed over */
	onRtp(bytes: Uint8Array, arrival: number): void;
	/** @param bytes of one compound RTCP packet */
	onRtcp(bytes: Uint8Array, arrival: number): void;
	/** @param type second byte of a packet: whether RTP and RTCP of this track have such a one */
	expects(type: number): boolean;
}

/** What happens while packets come. */
export interface ReceiverEvents {
	/** Before anything goes to the sink. */
	onFirstPacket(): void;
	/** The camera said goodbye: no picture, or nothing at all, will follow. */
	onGoodbye(): void;
}

export type ReceiverOptions = {
	readonly sink: SourceSink;
	readonly clock: Clock;
	readonly events: ReceiverEvents;
	/** Of this side in RTCP, 32 bit. */
	readonly ssrc: number;
	readonly cname: string;
	/** For transports that may change the order; undefined hands packets on as they come. */
	readonly reorder: ReorderOptions | undefined;
};

const FIRST_RTCP_TYPE = 200;
const LAST_RTCP_TYPE = 204;

/** Takes the packets of all tracks of one session to the sink, and writes the receiver reports about them. */
export class MediaReceiver {
	readonly #options: ReceiverOptions;
	#lanes: TrackLane[] = [];
	#opened = false;
	#started = false;
	#heardAt = 0;

	constructor(options: ReceiverOptions) {
		this.#options = options;
	}

	/** From now on packets are taken: before, nobody could be told what they are. */
	open(): void {
		this.#opened = true;
	}

	get opened(): boolean {
		return this.#opened;
	}

	/** `Clock.now()` of the last packet of any track; 0 before the first. */
	get heardAt(): number {
		return this.#heardAt;
	}

	/** True once a packet or a sender report of any track came. */
	get started(): boolean {
		return this.#started;
	}

	/** @param sendRtcp takes a compound packet to the camera */
	addLane(track: SdpTrack, sendRtcp: (bytes: Uint8Array) => void): Lane {
		const lane = new TrackLane(this, this.#options, track, sendRtcp);
		this.#lanes.push(lane);
		return lane;
	}

	/** Its packets do not come. */
	removeLane(lane: Lane): void {
		this.#lanes = this.#lanes.filter((one) => one !== lane);
	}

	/** How a track has arrived so far; undefined for one without a lane. */
	reception(trackId: number): Reception | undefined {
		return this.#lanes.find((lane) => lane.trackId === trackId)?.reception;
	}

	/** Sends a receiver report for each track (RFC 3550 section 6.4.2); an empty one opens the way back. */
	report(): void {
		for (const lane of this.#lanes) lane.report();
	}

	/** What waits for an earlier packet goes nowhere any more. */
	close(): void {
		for (const lane of this.#lanes) lane.close();
	}

	onLanePacket(arrival: number): void {
		this.#heardAt = arrival;
		if (this.#started) return;
		this.#started = true;
		this.#options.events.onFirstPacket();
	}

	onLaneGoodbye(): void {
		const over = this.#lanes.some((lane) => lane.ended && lane.isVideo) || this.#lanes.every((lane) => lane.ended);
		if (over) this.#options.events.onGoodbye();
	}
}

class TrackLane implements Lane {
	readonly #receiver: MediaReceiver;
	readonly #options: ReceiverOptions;
	readonly #sink: SourceSink;
	readonly trackId: number;
	readonly #payloadType: number;
	readonly #statistics: ReceiverStatistics;
	readonly #reorder: ReorderWindow | undefined;
	readonly #sendRtcp: (bytes: Uint8Array) => void;
	readonly isVideo: boolean;
	ended = false;
	#ssrc: number | undefined;
	/** Runs while a packet waits for an earlier one: most cameras never come to this, so there is no steady timer. */
	#patience: Timer | undefined;
	#closed = false;

	constructor(
		receiver: MediaReceiver,
		options: ReceiverOptions,
		{ track, payloadType }: SdpTrack,
		sendRtcp: (bytes: Uint8Array) => void,
	) {
		this.#receiver = receiver;
		this.#options = options;
		this.#sink = options.sink;
		this.trackId = track.id;
		this.#payloadType = payloadType;
		this.#statistics = new ReceiverStatistics(track.clockRate);
		this.#sendRtcp = sendRtcp;
		this.isVideo = track.kind === 'video';
		this.#reorder = options.reorder && new ReorderWindow(options.reorder, (packet, at) => this.#deliver(packet, at));
	}

	get reception(): Reception {
		return this.#statistics.reception;
	}

	onRtp(bytes: Uint8Array, arrival: number): void {
		if (!this.#receiver.opened) return;
		if (isRtcpType(bytes[1] ?? 0)) {
			this.onRtcp(bytes, arrival);
			return;
		}
		const packet = parseRtp(bytes);
		if (!packet || packet.payloadType !== this.#payloadType) return;
		this.#ssrc = packet.ssrc;
		this.#statistics.receive(packet, arrival);
		this.#receiver.onLanePacket(arrival);
		if (!this.#reorder) {
			this.#deliver(packet, arrival);
			return;
		}
		this.#reorder.push(packet, arrival);
		this.#watch(this.#reorder, arrival);
	}

	onRtcp(bytes: Uint8Array, arrival: number): void {
		if (!this.#receiver.opened) return;
		for (const packet of parseRtcp(bytes)) {
			if (packet.type === 'sender-report') {
				// Cameras send reports of streams that are not played; only those of the packets' own source tell the time.
				if (this.#ssrc !== undefined && packet.ssrc !== this.#ssrc) continue;
				this.#receiver.onLanePacket(arrival);
				this.#statistics.senderReport(packet.ntp, arrival);
				const clock = senderClock(packet);
				if (clock) this.#sink.onSenderReport(this.trackId, clock, arrival);
			} else if (packet.type === 'goodbye' && this.#ssrc !== undefined && packet.ssrcs.includes(this.#ssrc)) {
				this.ended = true;
				this.#receiver.onLaneGoodbye();
			}
		}
	}

	expects(type: number): boolean {
		return (type & 0x7f) === this.#payloadType || isRtcpType(type);
	}

	report(): void {
		const block = this.#statistics.report(this.#options.clock.now());
		const { ssrc, cname } = this.#options;
		this.#sendRtcp(buildReceiverReport({ ssrc, blocks: block ? [block] : [] }, cname));
	}

	close(): void {
		this.#closed = true;
		this.#patience?.cancel();
	}

	#watch(reorder: ReorderWindow, now: number): void {
		const { deadline } = reorder;
		if (deadline === undefined || this.#patience || this.#closed) return;
		const { clock } = this.#options;
		this.#patience = clock.after(Math.max(1, deadline - now), () => {
			this.#patience = undefined;
			const late = clock.now();
			reorder.flush(late);
			this.#watch(reorder, late);
		});
	}

	#deliver(packet: RtpPacket, arrival: number): void {
		this.#sink.onPacket(this.trackId, packet, arrival);
	}
}

function isRtcpType(type: number): boolean {
	return type >= FIRST_RTCP_TYPE && type <= LAST_RTCP_TYPE;
}
