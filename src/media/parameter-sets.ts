import { PARAMETER_SET_LIMITS } from './limits.ts';
import { type NalSyntax, type ParameterSetKind, parameterSetKind } from './nal-syntax.ts';
import type { VideoParameterSets } from './track.ts';

const ORDER: readonly ParameterSetKind[] = ['vps', 'sps', 'pps'];

type Entry = { readonly order: number; readonly id: number; readonly nalu: Uint8Array };

/** The parameter sets last seen in a stream, by kind and number. */
export class ParameterSets {
	readonly #syntax: NalSyntax;
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
		return this.#entries.map(({ nalu }) => nalu);
	}

	/**
	 * Takes one in, by copy.
	 *
	 * @returns whether anything changed by it
	 */
	update(nalu: Uint8Array, kind: ParameterSetKind): boolean {
		if (nalu.length <= this.#syntax.header || nalu.length > PARAMETER_SET_LIMITS.bytes) return false;
		const order = ORDER.indexOf(kind);
		const id = this.#syntax.parameterSetId(nalu, kind);
		const known = this.#entries.findIndex((entry) => entry.order === order && entry.id === id);
		const before = this.#entries[known];
		if (before && Buffer.compare(before.nalu, nalu) === 0) return false;
		// What the SDP left out altogether, the stream only adds.
		if (this.#described && kind !== 'pps' && this.#latest[order]) {
			this.#forgetFrom(order);
			return this.update(nalu, kind);
		}
		if (!before && this.#entries.length >= PARAMETER_SET_LIMITS.sets) return false;
		// Not slice(), which is a view where the bytes are a Buffer.
		const copy = Uint8Array.from(nalu);
		if (before) this.#entries[known] = { order, id, nalu: copy };
		else this.#entries.push({ order, id, nalu: copy });
		this.#entries.sort((a, b) => a.order - b.order || a.id - b.id);
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
