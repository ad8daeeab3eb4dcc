import { compactNtp, ntpFromUnix } from '../media/rtp/ntp.ts';
import type { ReportBlock } from '../media/rtp/rtcp.ts';
import { REPAIR } from './limits.ts';

/** How a viewer says its reception is. */
export class ReceiverView {
	#loss: number | undefined;
	#lossAt = 0;
	#roundTrip: number | undefined;
	#estimate: number | undefined;

	/** Fraction 0 … 1 of the main track, averaged over about a second. */
	get loss(): number | undefined {
		return this.#loss;
	}

	/** Milliseconds, from the last report that quotes a sender report. */
	get roundTrip(): number | undefined {
		return this.#roundTrip;
	}

	/** Bits per second, from the last REMB. */
	get estimate(): number | undefined {
		return this.#estimate;
	}

	/** Takes what the viewer thinks its link carries (draft-alvestrand-rmcat-remb), in bits per second. */
	estimated(bitrate: number): void {
		this.#estimate = bitrate;
	}

	/**
	 * Takes a report block (RFC 3550 section 6.4.1).
	 *
	 * @param main whether it is about the track whose loss is shown
	 * @param wall the clock that stamped the sender reports, milliseconds since the Unix epoch
	 * @param now `Clock.now()`
	 */
	report(block: ReportBlock, main: boolean, wall: number, now: number): void {
		if (main) this.#average(block.fractionLost / 256, now);
		if (block.lastSenderReport === 0) return;
		const arrived = compactNtp(ntpFromUnix(wall));
		const ticks = (arrived - block.lastSenderReport - block.delaySinceLastSenderReport) | 0;
		const roundTrip = (ticks * 1000) / 65_536;
		if (roundTrip >= 0 && roundTrip <= REPAIR.maxRoundTrip) this.#roundTrip = roundTrip;
	}

	/** Each report counts by the time it is about. */
	#average(loss: number, now: number): void {
		const before = this.#loss ?? loss;
		const weight = 1 - Math.exp((this.#lossAt - now) / REPAIR.lossWindow);
		this.#loss = before + (loss - before) * weight;
		this.#lossAt = now;
	}
}
