import type { AccessUnit } from '../media/unit.ts';

/** Bounds of the cached group of pictures. */
export type GopCacheLimits = { bytes: number; units: number };

/** A camera of 8 Mbit/s with a key frame every 10 s still fits. */
export const DEFAULT_GOP_CACHE_LIMITS: GopCacheLimits = { bytes: 12 * 1024 * 1024, units: 2048 };

/**
 * The units since the last key picture, so that a new reader can start at once. When a group outgrows its bounds
 * it is let go whole (a part of it could not be decoded) and caching resumes at the next key picture. The memory of a unit
 * is released when it is let go, or at once when it is not cached.
 */
export class GopCache {
	readonly #limits: GopCacheLimits;
	#units: AccessUnit[] = [];
	#bytes = 0;

	constructor(limits: GopCacheLimits = DEFAULT_GOP_CACHE_LIMITS) {
		this.#limits = limits;
	}

	/** Bytes held now. */
	get bytes(): number {
		return this.#bytes;
	}

	/** Starts with the key picture; empty when there is none yet. */
	get units(): readonly AccessUnit[] {
		return this.#units;
	}

	push(unit: AccessUnit): void {
		if (unit.kind === 'video' && unit.key) this.clear();
		else if (this.#units.length === 0) {
			release(unit);
			return;
		}
		this.#units.push(unit);
		this.#bytes += unit.kind === 'video' ? unit.size : unit.data.length;
		if (this.#bytes > this.#limits.bytes || this.#units.length > this.#limits.units) this.clear();
	}

	clear(): void {
		for (const unit of this.#units) release(unit);
		this.#units = [];
		this.#bytes = 0;
	}
}

function release(unit: AccessUnit): void {
	if (unit.kind === 'video') unit.memory?.release();
}
