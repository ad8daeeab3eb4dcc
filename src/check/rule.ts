import type { Findings } from './findings.ts';
import type { Recording, Rendition } from './recording.ts';

/** One rule of HLS, judged on what was recorded. */
export type Rule = {
	readonly number: number;
	readonly name: string;
	/** Where it is written: of draft-pantos-hls-rfc8216bis, or a number of Apple's HLS Authoring Specification. */
	readonly section: string;
	judge(recording: Recording, findings: Findings): void;
};

/** Judges each rendition on its own. */
export function eachRendition(
	judge: (rendition: Rendition, findings: Findings, recording: Recording) => void,
): Rule['judge'] {
	return (recording, findings) => {
		for (const rendition of recording.renditions) {
			findings.place = recording.renditions.length > 1 ? rendition.name : '';
			judge(rendition, findings, recording);
		}
		findings.place = '';
	};
}

/** To the millisecond. */
export function seconds(value: number): string {
	return `${Math.round(value * 1000) / 1000} s`;
}
