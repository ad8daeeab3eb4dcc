import { MAX_MISORDER, type RtpPacket, sequenceDistance } from './rtp.ts';

/** Takes packets in sequence order. */
export type ReorderEmit = (packet: RtpPacket, arrival: number) => void;

/** Bounds of a reorder window. */
export type ReorderOptions = {
	/** How long a packet may wait for an earlier one, milliseconds. */
	readonly delay: number;
	/** Packets held at most: a power of two, at most 16384. */
	readonly packets: number;
};

/** A step up to this is loss or reordering; beyond it the sender started anew (RFC 3550 section A.1). */
const MAX_DROPOUT = 3000;

/**
 * Puts the packets of one track back in sequence order (RFC 3550 section 5.1) and drops duplicates. A missing
 * packet is given up when a later one has waited for `delay` or the window is full. Held packets keep their
 * payload views: the receive buffers must not be written again while they wait.
 */
export class ReorderWindow {
	readonly #delay: number;
	readonly #mask: number;
	readonly #emit: ReorderEmit;
	readonly #packets: (RtpPacket | undefined)[];
	readonly #arrivals: Float64Array;
	#held = 0;
	/** Arrival of the packet that waits longest. */
	#oldest = 0;
	#next = -1;
	#ssrc = 0;
	#discarded = 0;

	constructor(options: ReorderOptions, emit: ReorderEmit) {
		this.#delay = options.delay;
		this.#mask = options.packets - 1;
		this.#emit = emit;
		this.#packets = new Array<RtpPacket | undefined>(options.packets).fill(undefined);
		this.#arrivals = new Float64Array(options.packets);
	}

	/** Duplicates, and packets that came after they were given up. */
	get discarded(): number {
		return this.#discarded;
	}

	/** `Clock.now()` at which `flush` has something to do; undefined when nothing waits. */
	get deadline(): number | undefined {
		return this.#held > 0 ? this.#oldest + this.#delay : undefined;
	}

	/** @param arrival `Clock.now()`; also lets go what has waited too long by then */
	push(packet: RtpPacket, arrival: number): void {
		if (this.#held > 0) this.flush(arrival);
		let ahead = sequenceDistance(this.#next, packet.sequence);
		if (this.#next < 0 || packet.ssrc !== this.#ssrc || ahead > MAX_DROPOUT || ahead < -MAX_MISORDER) {
			this.#releaseAll();
			this.#ssrc = packet.ssrc;
			this.#next = packet.sequence;
			ahead = 0;
		}
		if (ahead < 0) {
			this.#discarded += 1;
			return;
		}
		if (ahead > this.#mask) {
			for (; ahead > this.#mask; ahead--) this.#advance();
			this.#releaseInOrder();
			ahead = sequenceDistance(this.#next, packet.sequence);
		}
		if (ahead === 0) {
			this.#next = (this.#next + 1) & 0xffff;
			this.#emit(packet, arrival);
			if (this.#held > 0) this.#releaseInOrder();
		} else {
			this.#hold(packet, arrival);
		}
	}

	/** Emits what has waited for `delay` or longer, and all before it. To be called when `deadline` has come. */
	flush(now: number): void {
		while (this.#held > 0 && now - this.#oldest >= this.#delay) {
			const oldest = this.#oldest;
			// Everything before the packet that waited too long goes with it.
			while (this.#held > 0 && this.#oldest === oldest) this.#advance();
			this.#releaseInOrder();
		}
	}

	/** Forgets everything (the source restarted). */
	reset(): void {
		this.#packets.fill(undefined);
		this.#held = 0;
		this.#next = -1;
	}

	#hold(packet: RtpPacket, arrival: number): void {
		const slot = packet.sequence & this.#mask;
		if (this.#packets[slot]) {
			this.#discarded += 1;
			return;
		}
		this.#packets[slot] = packet;
		this.#arrivals[slot] = arrival;
		if (this.#held === 0 || arrival < this.#oldest) this.#oldest = arrival;
		this.#held += 1;
	}

	/** Lets the next sequence number go, whether its packet is there or lost. */
	#advance(): void {
		const slot = this.#next & this.#mask;
		const packet = this.#packets[slot];
		this.#next = (this.#next + 1) & 0xffff;
		if (!packet) return;
		const arrival = this.#arrivals[slot] as number;
		this.#packets[slot] = undefined;
		this.#held -= 1;
		if (arrival === this.#oldest) this.#findOldest();
		this.#emit(packet, arrival);
	}

	#releaseInOrder(): void {
		while (this.#held > 0 && this.#packets[this.#next & this.#mask]) this.#advance();
	}

	#releaseAll(): void {
		while (this.#held > 0) this.#advance();
	}

	#findOldest(): void {
		let oldest = Number.POSITIVE_INFINITY;
		for (let slot = 0; slot <= this.#mask; slot++) {
			if (this.#packets[slot]) oldest = Math.min(oldest, this.#arrivals[slot] as number);
		}
		this.#oldest = oldest;
	}
}
