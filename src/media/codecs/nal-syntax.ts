/** What a NAL unit is to those who put access units together. */
export type NalRole =
	/** Part of a picture. */
	| 'slice'
	/** Part of a picture with which decoding can start. */
	| 'key'
	| ParameterSetKind
	/** Supplemental enhancement information before a picture. */
	| 'sei'
	/** Says nothing that a container or a decoder needs: delimiters, fillers, ends. */
	| 'ignored'
	/** Belongs to the picture around it. */
	| 'kept';

/** In the order in which decoders want them. */
export type ParameterSetKind = 'vps' | 'sps' | 'pps';

/** How the NAL units of a codec are read. */
export interface NalSyntax {
	/** Bytes of the NAL unit header; the first bit behind it says of a slice that it is the first of its picture. */
	readonly header: number;
	/** By type; of types that are not in it, NAL units are kept. */
	readonly roles: readonly (NalRole | undefined)[];
	/** The type of a NAL unit, from its first byte. */
	typeOf(first: number): number;
	/**
	 * Whether a slice that is the first of its picture is a B slice, from its first byte behind the header. Not there
	 * where that byte does not tell.
	 */
	isBSlice?(first: number): boolean;
	/** Whether SEI holds a recovery point: decoding can start with its picture, which is whole some pictures later. */
	hasRecoveryPoint(nalu: Uint8Array): boolean;
	/** The number by which slices and other sets refer to a parameter set. */
	parameterSetId(nalu: Uint8Array, kind: ParameterSetKind): number;
}

/** What the NAL unit sets; undefined where it is no parameter set. */
export function parameterSetKind(nalu: Uint8Array, { roles, typeOf }: NalSyntax): ParameterSetKind | undefined {
	const role = roles[typeOf(nalu[0] as number)];
	return role === 'vps' || role === 'sps' || role === 'pps' ? role : undefined;
}

/** @param types what each of them is */
export function nalRoles(types: Readonly<Record<number, NalRole>>): readonly (NalRole | undefined)[] {
	const roles: (NalRole | undefined)[] = new Array(64).fill(undefined);
	for (const [type, role] of Object.entries(types)) roles[Number(type)] = role;
	return roles;
}
