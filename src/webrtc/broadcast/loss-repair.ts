import type { Clock, Timer } from '../../base/clock.ts';
import { REPAIR } from '../limits.ts';
import type { ReceiverView } from '../receiver-view.ts';
import { RepairBudget } from '../repair/repair-budget.ts';
import { rtcpWithoutNacks } from '../repair/rtcp-without-nacks.ts';
import type { TrackSender } from './track-sender.ts';

/**
 * Sends one viewer again what it lost and asks for. Each of these goes out twice, a little apart: the browser asks
 * again only after a round trip, and where it does not know that only after 100 ms.
 */
export class LossRepair {
	readonly #clock: Clock;
	readonly #budget = new RepairBudget();
	/** Of sequence numbers: looking one up costs time even when nothing is sent. */
	readonly #wishes = new RepairBudget(REPAIR.wishBurst, REPAIR.wishesPerSecond);
	readonly #view: ReceiverView;
	readonly #repeats: { readonly sender: TrackSender; readonly sequence: number }[] = [];
	#timer: Timer | undefined;
	#requests = 0;
	#packets = 0;
	#bytes = 0;

	constructor(clock: Clock, view: ReceiverView) {
		this.#clock = clock;
		this.#view = view;
	}

	/** NACK messages answered so far. */
	get requests(): number {
		return this.#requests;
	}

	/** Packets sent again. */
	get packets(): number {
		return this.#packets;
	}

	/** Payload bytes of those. */
	get bytes(): number {
		return this.#bytes;
	}

	/** What is to be read of a compound RTCP packet: without its NACKs once the viewer has asked for too much. */
	readable(bytes: Uint8Array): Uint8Array {
		return this.#wishes.allows(this.#clock.now()) ? bytes : rtcpWithoutNacks(bytes);
	}

	/**
	 * Answers a NACK.
	 *
	 * @param sender undefined is a source that is not ours
	 * @param sequences the viewer's, 16 bit
	 */
	answer(sender: TrackSender | undefined, sequences: readonly number[]): void {
		const now = this.#clock.now();
		if (!this.#wishes.allows(now)) return;
		this.#wishes.spend(sequences.length);
		if (!sender) return;
		this.#requests++;
		const pause = Math.max(REPAIR.resendAfter, (this.#view.roundTrip ?? 0) / 2);
		for (const sequence of sequences) {
			if (!this.#resend(sender, sequence, now, pause)) continue;
			if (this.#repeats.length < REPAIR.repeats) this.#repeats.push({ sender, sequence });
		}
		if (this.#repeats.length > 0) this.#timer ??= this.#clock.after(REPAIR.repeatAfter, this.#repeat);
	}

	/** Nothing is sent any more. */
	close(): void {
		this.#timer?.cancel();
		this.#repeats.length = 0;
	}

	readonly #repeat = (): void => {
		this.#timer = undefined;
		const now = this.#clock.now();
		for (const { sender, sequence } of this.#repeats) this.#resend(sender, sequence, now, 0);
		this.#repeats.length = 0;
	};

	#resend(sender: TrackSender, sequence: number, now: number, pause: number): boolean {
		if (!this.#budget.allows(now)) return false;
		const bytes = sender.retransmit(sequence, now, pause);
		if (bytes === 0) return false;
		this.#budget.spend(bytes);
		this.#packets++;
		this.#bytes += bytes;
		return true;
	}
}
