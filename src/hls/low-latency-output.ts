import type { IncomingMessage } from 'node:http';
import { DualcastError } from '../base/errors.ts';
import { type DeliveryDirectives, NO_DIRECTIVES } from './delivery-directives.ts';
import { LowLatencyMuxer } from './low-latency-muxer.ts';
import { LOW_LATENCY_PLAYLIST_NAME } from './path.ts';
import type { PlaylistBody } from './playlist.ts';
import type { HlsStats } from './stats.ts';
import { MAX_WAITERS, StreamOutput, type StreamOutputOptions } from './stream-output.ts';

/** Segments beyond the last whole one that a request may wait for (section 6.2.5.2). */
const MAX_SEGMENTS_AHEAD = 2;
/** Seconds of parts beyond the last one, at least three parts. */
const MAX_PARTS_AHEAD = 3;
/** Target durations after which a request that waits is late. */
const MAX_HELD_TARGETS = 3;

export type LowLatencyOutputOptions = StreamOutputOptions & {
	/** Seconds. */
	segmentDuration: number;
	/** Seconds. */
	partDuration: number;
	segmentCount: number;
};

/** Called once: with what was asked for, or with why there is none. */
type Waiter<Outcome> = (outcome: Outcome | Error) => void;

type Held = {
	/** `Clock.now()` */
	readonly since: number;
	/** Answers if it can by now. @returns whether it did */
	attempt(): boolean;
	readonly refuse: (error: Error) => void;
};

/**
 * One run of a stream's low-latency HLS (draft-pantos-hls-rfc8216bis). Requests for what is to come are held until
 * it is there.
 */
export class LowLatencyOutput extends StreamOutput {
	protected readonly muxer: LowLatencyMuxer;
	readonly #held = new Set<Held>();

	constructor(options: LowLatencyOutputOptions) {
		super(options);
		this.muxer = new LowLatencyMuxer({
			...options,
			run: this.run,
			now: () => this.clock.now(),
			onChange: () => this.#answerHeld(),
		});
	}

	/**
	 * Hands over the playlist when it holds what is asked for (section 6.2.5.2), or says why it does not.
	 *
	 * @returns forgets the waiter
	 */
	playlist(request: IncomingMessage, asked: DeliveryDirectives, waiter: Waiter<PlaylistBody>): () => void {
		this.visit(request);
		const refusal = this.ended ?? (this.muxer.ready ? (this.#tooFarAhead(asked) ?? this.stalled()) : undefined);
		if (refusal) {
			waiter(refusal);
			return () => {};
		}
		return this.#hold(() => {
			if (!this.muxer.ready || !this.#has(asked)) return false;
			waiter(this.muxer.playlist(asked.skip));
			return true;
		}, waiter);
	}

	/** Hands over the multivariant playlist, as soon as there is the other one. */
	multivariant(request: IncomingMessage, waiter: Waiter<PlaylistBody>): () => void {
		const describe: Waiter<PlaylistBody> = (outcome) => waiter(this.describe(LOW_LATENCY_PLAYLIST_NAME, outcome));
		return this.playlist(request, NO_DIRECTIVES, describe);
	}

	file(request: IncomingMessage, name: string): Uint8Array | undefined {
		const bytes = this.muxer.find(name);
		if (bytes) this.visit(request);
		return bytes;
	}

	/**
	 * Hands over the part that was hinted at (section 4.4.5.3), once it is whole.
	 *
	 * @returns forgets the waiter; undefined when this name was not hinted at
	 */
	hinted(request: IncomingMessage, name: string, waiter: Waiter<Uint8Array>): (() => void) | undefined {
		if (this.ended || name !== this.muxer.hint) return undefined;
		this.visit(request);
		return this.#hold(() => {
			const bytes = this.muxer.find(name);
			if (bytes) waiter(bytes);
			return bytes !== undefined;
		}, waiter);
	}

	override stats(): HlsStats {
		return { ...super.stats(), part_target: this.muxer.partTarget };
	}

	protected get held(): number {
		return this.#held.size;
	}

	protected letGo(error: Error): void {
		for (const held of this.#held) held.refuse(error);
		this.#held.clear();
	}

	protected check(): void {
		if (!this.muxer.ready) return;
		const earliest = this.clock.now() - MAX_HELD_TARGETS * 1000 * this.muxer.window.targetDuration;
		for (const held of this.#held) {
			if (held.since >= earliest) continue;
			this.#held.delete(held);
			held.refuse(new DualcastError('hls_late', 'the camera has sent nothing for long; ask again'));
		}
	}

	protected async rest(): Promise<void> {}

	#hold(attempt: () => boolean, refuse: (error: Error) => void): () => void {
		if (attempt()) return () => {};
		if (this.#held.size >= MAX_WAITERS) {
			refuse(this.crowded());
			return () => {};
		}
		const held: Held = { since: this.clock.now(), attempt, refuse };
		this.#held.add(held);
		return () => this.#held.delete(held);
	}

	#answerHeld(): void {
		for (const held of this.#held) if (held.attempt()) this.#held.delete(held);
	}

	/** Whether the playlist holds the segment or part, or later ones. */
	#has({ msn, part }: DeliveryDirectives): boolean {
		if (msn === undefined) return true;
		const { sequence, openParts, lastParts } = this.muxer;
		if (part === undefined || msn < sequence - 1) return msn < sequence;
		// Past the last part of a whole segment is the first part of the next one.
		if (msn === sequence - 1) return part < lastParts || openParts > 0;
		return msn === sequence && part < openParts;
	}

	#tooFarAhead({ msn, part = 0 }: DeliveryDirectives): DualcastError | undefined {
		if (msn === undefined) return undefined;
		const { sequence, openParts, partTarget } = this.muxer;
		const partsAhead = Math.max(MAX_PARTS_AHEAD, Math.ceil(MAX_PARTS_AHEAD / Math.max(partTarget, 0.001)));
		const lastPart = (msn === sequence ? openParts : 0) - 1;
		const tooFar = msn > sequence - 1 + MAX_SEGMENTS_AHEAD || (msn >= sequence && part > lastPart + partsAhead);
		if (!tooFar) return undefined;
		return new DualcastError('request_invalid', '_HLS_msn and _HLS_part are too far ahead of the playlist', {
			facts: { last_msn: sequence - 1 },
		});
	}
}
