import { RING_LIMITS } from '../limits.ts';
import type { MediaPacket } from '../transport/secure-transport.ts';

/**
 * The latest packets of a track, for retransmission and fast start. A packet is found by its index: 0 for the first
 * one of the track, counting up for ever; its sequence number is the index modulo 2^16.
 */
export class PacketRing {
	#packets: (MediaPacket | undefined)[] = new Array(RING_LIMITS.initialPackets).fill(undefined);
	/** Number of the frame a packet belongs to. */
	#frames = new Float64Array(RING_LIMITS.initialPackets);
	#times = new Float64Array(RING_LIMITS.initialPackets);
	#mask = RING_LIMITS.initialPackets - 1;
	#first = 0;
	#next = 0;
	#bytes = 0;

	/** Index of the oldest packet held; equal to `next` when empty. */
	get first(): number {
		return this.#first;
	}

	/** Index of the packet to come. */
	get next(): number {
		return this.#next;
	}

	/** Payload bytes held. */
	get bytes(): number {
		return this.#bytes;
	}

	/**
	 * Takes a packet; the oldest ones go when a cap is reached.
	 *
	 * @param frame number of its frame, never smaller than that of the packet before
	 * @param now `Clock.now()`
	 */
	push(packet: MediaPacket, frame: number, now: number): void {
		if (this.#next - this.#first === this.#packets.length) {
			if (this.#packets.length < RING_LIMITS.packets) this.#grow();
			else this.#drop();
		}
		const slot = this.#next & this.#mask;
		this.#packets[slot] = packet;
		this.#frames[slot] = frame;
		this.#times[slot] = now;
		this.#next++;
		this.#bytes += packet.payload.length;
		while (this.#bytes > RING_LIMITS.bytes) this.#drop();
	}

	/** @returns undefined when it is not held (any more) */
	packet(index: number): MediaPacket | undefined {
		return index < this.#first || index >= this.#next ? undefined : this.#packets[index & this.#mask];
	}

	/** The number of the frame of a packet that is held. */
	frame(index: number): number {
		return this.#frames[index & this.#mask] as number;
	}

	/** `Clock.now()` when a packet came; of the oldest one held, when it is gone. */
	time(index: number): number {
		return this.#times[Math.max(index, this.#first) & this.#mask] as number;
	}

	/** Drops what came before `time` (`Clock.now()`), but nothing from index `keep` on. */
	forget(time: number, keep: number): void {
		while (this.#first < Math.min(keep, this.#next) && (this.#times[this.#first & this.#mask] as number) < time) {
			this.#drop();
		}
	}

	#drop(): void {
		const slot = this.#first & this.#mask;
		this.#bytes -= this.#packets[slot]?.payload.length ?? 0;
		this.#packets[slot] = undefined;
		this.#first++;
	}

	#grow(): void {
		const size = this.#packets.length * 2;
		const packets: (MediaPacket | undefined)[] = new Array(size).fill(undefined);
		const frames = new Float64Array(size);
		const times = new Float64Array(size);
		for (let index = this.#first; index < this.#next; index++) {
			const from = index & this.#mask;
			const to = index & (size - 1);
			packets[to] = this.#packets[from];
			frames[to] = this.#frames[from] as number;
			times[to] = this.#times[from] as number;
		}
		this.#packets = packets;
		this.#frames = frames;
		this.#times = times;
		this.#mask = size - 1;
	}
}
