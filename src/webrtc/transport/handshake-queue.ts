import { MAX_WAITING_DATAGRAMS } from './limits.ts';

/** Who takes the DTLS datagrams of one viewer. */
export interface HandshakeTask {
	receiveDtls(datagram: Buffer): void;
}

/**
 * Lets one DTLS datagram in with each turn of the event loop: the one that ends a handshake starts the first picture,
 * which is hundreds of packets. When many join at once, the packets of those who watch already get in between. The
 * viewers take turns, so that nobody waits for one who sends without end.
 */
export class HandshakeQueue {
	readonly #waiting = new Map<HandshakeTask, Buffer[]>();
	#turn: NodeJS.Immediate | undefined;

	/** Keeps a copy of the datagram until its turn. When too many of a viewer wait, the newest is dropped. */
	push(task: HandshakeTask, datagram: Buffer): void {
		const datagrams = this.#waiting.get(task);
		if (datagrams === undefined) this.#waiting.set(task, [Buffer.from(datagram)]);
		else if (datagrams.length < MAX_WAITING_DATAGRAMS) datagrams.push(Buffer.from(datagram));
		this.#schedule();
	}

	/** Forgets a viewer. */
	delete(task: HandshakeTask): void {
		this.#waiting.delete(task);
	}

	#schedule(): void {
		this.#turn ??= setImmediate(() => {
			this.#turn = undefined;
			this.#run();
		});
	}

	#run(): void {
		for (const [task, datagrams] of this.#waiting) {
			const datagram = datagrams.shift();
			this.#waiting.delete(task);
			if (datagrams.length > 0) this.#waiting.set(task, datagrams);
			if (this.#waiting.size > 0) this.#schedule();
			if (datagram !== undefined) task.receiveDtls(datagram);
			return;
		}
	}
}
