import type { Clock, Timer } from '../../../base/clock.ts';
import { RETRANSMISSION_MAX_MS, RETRANSMISSION_MS } from '../limits.ts';
import { type Flight, packFlight } from './flight.ts';
import type { RecordLayer } from './record-layer.ts';

/** Sends the latest flight, and sends it again as long as the client must answer it (RFC 6347 4.2.4). */
export class Retransmission {
	readonly #clock: Clock;
	readonly #layer: RecordLayer;
	readonly #send: (datagram: Buffer) => void;
	#flight: Flight = [];
	#timer: Timer | undefined;

	constructor(clock: Clock, layer: RecordLayer, send: (datagram: Buffer) => void) {
		this.#clock = clock;
		this.#layer = layer;
		this.#send = send;
	}

	/** Sends a flight that the client answers. */
	start(flight: Flight): void {
		this.finish(flight);
		this.#arm(RETRANSMISSION_MS);
	}

	/** Sends the last flight, which is repeated on demand only. */
	finish(flight: Flight): void {
		this.stop();
		this.#flight = flight;
		this.repeat();
	}

	/** Sends the flight once more. */
	repeat(): void {
		for (const datagram of packFlight(this.#flight, this.#layer)) this.#send(datagram);
	}

	stop(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
	}

	#arm(delay: number): void {
		this.#timer = this.#clock.after(delay, () => {
			this.repeat();
			this.#arm(Math.min(2 * delay, RETRANSMISSION_MAX_MS));
		});
	}
}
