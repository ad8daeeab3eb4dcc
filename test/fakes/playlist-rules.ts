import { Parser } from 'm3u8-parser';

/** What the rules need of one playlist. */
export type ReadPlaylist = {
	targetDuration: number;
	mediaSequence: number;
	discontinuitySequence: number;
	independent: boolean;
	segments: { uri: string; duration: number; discontinuity: boolean; wall: number }[];
};

/** Reads a live media playlist by an independent parser and by the rules of RFC 8216 for one playlist; throws. */
export function readPlaylist(text: string): ReadPlaylist {
	const lines = text.split('\n');
	expectThat(lines[0] === '#EXTM3U', 'the first line is #EXTM3U');
	expectThat(lines.filter((line) => line.startsWith('#EXT-X-VERSION:')).length === 1, 'one version');
	expectThat(/^#EXT-X-DISCONTINUITY-SEQUENCE:\d+$/m.test(text), 'a discontinuity sequence');
	const parser = new Parser();
	parser.push(text);
	parser.end();
	const { manifest } = parser;
	const { targetDuration, mediaSequence, discontinuitySequence, segments } = manifest;
	if (targetDuration === undefined || mediaSequence === undefined || discontinuitySequence === undefined) {
		throw new Error('broken rule: target duration and sequences are there');
	}
	expectThat(!manifest.endList, 'a live playlist does not end');
	expectThat(segments.length > 0, 'no playlist is empty');
	for (const { duration } of segments) expectThat(Math.round(duration) <= targetDuration, 'no segment over the target');
	return {
		targetDuration,
		mediaSequence,
		discontinuitySequence,
		independent: manifest.independentSegments ?? false,
		segments: segments.map(({ uri, duration, discontinuity, dateTimeString }) => ({
			uri,
			duration,
			discontinuity: discontinuity ?? false,
			wall: Date.parse(dateTimeString ?? ''),
		})),
	};
}

/** The rules between a playlist and one fetched later; throws. */
export function checkSuccession(before: ReadPlaylist, after: ReadPlaylist): void {
	const removed = after.mediaSequence - before.mediaSequence;
	expectThat(removed >= 0, 'the media sequence does not go back');
	expectThat(after.targetDuration === before.targetDuration, 'the target duration stays');
	const gone = before.segments.slice(0, removed);
	const kept = before.segments.slice(removed);
	for (const [index, segment] of kept.entries()) {
		expectThat(JSON.stringify(segment) === JSON.stringify(after.segments[index]), 'listed segments do not change');
	}
	const discontinuities = gone.filter((segment) => segment.discontinuity).length;
	if (removed <= before.segments.length) {
		const step = after.discontinuitySequence - before.discontinuitySequence;
		expectThat(step === discontinuities, 'the discontinuity sequence counts removed discontinuities');
	}
	if (removed > 0) {
		const total = after.segments.reduce((sum, { duration }) => sum + duration, 0);
		expectThat(total > 3 * after.targetDuration - 1e-6, 'removing leaves three target durations');
	}
	let last: ReadPlaylist['segments'][number] | undefined;
	for (const segment of after.segments) {
		expectThat(!Number.isNaN(segment.wall), 'each segment has its date');
		if (last && !segment.discontinuity) {
			const error = Math.abs(segment.wall - last.wall - last.duration * 1000);
			expectThat(error < 150, 'dates agree with durations');
		}
		if (last) expectThat(segment.wall > last.wall, 'dates go up');
		last = segment;
	}
}

function expectThat(kept: boolean, rule: string): void {
	if (!kept) throw new Error(`broken rule: ${rule}`);
}
