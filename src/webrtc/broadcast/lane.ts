import { CATCH_UP, RING_LIMITS } from '../limits.ts';
import { PacketRing } from '../repair/packet-ring.ts';
import type { Squeeze } from '../repair/send-history.ts';
import type { Destination, MediaPacket } from '../transport/secure-transport.ts';

/** Random numbers of one track: 32 bit each. */
export type LaneNumbers = { readonly ssrc: number; readonly rtxSsrc: number; readonly timestampBase: number };

/** Where the last group of pictures begins. */
export type GroupStart = {
	/** Ring index of its first packet. */
	readonly index: number;
	readonly frame: number;
	/** What `octets` was before it. */
	readonly octets: number;
};

/** Packets of the ring, numbered for a viewer, the bytes of their payloads, and the pictures that end among them. */
export type Run = { readonly packets: readonly MediaPacket[]; readonly bytes: number; readonly pictures: number };

/** How a viewer begins: those who do it in the same way between two frames get the same packets. */
export type Opening = { readonly squeeze: Squeeze; readonly maxBytes: number };

/**
 * One track as all viewers of a stream share it: its packets in one numbering, and who gets them live. It outlives
 * reconnects of the camera: numbers and time go on.
 */
export class Lane {
	readonly ssrc: number;
	readonly rtxSsrc: number;
	readonly clockRate: number;
	readonly ring = new PacketRing();
	/** The packets of the frame that was opened last. */
	readonly batch: MediaPacket[] = [];
	readonly #timestampBase: number;
	#destinations: readonly Destination[] = [];
	#group: GroupStart | undefined;
	#frame = -1;
	#ticks = Number.NEGATIVE_INFINITY;
	#wall = 0;
	#now = 0;
	#octets = 0;
	#pictures = 0;
	#groupAt = Number.NEGATIVE_INFINITY;
	#quickStart: Squeeze | undefined;
	#opening: (Opening & { readonly run: Run }) | undefined;

	constructor(numbers: LaneNumbers, clockRate: number) {
		this.ssrc = numbers.ssrc;
		this.rtxSsrc = numbers.rtxSsrc;
		this.clockRate = clockRate;
		this.#timestampBase = numbers.timestampBase;
	}

	/** Viewers at the live point. A new array whenever it changes. */
	get destinations(): readonly Destination[] {
		return this.#destinations;
	}

	/** Payload bytes of all packets so far. */
	get octets(): number {
		return this.#octets;
	}

	/** Pictures so far; 0 for sound, whose packets have no marker. */
	get pictures(): number {
		return this.#pictures;
	}

	/** False until the first frame. */
	get begun(): boolean {
		return this.#frame >= 0;
	}

	/** `Clock.now()` when the last key frame came that anybody could begin with. */
	get groupAt(): number {
		return this.#groupAt;
	}

	/** The cached group of pictures: undefined before the first key frame, and when it outgrew the ring. */
	get group(): GroupStart | undefined {
		return this.#group && this.#group.index >= this.ring.first ? this.#group : undefined;
	}

	/**
	 * Begins a frame; its packets follow by `add`.
	 *
	 * @param pts ticks of the clock rate
	 * @param wall milliseconds since the Unix epoch
	 * @param now `Clock.now()`
	 */
	open(pts: number, key: boolean, wall: number, now: number): void {
		this.ring.forget(now - RING_LIMITS.age, this.#group?.index ?? Number.POSITIVE_INFINITY);
		this.#ticks = Math.max(pts, this.#ticks + 1);
		this.#frame++;
		this.#wall = wall;
		this.#now = now;
		this.batch.length = 0;
		this.#quickStart = undefined;
		this.#opening = undefined;
		if (key) {
			this.#group = { index: this.ring.next, frame: this.#frame, octets: this.#octets };
			this.#groupAt = now;
		}
	}

	/** Nobody begins any more with what was sent so far. */
	forgetGroup(): void {
		this.#group = undefined;
		this.#groupAt = Number.NEGATIVE_INFINITY;
	}

	/** Payload bytes of the cached group of pictures; 0 without one. */
	get groupBytes(): number {
		return this.group ? this.#octets - this.group.octets : 0;
	}

	/** Adds a packet to the open frame. The payload is kept: it must never be written again. */
	add(payload: Uint8Array, marker: boolean): void {
		const packet: MediaPacket = {
			sequence: this.ring.next & 0xffff,
			timestamp: this.timestamp,
			marker,
			ssrc: this.ssrc,
			payload,
		};
		this.#octets += payload.length;
		if (marker) this.#pictures++;
		this.batch.push(packet);
		this.#quickStart = undefined;
		this.ring.push(packet, this.#frame, this.#now);
	}

	/** RTP timestamp of the last frame. */
	get timestamp(): number {
		return (this.#timestampBase + this.#ticks) >>> 0;
	}

	/** The RTP timestamp that belongs to a wall clock time (milliseconds since the Unix epoch). */
	timestampAt(wall: number): number {
		const ticks = this.#ticks + Math.round(((wall - this.#wall) * this.clockRate) / 1000);
		return (this.#timestampBase + ticks) >>> 0;
	}

	/**
	 * The cached group in quick motion up to the last frame, for a viewer who has seen nothing yet. The same object until
	 * there are more packets.
	 */
	quickStart(): Squeeze {
		const step = Math.round((CATCH_UP.frameStep * this.clockRate) / 1000);
		this.#quickStart ??= { endFrame: this.#frame, endTimestamp: this.timestamp, step };
		return this.#quickStart;
	}

	/** What another viewer has begun with in this way. */
	runOf({ squeeze, maxBytes }: Opening): Run | undefined {
		const known = this.#opening;
		return known?.squeeze === squeeze && known.maxBytes === maxBytes ? known.run : undefined;
	}

	/** Keeps what a viewer begins with until the next frame. */
	keepRun(opening: Opening, run: Run): void {
		this.#opening = { ...opening, run };
	}

	/**
	 * The cached group once more, between the frame before and a frame to come that takes part.
	 *
	 * @param pts of the frame to come
	 * @returns undefined when there is no group, or too little time between the two frames
	 */
	replayBefore(pts: number): Squeeze | undefined {
		const group = this.group;
		if (!group) return undefined;
		const endFrame = this.#frame + 1;
		const frames = endFrame - group.frame + 1;
		const most = Math.round((CATCH_UP.frameStep * this.clockRate) / 1000);
		const step = Math.min(most, Math.floor((pts - this.#ticks) / frames));
		return step < 1 ? undefined : { endFrame, endTimestamp: (this.#timestampBase + pts) >>> 0, step };
	}

	join(destination: Destination): void {
		this.#destinations = [...this.#destinations, destination];
	}

	leave(destination: Destination): void {
		this.#destinations = this.#destinations.filter((each) => each !== destination);
	}
}
