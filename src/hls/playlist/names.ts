/**
 * Names of files. The token of the run and the sequence number make that no name ever comes again with other bytes.
 */
export type Naming = {
	segment(sequence: number): string;
	/** @param sequence of the first segment that needs it */
	init(sequence: number): string;
};

/** Names of the classic output: `seg-<run>-<sequence>.ts`. */
export function classicNames(run: string, extension: 'ts' | 'm4s'): Naming {
	return {
		segment: (sequence) => `seg-${run}-${sequence}.${extension}`,
		init: (sequence) => `seg-${run}-${sequence}.mp4`,
	};
}

/** Names of the low-latency output: `ll-<run>-<sequence>.m4s`. */
export function lowLatencyNames(run: string): Naming {
	return {
		segment: (sequence) => `ll-${run}-${sequence}.m4s`,
		init: (sequence) => `ll-${run}-${sequence}.mp4`,
	};
}

/** Whether a file belongs to the low-latency output. */
export function isLowLatencyFile(name: string): boolean {
	return name.startsWith('ll-');
}

const SUFFIX = '.m4s';

/** @param segment the name of the part's segment @param index from 0 on */
export function partName(segment: string, index: number): string {
	return `${segment.slice(0, -SUFFIX.length)}.${index}${SUFFIX}`;
}

const PART = /^(.+)\.(\d{1,6})\.m4s$/;

/** @returns the name of the part's segment and its index; undefined when the name is none of a part */
export function parsePartName(name: string): { segment: string; index: number } | undefined {
	const match = PART.exec(name);
	return match ? { segment: `${match[1]}.m4s`, index: Number(match[2]) } : undefined;
}

const CLASSIC = /^seg-([0-9a-z]{1,12})-(\d{1,16})\.(?:ts|m4s|mp4)$/;

/** @returns undefined when it is not a name that `classicNames` gives */
export function parseClassicName(name: string): { run: string; sequence: number } | undefined {
	const match = CLASSIC.exec(name);
	return match ? { run: match[1] as string, sequence: Number(match[2]) } : undefined;
}
