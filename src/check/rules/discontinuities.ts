import { runsOf, seen, segmentsOf, successions } from '../observed.ts';
import type { MediaReading } from '../read/media-reading.ts';
import { eachRendition, type Rule } from '../rule.ts';

export const DISCONTINUITY: Rule = {
	number: 9,
	name: 'EXT-X-DISCONTINUITY where something changes, and its sequence',
	section: '4.4.4.3, 4.4.3.3; Apple 8.17',
	judge: eachRendition((rendition, findings) => {
		const all = seen(rendition);
		const marked = new Set<number>();
		for (const { playlist } of all) {
			findings.expect(!playlist.lateDiscontinuitySequence, 'EXT-X-DISCONTINUITY-SEQUENCE comes after a segment');
			for (const { sequence, discontinuity } of playlist.segments) if (discontinuity) marked.add(sequence);
		}
		const counted = all.every(({ playlist }) => playlist.discontinuitySequence !== undefined);
		if (marked.size > 0) findings.advise(counted, 'there are discontinuities, but no EXT-X-DISCONTINUITY-SEQUENCE');
		for (const [{ playlist: before }, { playlist }] of successions(rendition)) {
			const last = before.segments.at(-1)?.sequence ?? 0;
			if (playlist.mediaSequence > last + 1) continue;
			const gone = before.segments.filter(({ sequence }) => sequence < playlist.mediaSequence);
			const left = gone.filter(({ discontinuity }) => discontinuity).length;
			const step = (playlist.discontinuitySequence ?? 0) - (before.discontinuitySequence ?? 0);
			findings.expect(step === left, `at ${playlist.mediaSequence}: ${left} left, the sequence went up by ${step}`);
		}
		const segments = segmentsOf(rendition);
		for (const run of runsOf(segments)) {
			for (const [index, { file, segment }] of run.entries()) {
				const change = changeOf(run[index - 1]?.file?.reading, file?.reading);
				findings.expect(change === undefined, `segment ${segment.sequence}: ${change}, without a discontinuity`);
			}
		}
		if (segments.length > 0) findings.saw(`${marked.size} in ${segments.length} segments`);
	}),
};

/** What is encoded differently. */
function changeOf(before: MediaReading | undefined, after: MediaReading | undefined): string | undefined {
	if (!before || !after) return undefined;
	if (before.container !== after.container) return `${before.container} becomes ${after.container}`;
	const [had, has] = [kindsOf(before), kindsOf(after)];
	if (had !== has && had !== '' && has !== '') return `${had} becomes ${has}`;
	for (const { kind, codec, width, height } of after.tracks) {
		const old = before.tracks.find((track) => track.kind === kind);
		if (!old || old.codec === '' || codec === '') continue;
		if (old.codec !== codec) return `${old.codec} becomes ${codec}`;
		if (old.width !== width || old.height !== height) {
			return `${old.width}×${old.height} becomes ${width}×${height}`;
		}
	}
	return undefined;
}

/** Of the tracks that are announced; empty where that is not known. */
function kindsOf({ tracks }: MediaReading): string {
	const kinds = tracks.map(({ kind }) => kind).filter((kind) => kind !== 'other');
	return kinds.sort().join(' and ');
}
