import { RateMeter } from '../base/rate-meter.ts';

/** Counters of one track in one run of its source. Times are `Clock.now()`. */
export class TrackMeter {
	readonly #bytes = new RateMeter();
	readonly #units = new RateMeter();
	packets = 0;
	bytes = 0;
	units = 0;
	firstPacket: number | undefined;
	/** Undefined before the first packet. */
	lastPacket: number | undefined;
	/** Arrival of the first and the last whole picture or audio frame. */
	firstUnit: number | undefined;
	lastUnit: number | undefined;

	packet(size: number, arrival: number): void {
		if (this.packets++ === 0) this.firstPacket = arrival;
		this.bytes += size;
		this.lastPacket = arrival;
		this.#bytes.add(size, arrival);
	}

	unit(arrival: number): void {
		if (this.units++ === 0) this.firstUnit = arrival;
		this.lastUnit = arrival;
		this.#units.add(1, arrival);
	}

	/** Bits per second of RTP payload over the last seconds. */
	bitrate(now: number): number {
		return this.#bytes.perSecond(now) * 8;
	}

	/** Pictures or audio frames per second over the last seconds. */
	unitRate(now: number): number {
		return this.#units.perSecond(now);
	}
}
