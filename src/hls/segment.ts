/** A finished piece of media, before it has a place in a playlist. */
export type CutSegment = {
	readonly bytes: Uint8Array;
	/** Seconds. */
	readonly duration: number;
	/** Wall clock of its first unit, milliseconds since the Unix epoch. */
	readonly wall: number;
	/** It does not continue the segment before it (RFC 8216 section 4.3.2.3). */
	readonly discontinuity: boolean;
	/** It starts with a picture that decoding can start at. */
	readonly independent: boolean;
};

/** A segment with its place and name; never changed once listed. */
export type Segment = CutSegment & {
	/** Media sequence number. */
	readonly sequence: number;
	readonly name: string;
};

const NAME = /^seg-([0-9a-z]{1,12})-(\d{1,16})\.ts$/;

/** @param run a token of this run, so that a name never comes again with other bytes */
export function segmentName(run: string, sequence: number): string {
	return `seg-${run}-${sequence}.ts`;
}

/** @returns undefined when it is not a name that `segmentName` gives */
export function parseSegmentName(name: string): { run: string; sequence: number } | undefined {
	const match = NAME.exec(name);
	return match ? { run: match[1] as string, sequence: Number(match[2]) } : undefined;
}
