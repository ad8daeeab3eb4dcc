import { keyOf } from '../address.ts';
import { durationOf, seen, successions } from '../observed.ts';
import type { MediaPlaylist, PlaylistSegment } from '../read/media-playlist.ts';
import { eachRendition, type Rule, seconds } from '../rule.ts';

const TINY = 1e-3;
/** HLS Authoring Specification 8.11. */
const LEAST_SEGMENTS = 6;

export const LEAST_DURATION: Rule = {
	number: 3,
	name: 'Removing leaves three target durations',
	section: '6.2.2; Apple 8.11',
	judge: eachRendition((rendition, findings) => {
		let shortest = Number.POSITIVE_INFINITY;
		for (const [{ playlist: before }, { playlist }] of successions(rendition)) {
			if (playlist.mediaSequence === before.mediaSequence || playlist.ended) continue;
			const whole = playlist.segments.filter(({ resource }) => resource);
			const left = durationOf({ ...playlist, segments: whole });
			const least = 3 * Number(playlist.targetDuration);
			findings.expect(left >= least - TINY, `${seconds(left)} are left at ${playlist.mediaSequence}, of ${least} s`);
			const listed = `${whole.length} segments are listed, Apple wants ${LEAST_SEGMENTS}`;
			findings.advise(whole.length >= LEAST_SEGMENTS, listed);
			shortest = Math.min(shortest, left);
		}
		if (Number.isFinite(shortest)) findings.saw(`never less than ${seconds(shortest)}`);
		else if (seen(rendition).some(({ playlist }) => playlist.ended)) findings.skip('the playlist has an end');
	}),
};

export const MEDIA_SEQUENCE: Rule = {
	number: 4,
	name: 'EXT-X-MEDIA-SEQUENCE goes up by what was removed',
	section: '4.4.3.2, 6.2.2',
	judge: eachRendition((rendition, findings) => {
		for (const [{ playlist: before }, { playlist }] of successions(rendition)) {
			const { mediaSequence } = playlist;
			findings.expect(mediaSequence >= before.mediaSequence, `${before.mediaSequence} is followed by ${mediaSequence}`);
			const old = new Map(before.segments.map((segment) => [segment.resource && keyOf(segment.resource), segment]));
			for (const { sequence, resource } of playlist.segments) {
				const same = resource && old.get(keyOf(resource));
				if (!same) continue;
				findings.expect(
					same.sequence === sequence,
					`${resource.uri.split('?')[0]} was ${same.sequence} and is ${sequence}`,
				);
			}
		}
		const all = seen(rendition);
		if (all.length > 1) findings.saw(`${all[0]?.playlist.mediaSequence} … ${all.at(-1)?.playlist.mediaSequence}`);
	}),
};

export const UNCHANGED: Rule = {
	number: 5,
	name: 'Segments come at the end and never change',
	section: '6.2.1',
	judge: eachRendition((rendition, findings) => {
		let compared = 0;
		for (const [{ playlist: before }, { playlist }] of successions(rendition)) {
			const now = new Map(playlist.segments.map((segment) => [segment.sequence, segment]));
			for (const old of before.segments) {
				const same = now.get(old.sequence);
				if (!same) {
					const gone = old.sequence < playlist.mediaSequence;
					findings.expect(gone, `segment ${old.sequence} left from the middle`);
					continue;
				}
				compared++;
				const change = changeOf(old, same);
				findings.expect(change === undefined, `segment ${old.sequence}: ${change} changed`);
			}
			checkEnd(before, playlist, findings.expect.bind(findings));
		}
		for (const { exchange, digest, digestBefore } of rendition.late) {
			const fetched = exchange.status === 200 || exchange.status === 206;
			if (fetched) findings.expect(digest === digestBefore, `the bytes of ${exchange.label} changed`);
		}
		if (compared > 0) findings.saw(`${compared} comparisons, ${rendition.late.length} files fetched twice`);
	}),
};

function changeOf(old: PlaylistSegment, now: PlaylistSegment): string | undefined {
	if (old.resource && JSON.stringify(old.resource) !== JSON.stringify(now.resource)) return 'its URI';
	if (old.resource && old.duration !== now.duration) return 'its duration';
	if (old.discontinuity !== now.discontinuity) return 'its discontinuity';
	if (old.date !== now.date && old.date !== undefined && now.date !== undefined) return 'its date';
	if (JSON.stringify(old.map) !== JSON.stringify(now.map)) return 'its EXT-X-MAP';
	// Parts far from the end are listed no longer.
	const parts = old.parts.filter((part, index) => now.parts[index] && !equal(part, now.parts[index]));
	return now.parts.length > 0 && parts.length > 0 ? `part ${parts[0]?.uri.split('?')[0]}` : undefined;
}

function equal(one: unknown, other: unknown): boolean {
	return JSON.stringify(one) === JSON.stringify(other);
}

function checkEnd(before: MediaPlaylist, after: MediaPlaylist, expect: (holds: boolean, text: string) => void): void {
	const [last, now] = [before.segments.at(-1), after.segments.at(-1)];
	if (!last) return;
	expect(now !== undefined && now.sequence >= last.sequence, `segment ${last.sequence} left from the end`);
	if (now?.sequence === last.sequence && !now.resource) {
		expect(now.parts.length >= last.parts.length, `parts of segment ${last.sequence} left from the end`);
	}
}
