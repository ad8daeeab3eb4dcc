import type { Clock } from '../../base/clock.ts';
import { HANDSHAKE_SLOT_MS, MAX_CONCURRENT_HANDSHAKES, MAX_WAITING_DATAGRAMS } from './limits.ts';

/** Who takes the datagrams of one viewer's handshake. */
export interface HandshakeTask {
	/** True while more is to come. */
	readonly handshaking: boolean;
	handle(datagram: Buffer): void;
}

type Entry = { readonly task: HandshakeTask; readonly datagrams: Buffer[]; startedAt: number | undefined };

/**
 * Spreads the work of DTLS handshakes: one datagram in each turn of the event loop, so that media gets in between,
 * and a bounded number of viewers at once, so that in a rush the first ones are done early instead of all late.
 */
export class HandshakeQueue {
	readonly #clock: Clock;
	/** In order of arrival; the running ones come first. */
	readonly #entries = new Map<HandshakeTask, Entry>();
	/** Entries that were started. */
	#running = 0;
	#last: Entry | undefined;
	#turn: NodeJS.Immediate | undefined;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** Keeps the datagram until its turn. When too many of a viewer wait, the newest is dropped. */
	push(task: HandshakeTask, datagram: Buffer): void {
		let entry = this.#entries.get(task);
		if (entry === undefined) {
			entry = { task, datagrams: [], startedAt: undefined };
			this.#entries.set(task, entry);
		}
		if (entry.datagrams.length < MAX_WAITING_DATAGRAMS) entry.datagrams.push(datagram);
		this.#schedule();
	}

	/** Forgets a viewer. */
	delete(task: HandshakeTask): void {
		const entry = this.#entries.get(task);
		if (entry === undefined) return;
		this.#entries.delete(task);
		if (entry.startedAt !== undefined) this.#running--;
		this.#schedule();
	}

	/** Lets go of viewers that did not finish in time, for those in line. To be called now and then. */
	sweep(): void {
		const limit = this.#clock.now() - HANDSHAKE_SLOT_MS;
		for (const entry of [...this.#entries.values()]) {
			if (entry.startedAt !== undefined && entry.startedAt < limit && entry.datagrams.length === 0) {
				this.delete(entry.task);
			}
		}
	}

	#schedule(): void {
		this.#turn ??= setImmediate(() => {
			this.#turn = undefined;
			this.#run();
		});
	}

	#run(): void {
		// The library ends a handshake some promises after the datagram that ended it: a turn later it is known.
		const last = this.#last;
		if (last !== undefined && !last.task.handshaking && last.datagrams.length === 0) this.delete(last.task);
		const entry = this.#next();
		this.#last = entry;
		if (entry === undefined) return;
		if (entry.startedAt === undefined) {
			entry.startedAt = this.#clock.now();
			this.#running++;
		}
		const datagram = entry.datagrams.shift();
		if (datagram !== undefined) entry.task.handle(datagram);
		this.#schedule();
	}

	/** The first viewer in line with something to do, if it runs already or may start. */
	#next(): Entry | undefined {
		for (const entry of this.#entries.values()) {
			if (entry.startedAt === undefined && this.#running >= MAX_CONCURRENT_HANDSHAKES) return undefined;
			if (entry.datagrams.length > 0) return entry;
		}
		return undefined;
	}
}
