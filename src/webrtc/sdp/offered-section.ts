/** One payload type of an offered section. */
export type OfferedCodec = {
	/** 0 … 127 */
	readonly payloadType: number;
	/** Lower case, as `h264`. */
	readonly name: string;
	readonly clockRate: number;
	/** 1 unless given. */
	readonly channels: number;
	/** The text of `a=fmtp` as offered; may be empty. */
	readonly fmtp: string;
	/** `a=fmtp` parameters by lower-case name. */
	readonly parameters: ReadonlyMap<string, string>;
	/** `a=rtcp-fb` values, as `nack pli`. */
	readonly feedback: readonly string[];
};

/** ICE credentials (RFC 8839) and certificate fingerprint (RFC 8122) of a section. */
export type OfferedTransport = {
	readonly ufrag: string;
	readonly password: string;
	readonly fingerprint: { readonly algorithm: string; readonly value: string };
};

/** A section that only has to be rejected: switched off, or nothing we know. */
export type ForeignSection = { readonly usable: false };
/** An audio or video section that wants to receive. */
export type MediaSection = {
	readonly usable: true;
	readonly codecs: readonly OfferedCodec[];
	readonly transport: OfferedTransport;
	/** In the BUNDLE group. */
	readonly bundled: boolean;
};

/** What any `m=` section says. */
export type SectionPlace = {
	readonly kind: string;
	readonly protocol: string;
	/** The format list as offered. */
	readonly formats: readonly string[];
	readonly mid: string | undefined;
};

/** One `m=` section of the offer, in its place. */
export type OfferedSection = SectionPlace & (ForeignSection | MediaSection);

export type UsableSection = Extract<OfferedSection, { usable: true }>;
