import { BitReader } from './bit-reader.ts';
import { NAL, nalType, splitAnnexB } from './h264.ts';
import type { H264Track } from './track.ts';

/** Different parameter sets kept of one stream. */
const MAX_SETS = 16;
/** Bytes of one parameter set. */
const MAX_SET_SIZE = 4096;

type Entry = { readonly type: number; readonly id: number; readonly nalu: Uint8Array };

/** The sequence and picture parameter sets last seen in a stream, by their ids. */
export class ParameterSets {
	#entries: Entry[] = [];
	#sps: Uint8Array | undefined;
	#pps: Uint8Array | undefined;
	#fromSdp = false;

	/** @param described what the SDP says; given up as soon as the stream itself says something else */
	constructor(described: H264Track['parameterSets']) {
		if (described) {
			this.update(described.sps);
			this.update(described.pps);
		}
		this.#fromSdp = described !== undefined;
	}

	/** The SPS that changed last. */
	get sps(): Uint8Array | undefined {
		return this.#sps;
	}

	/** The PPS that changed last. */
	get pps(): Uint8Array | undefined {
		return this.#pps;
	}

	/** Whether decoding can start with what is here. */
	get complete(): boolean {
		return this.#sps !== undefined && this.#pps !== undefined;
	}

	/** Puts all of them into `target`, sequence parameter sets first. The bytes are never written again. */
	appendTo(target: Uint8Array[]): void {
		for (const { nalu } of this.#entries) target.push(nalu);
	}

	/**
	 * Takes one in, by copy.
	 *
	 * @returns whether anything changed by it
	 */
	update(nalu: Uint8Array): boolean {
		const type = nalType(nalu);
		if (nalu.length < 2 || nalu.length > MAX_SET_SIZE) return false;
		const id = parameterSetId(nalu, type);
		const known = this.#entries.findIndex((entry) => entry.type === type && entry.id === id);
		const before = this.#entries[known];
		if (before && equalBytes(before.nalu, nalu)) return false;
		if (type === NAL.sps && this.#fromSdp) {
			this.#fromSdp = false;
			this.#entries = [];
			this.#pps = undefined;
			return this.update(nalu);
		}
		if (!before && this.#entries.length >= MAX_SETS) return false;
		const copy = nalu.slice();
		if (before) this.#entries[known] = { type, id, nalu: copy };
		else this.#entries.push({ type, id, nalu: copy });
		this.#entries.sort((a, b) => a.type - b.type || a.id - b.id);
		if (type === NAL.sps) this.#sps = copy;
		else this.#pps = copy;
		return true;
	}
}

/**
 * Reads `sprop-parameter-sets` (RFC 6184 section 8.1). Start codes inside, trailing separators and characters
 * outside base64 are passed over.
 *
 * @returns undefined unless there are both an SPS and a PPS
 */
export function parseSpropParameterSets(value: string): H264Track['parameterSets'] | undefined {
	let sps: Uint8Array | undefined;
	let pps: Uint8Array | undefined;
	for (const item of value.split(',')) {
		for (const nalu of splitAnnexB(new Uint8Array(Buffer.from(item, 'base64')))) {
			if (nalType(nalu) === NAL.sps) sps ??= nalu;
			if (nalType(nalu) === NAL.pps) pps ??= nalu;
		}
	}
	return sps && pps ? { sps, pps } : undefined;
}

/** seq_parameter_set_id stands after profile, constraints and level; pic_parameter_set_id stands first. */
function parameterSetId(nalu: Uint8Array, type: number): number {
	const start = type === NAL.sps ? 4 : 1;
	return new BitReader(nalu.subarray(start, start + 8)).ue();
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
	return Buffer.compare(a, b) === 0;
}
