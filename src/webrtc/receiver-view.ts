import { compactNtp, ntpFromUnix } from '../media/ntp.ts';
import type { ReportBlock } from '../media/rtcp.ts';
import { REPAIR } from './limits.ts';

/** How a viewer says its reception is. */
export class ReceiverView {
	#loss: number | undefined;
	#roundTrip: number | undefined;
	#estimate: number | undefined;

	/** Fraction 0 … 1 of the main track, from its last report. */
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
	 */
	report(block: ReportBlock, main: boolean, wall: number): void {
		if (main) this.#loss = block.fractionLost / 256;
		if (block.lastSenderReport === 0) return;
		const now = compactNtp(ntpFromUnix(wall));
		const ticks = (now - block.lastSenderReport - block.delaySinceLastSenderReport) | 0;
		const roundTrip = (ticks * 1000) / 65_536;
		if (roundTrip >= 0 && roundTrip <= REPAIR.maxRoundTrip) this.#roundTrip = roundTrip;
	}
}
