import { MAX_SENDS_BEHIND } from './limits.ts';
import type { Destination, MediaPacket, TransportPeer } from './secure-transport.ts';

type Send = (packets: readonly MediaPacket[], destinations: readonly Destination[]) => void;

/** What one viewer still has to be sent. */
type Part = { readonly packets: readonly MediaPacket[]; readonly destination: Destination };

/** Packets of a frame that goes to everybody at once. */
const SMALL = 8;
/** Viewers who get a larger one in the same turn of the event loop: some milliseconds. */
const TOGETHER = 16;

/**
 * Sends a key frame to some viewers with each turn of the event loop: to hundreds it takes a good part of a second. In
 * between, what else comes is done, and who has the key frame gets the frames that follow: nobody waits for the others.
 * Each viewer gets everything in the order in which it was handed over.
 */
export class SendQueue {
	readonly #send: Send;
	readonly #waiting = new Map<TransportPeer, Part[]>();
	#turn: NodeJS.Immediate | undefined;

	/** @param send to be called with one frame after the other */
	constructor(send: Send) {
		this.#send = send;
	}

	send(packets: readonly MediaPacket[], destinations: readonly Destination[]): void {
		const ready = this.#waiting.size === 0 ? destinations : destinations.filter(({ peer }) => !this.#waiting.has(peer));
		const first = packets.length > SMALL ? ready.slice(0, TOGETHER) : ready;
		if (first.length > 0) this.#send(packets, first);
		if (first.length < destinations.length) this.#keep(packets.slice(), destinations, new Set(first));
	}

	/** Forgets what waits. */
	close(): void {
		clearImmediate(this.#turn);
		this.#waiting.clear();
	}

	#keep(packets: readonly MediaPacket[], destinations: readonly Destination[], sent: ReadonlySet<Destination>): void {
		let mostBehind = 0;
		for (const destination of destinations) {
			if (sent.has(destination)) continue;
			const parts = this.#waiting.get(destination.peer) ?? [];
			this.#waiting.set(destination.peer, parts);
			mostBehind = Math.max(mostBehind, parts.push({ packets, destination }));
		}
		this.#turn ??= setImmediate(this.#run);
		// More comes than can be sent: whoever brings it waits.
		while (mostBehind > MAX_SENDS_BEHIND && this.#waiting.size > 0) this.#sendNext();
	}

	readonly #run = (): void => {
		this.#sendNext();
		this.#turn = this.#waiting.size > 0 ? setImmediate(this.#run) : undefined;
	};

	/** Brings those who wait longest up to date. */
	#sendNext(): void {
		let behind: Part[][] = [];
		for (const [peer, parts] of this.#waiting) {
			if (behind.length === TOGETHER) break;
			this.#waiting.delete(peer);
			behind.push(parts);
		}
		while (behind.length > 0) {
			const [[next]] = behind as [[Part]];
			const together: Destination[] = [];
			for (const parts of behind) {
				if (parts[0]?.packets === next.packets) together.push((parts.shift() as Part).destination);
			}
			this.#send(next.packets, together);
			behind = behind.filter((parts) => parts.length > 0);
		}
	}
}
