import type { Clock, Timer } from '../base/clock.ts';
import { REPAIR } from './limits.ts';
import type { ReceiverView } from './receiver-view.ts';
import type { RepairBudget } from './repair-budget.ts';
import type { TrackSender } from './track-sender.ts';

/**
 * Sends one viewer again what it lost and asks for. Each of these goes out twice, a little apart: the browser asks
 * again only after a round trip, and where it does not know that only after 100 ms.
 */
export class LossRepair {
	readonly #clock: Clock;
	readonly #budget: RepairBudget;
	readonly #view: ReceiverView;
	readonly #repeats: { readonly sender: TrackSender; readonly sequence: number }[] = [];
	#timer: Timer | undefined;
	#requests = 0;
	#packets = 0;
	#bytes = 0;

	constructor(clock: Clock, budget: RepairBudget, view: ReceiverView) {
		this.#clock = clock;
		this.#budget = budget;
		this.#view = view;
	}

	/** NACK messages so far. */
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

	/**
	 * Answers a NACK.
	 *
	 * @param sender undefined is a source that is not ours
	 * @param sequences the viewer's, 16 bit
	 */
	answer(sender: TrackSender | undefined, sequences: readonly number[]): void {
		if (!sender) return;
		this.#requests++;
		const now = this.#clock.now();
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
