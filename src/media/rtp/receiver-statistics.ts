import { compactNtp, type NtpTime } from './ntp.ts';
import type { ReportBlock } from './rtcp.ts';
import { MAX_MISORDER, type RtpPacket, sequenceDistance } from './rtp.ts';

/** A forward step up to this is loss; beyond it the packet is a stray or the sender started anew. */
const MAX_DROPOUT = 3000;
/** Sequence numbers remembered to tell a duplicate from a late packet: a power of two above `MAX_MISORDER`. */
const REMEMBERED = 128;

/** How a track arrives. Counts are over all its senders. */
export type Reception = {
	/** Packets taken, duplicates and late ones included. */
	readonly received: number;
	/** Expected by their sequence numbers, and never seen. */
	readonly lost: number;
	/** Came after one with a higher sequence number. */
	readonly reordered: number;
	readonly duplicates: number;
	/** Interarrival jitter in milliseconds. */
	readonly jitter: number;
};

/**
 * Reception statistics of one track (RFC 3550 sections 6.4.1, A.1, A.3 and A.8). Duplicates and late packets are
 * never taken for a turn of the sequence numbers; a jump is believed when a second packet confirms it, and a new
 * SSRC at once.
 */
export class ReceiverStatistics {
	readonly #ticksPerMs: number;
	#ssrc: number | undefined;
	#base = 0;
	#highest = 0;
	#cycles = 0;
	#received = 0;
	#strayNext = -1;
	#earlierLost = 0;
	#earlierReceived = 0;
	#reordered = 0;
	#duplicates = 0;
	#duplicatesBefore = 0;
	/** The sequence number last seen in each place. */
	readonly #seen = new Int32Array(REMEMBERED).fill(-1);
	#expectedBefore = 0;
	#receivedBefore = 0;
	#transit: number | undefined;
	#jitter = 0;
	#lastReport: { readonly compact: number; readonly arrival: number } | undefined;

	/** @param clockRate of the track, ticks per second */
	constructor(clockRate: number) {
		this.#ticksPerMs = clockRate / 1000;
	}

	/** @param arrival `Clock.now()` */
	receive(packet: RtpPacket, arrival: number): void {
		const { sequence } = packet;
		if (packet.ssrc !== this.#ssrc) {
			this.#restart(packet.ssrc, sequence);
		} else {
			const step = sequenceDistance(this.#highest, sequence);
			if (step > 0 && step < MAX_DROPOUT) {
				if (sequence < this.#highest) this.#cycles += 0x10000;
				this.#highest = sequence;
			} else if (step >= MAX_DROPOUT || step < -MAX_MISORDER) {
				if (sequence !== this.#strayNext) {
					this.#strayNext = (sequence + 1) & 0xffff;
					return;
				}
				this.#restart(packet.ssrc, sequence);
			} else if (this.#seen[sequence & (REMEMBERED - 1)] === sequence) {
				this.#duplicates += 1;
			} else {
				this.#reordered += 1;
			}
		}
		this.#seen[sequence & (REMEMBERED - 1)] = sequence;
		this.#received += 1;
		this.#measureJitter(packet.timestamp, arrival);
	}

	/** @param arrival `Clock.now()` */
	senderReport(ntp: NtpTime, arrival: number): void {
		this.#lastReport = { compact: compactNtp(ntp), arrival };
	}

	/** Packets lost since the start, over restarts of the sender; a duplicate does not make up for a loss. */
	get lost(): number {
		const distinct = this.#received - (this.#duplicates - this.#duplicatesBefore);
		return this.#earlierLost + Math.max(0, this.#expected - distinct);
	}

	get reception(): Reception {
		return {
			received: this.#earlierReceived + this.#received,
			lost: this.lost,
			reordered: this.#reordered,
			duplicates: this.#duplicates,
			jitter: this.#jitter / this.#ticksPerMs,
		};
	}

	/** Interarrival jitter in ticks. */
	get jitter(): number {
		return Math.floor(this.#jitter);
	}

	/**
	 * The block for the next receiver report; starts a new interval for `fractionLost`.
	 *
	 * @param now `Clock.now()`
	 * @returns undefined before the first packet
	 */
	report(now: number): ReportBlock | undefined {
		if (this.#ssrc === undefined) return undefined;
		const expected = this.#expected - this.#expectedBefore;
		const lost = expected - (this.#received - this.#receivedBefore);
		this.#expectedBefore = this.#expected;
		this.#receivedBefore = this.#received;
		const last = this.#lastReport;
		return {
			ssrc: this.#ssrc,
			fractionLost: expected > 0 && lost > 0 ? Math.min(255, Math.floor((lost * 256) / expected)) : 0,
			cumulativeLost: Math.max(-0x800000, Math.min(0x7fffff, this.#expected - this.#received)),
			highestSequence: (this.#cycles + this.#highest) >>> 0,
			jitter: this.jitter,
			lastSenderReport: last?.compact ?? 0,
			delaySinceLastSenderReport: last ? Math.min(0xffffffff, Math.round((now - last.arrival) * 65.536)) : 0,
		};
	}

	get #expected(): number {
		return this.#ssrc === undefined ? 0 : this.#cycles + this.#highest - this.#base + 1;
	}

	#restart(ssrc: number, sequence: number): void {
		this.#earlierLost = this.lost;
		this.#earlierReceived += this.#received;
		this.#duplicatesBefore = this.#duplicates;
		this.#seen.fill(-1);
		// The first report may come before the first packet.
		if (this.#ssrc !== undefined) this.#lastReport = undefined;
		this.#ssrc = ssrc;
		this.#base = sequence;
		this.#highest = sequence;
		this.#cycles = 0;
		this.#received = 0;
		this.#strayNext = -1;
		this.#expectedBefore = 0;
		this.#receivedBefore = 0;
		this.#transit = undefined;
		this.#jitter = 0;
	}

	#measureJitter(timestamp: number, arrival: number): void {
		// Wrapped to 32 bits like the timestamps themselves, so that a wrap is no jump.
		const transit = (Math.round(arrival * this.#ticksPerMs) - timestamp) | 0;
		if (this.#transit !== undefined) {
			const difference = Math.abs((transit - this.#transit) | 0);
			this.#jitter += (difference - this.#jitter) / 16;
		}
		this.#transit = transit;
	}
}
