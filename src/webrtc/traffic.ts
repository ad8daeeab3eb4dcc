import { RateMeter } from '../base/rate-meter.ts';
import type { LossRepair } from './broadcast/loss-repair.ts';
import type { TrackSender } from './broadcast/track-sender.ts';

/** How much is sent to one viewer, retransmissions included. */
export class Traffic {
	readonly #senders: readonly TrackSender[];
	readonly #repair: LossRepair;
	readonly #rate = new RateMeter();
	#measured = 0;

	constructor(video: TrackSender | undefined, audio: TrackSender | undefined, repair: LossRepair) {
		this.#senders = [video, audio].filter((sender) => sender !== undefined);
		this.#repair = repair;
	}

	get packets(): number {
		return this.#senders.reduce((sum, { packets }) => sum + packets, this.#repair.packets);
	}

	/** RTP payload. */
	get bytes(): number {
		return this.#senders.reduce((sum, { octets }) => sum + octets, this.#repair.bytes);
	}

	/** Notes what was sent since the last time. @param now `Clock.now()` */
	measure(now: number): void {
		const { bytes } = this;
		this.#rate.add(bytes - this.#measured, now);
		this.#measured = bytes;
	}

	/** Bits per second over the last seconds, as measured. @param now `Clock.now()` */
	bitrate(now: number): number {
		return this.#rate.perSecond(now) * 8;
	}
}
