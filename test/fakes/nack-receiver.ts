import { readUint16, readUint32 } from '../../src/media/bytes/big-endian.ts';
import { compactNtp, ntpFromUnix } from '../../src/media/rtp/ntp.ts';
import type { FakePeer, SentPacket } from './fake-transport.ts';
import { nack, receiverReferenceTime, receiverReport } from './feedback.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** How a network treats what is sent, each way. */
export type Network = {
	/** Fraction lost. */
	readonly loss: number;
	/** Milliseconds. */
	readonly delay: number;
	/** Another one loses others. */
	readonly seed?: number;
};

type UnderWay = { readonly due: number; readonly arrive: () => void };

/** Milliseconds between two looks at what is missing, as in Chromium. */
const LOOK = 20;
/** Milliseconds before a lost packet is asked for again while the round trip is not known, as in Chromium. */
const UNKNOWN_ROUND_TRIP = 100;

/**
 * A viewer behind a network that loses packets, always the same ones, who asks for what is missing as Chromium does:
 * at once, and then again after each round trip. Each request comes with a report of the few packets since the last.
 */
export class NackReceiver {
	readonly #peer: FakePeer;
	readonly #clock: VirtualClock;
	readonly #network: Network;
	readonly #ssrc: number;
	readonly #rtxSsrc: number;
	readonly #underWay: UnderWay[] = [];
	readonly #asked = new Map<number, number>();
	readonly #sentAt = new Map<number, number>();
	#random: number;
	#seenPackets = 0;
	#seenRtcp = 0;
	#newest = 0;
	/** Packets that arrived as they were sent first; this and `#newest` as they were at the last report. */
	#received = 0;
	#reported = { received: 0, newest: 0 };
	#lookedAt = 0;
	#reportedAt = 0;
	#roundTrip: number | undefined;
	/** When each packet was sent first, and how long it took to arrive, however often it was sent. Milliseconds. */
	readonly arrivals: { readonly sentAt: number; readonly latency: number }[] = [];
	/** Packets sent for the first time, and those that the network swallowed of them. */
	readonly counts = { sent: 0, lost: 0 };
	/** NACKs that reached the gateway. */
	nacks = 0;

	constructor(
		peer: FakePeer,
		clock: VirtualClock,
		network: Network,
		sources: { readonly ssrc: number; readonly rtxSsrc: number },
	) {
		this.#peer = peer;
		this.#clock = clock;
		this.#network = network;
		this.#random = network.seed ?? 1;
		this.#ssrc = sources.ssrc;
		this.#rtxSsrc = sources.rtxSsrc;
	}

	/** Packets that have not arrived. */
	get missing(): number {
		return this.#sentAt.size;
	}

	/** The round trip as the gateway's echoes tell it. */
	get roundTrip(): number | undefined {
		return this.#roundTrip;
	}

	/** One step; to be called each millisecond. */
	step(): void {
		const now = this.#clock.now();
		for (; this.#seenPackets < this.#peer.sent.length; this.#seenPackets++) {
			this.#onSent(this.#peer.sent[this.#seenPackets] as SentPacket, now);
		}
		for (; this.#seenRtcp < this.#peer.rtcp.length; this.#seenRtcp++) {
			const packet = this.#peer.rtcp[this.#seenRtcp] as Uint8Array;
			if (packet[1] === 207) this.#travel(() => this.#onEcho(packet));
		}
		while (this.#underWay[0] && this.#underWay[0].due <= now) this.#underWay.shift()?.arrive();
		if (now - this.#lookedAt >= LOOK) this.#look(now);
		if (now - this.#reportedAt >= 1000) this.#send(this.#report());
	}

	/** @returns false when the network swallows it */
	#travel(arrive: () => void): boolean {
		this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
		if (this.#random / 2 ** 32 < this.#network.loss) return false;
		this.#underWay.push({ due: this.#clock.now() + this.#network.delay, arrive });
		return true;
	}

	#onSent(packet: SentPacket, now: number): void {
		const resent = packet.ssrc === this.#rtxSsrc;
		if (!resent && packet.ssrc !== this.#ssrc) return;
		const sequence = resent ? readUint16(packet.payload, 0) : packet.index;
		if (!resent) {
			this.#sentAt.set(sequence, now);
			this.counts.sent++;
		}
		if (!this.#travel(() => this.#onArrived(sequence, resent)) && !resent) this.counts.lost++;
	}

	#onArrived(sequence: number, resent: boolean): void {
		if (!resent) this.#received++;
		const now = this.#clock.now();
		const sentAt = this.#sentAt.get(sequence);
		if (sentAt === undefined) return;
		this.#sentAt.delete(sequence);
		this.#asked.delete(sequence);
		this.arrivals.push({ sentAt, latency: now - sentAt });
		const gap: number[] = [];
		for (let missing = this.#newest + 1; missing < sequence; missing++) gap.push(missing);
		this.#newest = Math.max(this.#newest, sequence);
		this.#ask(gap, now);
	}

	#look(now: number): void {
		this.#lookedAt = now;
		const pause = this.#roundTrip ?? UNKNOWN_ROUND_TRIP;
		this.#ask(
			[...this.#asked].filter(([, at]) => now - at >= pause).map(([sequence]) => sequence),
			now,
		);
	}

	#ask(sequences: readonly number[], now: number): void {
		if (sequences.length === 0) return;
		for (const sequence of sequences) this.#asked.set(sequence, now);
		this.#send([...this.#report(), nack(this.#ssrc, sequences)]);
	}

	#report(): Uint8Array[] {
		this.#reportedAt = this.#clock.now();
		const expected = this.#newest - this.#reported.newest;
		const lost = expected - (this.#received - this.#reported.received);
		this.#reported = { received: this.#received, newest: this.#newest };
		const fractionLost = expected > 0 ? Math.floor((Math.max(0, lost) * 256) / expected) : 0;
		return [
			receiverReport(this.#ssrc, { fractionLost, lsr: 0, dlsr: 0 }),
			receiverReferenceTime(ntpFromUnix(this.#clock.wall())),
		];
	}

	/** One datagram: all of it arrives or nothing. */
	#send(packets: readonly Uint8Array[]): void {
		this.#travel(() => {
			for (const packet of packets) {
				if (packet[1] === 205) this.nacks++;
				this.#peer.options.onRtcp(packet);
			}
		});
	}

	#onEcho(packet: Uint8Array): void {
		const now = compactNtp(ntpFromUnix(this.#clock.wall()));
		this.#roundTrip = (((now - readUint32(packet, 16) - readUint32(packet, 20)) | 0) * 1000) / 65_536;
	}
}
