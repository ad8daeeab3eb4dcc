import { PARAMETER_SET_LIMITS } from '../limits.ts';
import type { VideoParameterSets } from '../track.ts';
import { type NalSyntax, type ParameterSetKind, parameterSetKind } from './nal-syntax.ts';

const ORDER: readonly ParameterSetKind[] = ['vps', 'sps', 'pps'];

type Entry = { readonly order: number; readonly id: number; readonly nalu: Uint8Array };

/** The parameter sets last seen in a stream, by kind and number. */
export class ParameterSets {
	readonly #syntax: NalSyntax;
	/** The one that changed last is the last. */
	#entries: Entry[] = [];
	#described = false;
	/** Of each kind, the one that changed last. */
	readonly #latest: (Uint8Array | undefined)[] = [];

	/** @param described what the SDP says; given up as soon as the stream itself says something else */
	constructor(syntax: NalSyntax, described: VideoParameterSets | undefined) {
		this.#syntax = syntax;
		if (!described) return;
		// The first of each kind have the last word, and their places.
		for (const nalu of described.others?.slice(0, PARAMETER_SET_LIMITS.sets - ORDER.length) ?? []) {
			const kind = parameterSetKind(nalu, syntax);
			if (kind) this.update(nalu, kind);
		}
		for (const kind of ORDER) {
			const nalu = described[kind];
			if (nalu) this.update(nalu, kind);
		}
		this.#described = true;
	}

	/** Undefined while decoding cannot start with what is here. */
	get latest(): VideoParameterSets | undefined {
		const [vps, sps, pps] = this.#latest;
		return sps && pps && { ...(vps && { vps }), sps, pps };
	}

	/** Whether decoding can start with what is here. */
	get complete(): boolean {
		return this.#latest[1] !== undefined && this.#latest[2] !== undefined;
	}

	/** All of them, in the order of decoding. The bytes are never written again. */
	get all(): readonly Uint8Array[] {
		return this.#entries.toSorted((a, b) => a.order - b.order || a.id - b.id).map(({ nalu }) => nalu);
	}

	/**
	 * Takes one in, by copy. Some encoders count the numbers on with each key picture: when there are too many, the one of
	 * its kind that has not changed for longest makes room.
	 *
	 * @returns whether anything changed by it
	 */
	update(nalu: Uint8Array, kind: ParameterSetKind): boolean {
		if (nalu.length <= this.#syntax.header || nalu.length > PARAMETER_SET_LIMITS.bytes) return false;
		const order = ORDER.indexOf(kind);
		const id = this.#syntax.parameterSetId(nalu, kind);
		const before = this.#entries.find((entry) => entry.order === order && entry.id === id);
		if (before && Buffer.compare(before.nalu, nalu) === 0) return false;
		// What the SDP left out altogether, the stream only adds.
		if (this.#described && kind !== 'pps' && this.#latest[order]) {
			this.#forgetFrom(order);
			return this.update(nalu, kind);
		}
		const full = this.#entries.length >= PARAMETER_SET_LIMITS.sets;
		const gone =
			before ?? (full ? (this.#entries.find((entry) => entry.order === order) ?? this.#entries[0]) : undefined);
		if (gone) this.#entries.splice(this.#entries.indexOf(gone), 1);
		// Not slice(), which is a view where the bytes are a Buffer.
		const copy = Uint8Array.from(nalu);
		this.#entries.push({ order, id, nalu: copy });
		this.#latest[order] = copy;
		return true;
	}

	/** The SDP was wrong about a set: so are its sets that build on it. */
	#forgetFrom(order: number): void {
		this.#described = false;
		this.#entries = this.#entries.filter((entry) => entry.order < order);
		for (let gone = order; gone < ORDER.length; gone++) this.#latest[gone] = undefined;
	}
}
