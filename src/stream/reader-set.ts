import { type SourceError, toError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Track } from '../media/track.ts';
import type { AccessUnit } from '../media/unit.ts';
import { GopCache } from './gop-cache.ts';
import { GopMeter } from './gop-meter.ts';
import type { StreamReader } from './reader.ts';

type Seat = {
	readonly reader: StreamReader;
	/** May keep views of the pictures it gets. */
	readonly keeps: boolean;
	/** Has had its first key picture. */
	primed: boolean;
};

/** The readers of one stream. A reader that throws loses its seat; nobody else notices. */
export class ReaderSet {
	readonly #logger: Logger;
	readonly #seats = new Set<Seat>();
	readonly cache = new GopCache();
	readonly gop = new GopMeter();

	constructor(logger: Logger) {
		this.#logger = logger;
	}

	get names(): string[] {
		return [...this.#seats].map((seat) => seat.reader.name);
	}

	attach(reader: StreamReader, replay: boolean, tracks: readonly Track[]): () => void {
		const seat: Seat = { reader, keeps: reader.readsAtOnce !== true, primed: false };
		this.#seats.add(seat);
		this.#call(seat, () => {
			if (tracks.length > 0) reader.onTracks(tracks);
			if (!replay) return;
			for (const unit of this.cache.units) this.#hand(seat, unit);
			seat.primed = this.cache.units.length > 0;
		});
		return () => this.#seats.delete(seat);
	}

	setTracks(tracks: readonly Track[]): void {
		for (const seat of this.#seats) this.#call(seat, () => seat.reader.onTracks(tracks));
	}

	deliver(unit: AccessUnit): void {
		this.cache.push(unit);
		if (unit.kind === 'video') this.gop.push(unit);
		for (const seat of this.#seats) {
			if (unit.kind === 'video' && !seat.primed) {
				if (!unit.key) continue;
				seat.primed = true;
			}
			try {
				this.#hand(seat, unit);
			} catch (thrown) {
				this.#expel(seat, thrown);
			}
		}
	}

	/** The source is closed: what it sent is of no use to whoever comes later. */
	forget(): void {
		this.cache.clear();
		for (const seat of this.#seats) this.#call(seat, () => seat.reader.onAway?.());
	}

	/** Ends every reader. @param cause why, when the camera failed */
	end(cause?: SourceError): void {
		const seats = [...this.#seats];
		this.#seats.clear();
		this.forget();
		for (const seat of seats) this.#call(seat, () => seat.reader.onEnd(cause));
	}

	#hand({ reader, keeps }: Seat, unit: AccessUnit): void {
		if (keeps && unit.kind === 'video') unit.memory?.keep();
		reader.onUnit(unit);
	}

	#call(seat: Seat, run: () => void): void {
		try {
			run();
		} catch (thrown) {
			this.#expel(seat, thrown);
		}
	}

	#expel(seat: Seat, thrown: unknown): void {
		if (!this.#seats.delete(seat)) return;
		this.#logger.error({ reader: seat.reader.name, error: toError(thrown).stack }, 'a reader failed and was detached');
		try {
			seat.reader.onEnd();
		} catch (second) {
			this.#logger.error({ reader: seat.reader.name, error: toError(second).stack }, 'a failed reader did not end');
		}
	}
}
