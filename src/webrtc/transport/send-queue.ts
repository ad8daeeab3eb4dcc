import { MAX_SENDS_BEHIND } from './limits.ts';
import type { Destination, MediaPacket, TransportPeer } from './secure-transport.ts';

type Send = (packets: readonly MediaPacket[], destinations: readonly Destination[]) => void;

/** What one viewer still has to be sent. */
type Part = { readonly packets: readonly MediaPacket[]; readonly destination: Destination };

/** Packets sent in one turn of the event loop, those of all viewers together: some milliseconds. */
const PACKETS = 800;
/** Viewers who are sent a frame together at least: a few cost little more than one. */
const FEWEST = 4;

/**
 * Sends a frame to some viewers with each turn of the event loop: a key frame for hundreds takes a good part of a
 * second. In between, what else comes is done, and who has the key frame gets the frames that follow: nobody waits for
 * the others. Each viewer gets everything in the order in which it was handed over.
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
		const first = ready.slice(0, Math.max(FEWEST, Math.floor(PACKETS / packets.length)));
		if (first.length > 0) this.#send(packets, first);
		if (first.length < destinations.length) this.#keep(packets.slice(), destinations, new Set(first));
	}

	/** Forgets what waits. */
	close(): void {
		clearImmediate(this.#turn);
		this.#waiting.clear();
	}

	#keep(packets: readonly MediaPacket[], destinations: readonly Destination[], sent: ReadonlySet<Destination>): void {
		const tooFar: TransportPeer[] = [];
		for (const destination of destinations) {
			if (sent.has(destination)) continue;
			const parts = this.#waiting.get(destination.peer) ?? [];
			this.#waiting.set(destination.peer, parts);
			if (parts.push({ packets, destination }) > MAX_SENDS_BEHIND) tooFar.push(destination.peer);
		}
		this.#turn ??= setImmediate(this.#run);
		// More comes than can be sent: whoever brings it waits.
		while (tooFar.some((peer) => this.#waiting.has(peer))) this.#sendNext();
	}

	readonly #run = (): void => {
		this.#sendNext();
		this.#turn = this.#waiting.size > 0 ? setImmediate(this.#run) : undefined;
	};

	/** Brings those who wait longest up to date. */
	#sendNext(): void {
		let behind: Part[][] = [];
		let count = 0;
		for (const [peer, parts] of this.#waiting) {
			this.#waiting.delete(peer);
			behind.push(parts);
			for (const { packets } of parts) count += packets.length;
			if (count >= PACKETS && behind.length >= FEWEST) break;
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
