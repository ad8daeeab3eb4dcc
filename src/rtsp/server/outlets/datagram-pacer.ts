import type { Clock, Timer } from '../../../base/clock.ts';
import { SERVER_LIMITS } from '../limits.ts';

/** Sends one datagram to a port of the client. */
export type SendDatagram = (packet: Uint8Array, port: number) => void;

type Waiting = { readonly packets: readonly Uint8Array[]; readonly port: number };

/** Milliseconds between two sendings of what waits. */
const PERIOD = 5;

/**
 * What one client is sent over UDP: frames up to a burst at once, larger ones (a key frame, the pictures of the past
 * at the start) spread over time, as a receiver's socket buffer is small. In order; all tracks share it.
 */
export class DatagramPacer {
	readonly #clock: Clock;
	readonly #send: SendDatagram;
	/** The first may be sent in part: `#sent` packets of it. */
	#queue: Waiting[] = [];
	#sent = 0;
	#backlog = 0;
	#allowance: number = SERVER_LIMITS.udpBurstBytes;
	#filledAt: number;
	#timer: Timer | undefined;

	constructor(clock: Clock, send: SendDatagram) {
		this.#clock = clock;
		this.#send = send;
		this.#filledAt = clock.now();
	}

	/** Bytes that wait. */
	get backlog(): number {
		return this.#backlog;
	}

	push(packets: readonly Uint8Array[], port: number): void {
		this.#queue.push({ packets, port });
		this.#backlog += bytesOf(packets);
		if (!this.#timer) this.#advance();
	}

	/** What waits for a port is dropped: another program may have it soon. */
	drop(port: number): void {
		const kept = this.#queue.filter((waiting) => waiting.port !== port);
		if (kept[0] !== this.#queue[0]) this.#sent = 0;
		this.#queue = kept;
		const packets = kept.flatMap((waiting) => waiting.packets);
		this.#backlog = bytesOf(packets.slice(this.#sent));
	}

	/** What waits is dropped. Idempotent. */
	close(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
		this.#queue = [];
		this.#sent = 0;
		this.#backlog = 0;
	}

	readonly #advance = (): void => {
		this.#timer = undefined;
		this.#fill();
		while (this.#queue.length > 0 && this.#allowance > 0) this.#sendOne(this.#queue[0] as Waiting);
		if (this.#queue.length > 0) this.#timer = this.#clock.after(PERIOD, this.#advance);
	};

	#fill(): void {
		const { udpBurstBytes, udpBytesPerMs, udpDrain } = SERVER_LIMITS;
		const now = this.#clock.now();
		const rate = Math.max(udpBytesPerMs, this.#backlog / udpDrain);
		this.#allowance = Math.min(udpBurstBytes, this.#allowance + (now - this.#filledAt) * rate);
		this.#filledAt = now;
	}

	#sendOne({ packets, port }: Waiting): void {
		const packet = packets[this.#sent];
		if (packet) {
			this.#send(packet, port);
			this.#allowance -= packet.length;
			this.#backlog -= packet.length;
			this.#sent += 1;
		}
		if (this.#sent < packets.length) return;
		this.#queue.shift();
		this.#sent = 0;
	}
}

function bytesOf(packets: readonly Uint8Array[]): number {
	let bytes = 0;
	for (const packet of packets) bytes += packet.length;
	return bytes;
}
