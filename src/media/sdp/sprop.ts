import { splitAnnexB } from '../codecs/h264.ts';
import { type NalSyntax, type ParameterSetKind, parameterSetKind } from '../codecs/nal-syntax.ts';
import type { VideoParameterSets } from '../track.ts';

/**
 * Reads the parameter sets of a session description: `sprop-parameter-sets` (RFC 6184 section 8.1), `sprop-vps`,
 * `sprop-sps` and `sprop-pps` (RFC 7798 section 7.1). A set counts by its type, wherever it stands: cameras mix the names
 * up. Start codes inside, trailing separators and characters outside base64 are passed over.
 *
 * @returns undefined unless there are both an SPS and a PPS
 */
export function parseSprop(values: readonly string[], syntax: NalSyntax): VideoParameterSets | undefined {
	const first = new Map<ParameterSetKind, Uint8Array>();
	const others: Uint8Array[] = [];
	for (const item of values.flatMap((value) => value.split(','))) {
		for (const nalu of splitAnnexB(new Uint8Array(Buffer.from(item, 'base64')))) {
			const kind = parameterSetKind(nalu, syntax);
			const known = kind && first.get(kind);
			if (known && Buffer.compare(known, nalu) !== 0) others.push(nalu);
			else if (kind) first.set(kind, nalu);
		}
	}
	const [vps, sps, pps] = [first.get('vps'), first.get('sps'), first.get('pps')];
	return sps && pps && { ...(vps && { vps }), sps, pps, ...(others.length > 0 && { others }) };
}
