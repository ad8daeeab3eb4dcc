import { keyOf } from '../address.ts';
import { breaksOf, partsOf, seen, segmentsOf } from '../observed.ts';
import type { PlaylistPart } from '../read/media-playlist.ts';
import { leadOf } from '../read/media-reading.ts';
import type { Rendition } from '../recording.ts';
import { eachRendition, type Rule, seconds } from '../rule.ts';
import { outcome } from './availability.ts';

const NO_PARTS = 'there are no parts';
const TINY = 1e-6;
/** Of the part target, that a part has at least. */
const LEAST = 0.85;
/** Seconds that parts may differ from their segment: written to six digits each. */
const ROUNDING = 5e-3;
/** Part targets, and seconds, after which a part is late by the wall clock. */
const LATE = 3;
const LATE_SECONDS = 1;
/** Target durations from the end within which parts are listed. */
const LISTED = 3;

export function hasParts(rendition: Rendition): boolean {
	return seen(rendition).some(({ playlist }) => playlist.partTarget !== undefined || partCount(playlist.segments) > 0);
}

function partCount(segments: readonly { parts: readonly unknown[] }[]): number {
	return segments.reduce((sum, { parts }) => sum + parts.length, 0);
}

export const PART_TARGET: Rule = {
	number: 23,
	name: 'Parts last their target or a little less',
	section: '4.4.3.7, 4.4.4.9',
	judge: eachRendition((rendition, findings) => {
		if (!hasParts(rendition)) return findings.skip(NO_PARTS);
		const target = seen(rendition).find(({ playlist }) => playlist.partTarget !== undefined)?.playlist.partTarget;
		const last = lastParts(rendition);
		for (const { playlist } of seen(rendition)) {
			if (partCount(playlist.segments) === 0 && playlist.partTarget === undefined) continue;
			findings.expect(playlist.partTarget === target, `PART-TARGET goes from ${target} to ${playlist.partTarget}`);
			findings.expect(playlist.partTarget !== undefined, 'there are parts, but no EXT-X-PART-INF');
		}
		let [shortest, longest] = [Number.POSITIVE_INFINITY, 0];
		const parts = [...partsOf(rendition).entries()];
		for (const [position, [key, { part, sequence, index }]] of parts.entries()) {
			if (target === undefined) break;
			const name = `part ${sequence}.${index} lasts ${seconds(part.duration)}`;
			findings.expect(part.duration <= target + TINY, `${name}, the target is ${seconds(target)}`);
			const beforeGap = parts[position + 1]?.[1].part.gap === true;
			// A part of a segment in work may turn out to be its last.
			const exempt = part.independent || part.gap || beforeGap || last.has(key);
			if (!exempt)
				findings.expect(part.duration >= LEAST * target - TINY, `${name}, less than 85 % of ${seconds(target)}`);
			if (!exempt) shortest = Math.min(shortest, part.duration);
			longest = Math.max(longest, part.duration);
		}
		const range = Number.isFinite(shortest) ? `, ${seconds(shortest)} … ${seconds(longest)}` : '';
		if (target !== undefined) findings.saw(`${parts.length} parts${range} of ${seconds(target)}`);
	}),
};

/** Last parts of segments, as far as they are known. */
function lastParts(rendition: Rendition): Set<string> {
	const last = new Map<number, PlaylistPart>();
	for (const { playlist } of seen(rendition)) {
		for (const { sequence, parts } of playlist.segments) {
			const part = parts.at(-1);
			if (part) last.set(sequence, part);
		}
	}
	return new Set([...last.values()].map(keyOf));
}

export const PARTS_AND_SEGMENT: Rule = {
	number: 25,
	name: 'Parts hold exactly what their segment holds',
	section: '3.2, 4.4.4.9',
	judge: eachRendition((rendition, findings) => {
		if (!hasParts(rendition)) return findings.skip(NO_PARTS);
		let joined = 0;
		const whole = new Map<number, readonly PlaylistPart[]>();
		for (const { playlist } of seen(rendition)) {
			for (const { sequence, parts, resource, duration, lateHead } of playlist.segments) {
				findings.expect(!lateHead, `segment ${sequence}: a map, date or discontinuity comes after its first part`);
				if (!resource || parts.length === 0) continue;
				whole.set(sequence, parts);
				const sum = parts.reduce((total, part) => total + part.duration, 0);
				const evidence = `segment ${sequence} lasts ${seconds(duration)}, its parts ${seconds(sum)}`;
				findings.expect(Math.abs(sum - duration) <= ROUNDING, evidence);
			}
		}
		for (const { segment, file } of segmentsOf(rendition)) {
			const digest = rendition.joinedParts.get(keyOf(segment.resource));
			if (!file || digest === undefined) continue;
			joined++;
			const parts = (whole.get(segment.sequence) ?? []).map((part) => rendition.files.get(keyOf(part))?.reading);
			const counts = parts.map((reading) => leadOf(reading)?.samples.length ?? 0);
			const count = counts.reduce((sum, samples) => sum + samples, 0);
			const all = leadOf(file.reading)?.samples.length ?? 0;
			const same = digest === file.digest;
			findings.expect(same || count === all, `segment ${segment.sequence} has ${all} frames, its parts ${count}`);
			findings.advise(same, `the parts of segment ${segment.sequence} do not make up its bytes`);
		}
		for (const { part, sequence, index } of partsOf(rendition).values()) {
			const lead = leadOf(rendition.files.get(keyOf(part))?.reading);
			if (!lead) continue;
			const name = `part ${sequence}.${index}`;
			const key = lead.samples.some((sample) => sample.key);
			if (part.independent) findings.expect(key, `${name} is said to be independent, but has no key picture`);
			else if (lead.kind === 'video')
				findings.advise(!key, `${name} has a key picture, but is not said to be independent`);
			if (lead.end === undefined) continue;
			const real = lead.end - lead.start;
			findings.expect(
				Math.abs(real - part.duration) <= ROUNDING,
				`${name}: ${seconds(part.duration)}, real ${seconds(real)}`,
			);
		}
		if (hasParts(rendition)) findings.saw(`${joined} segments put together from their parts`);
	}),
};

export const PART_PACE: Rule = {
	number: 26,
	name: 'Parts come in time and leave when they are old',
	section: '6.2.1, 6.2.2',
	judge: eachRendition((rendition, findings) => {
		if (!hasParts(rendition)) return findings.skip(NO_PARTS);
		const all = seen(rendition);
		const breaks = breaksOf(rendition);
		let longest = 0;
		for (const [index, after] of all.entries()) {
			const before = all[index - 1];
			const target = after.playlist.partTarget;
			if (!before || target === undefined || after.asked.part === undefined) continue;
			if (breaks.has(before.playlist.segments.at(-1)?.sequence ?? 0)) continue;
			const gap = (after.exchange.firstByte - before.exchange.firstByte) / 1000;
			longest = Math.max(longest, gap);
			const late = Math.max(LATE * target, target + LATE_SECONDS);
			findings.expect(gap <= late, `${seconds(gap)} without a part, the target is ${seconds(target)}`);
		}
		for (const { playlist } of all) {
			let left = playlist.segments.reduce((sum, { duration }) => sum + duration, 0);
			for (const { sequence, duration, parts } of playlist.segments) {
				left -= duration;
				const old = parts.length > 0 && left > (LISTED + 1) * Number(playlist.targetDuration);
				findings.advise(!old, `segment ${sequence} lists its parts ${seconds(left)} from the end`);
			}
		}
		const fetched = rendition.late.filter(({ kind }) => kind === 'part');
		for (const { exchange, after } of fetched) {
			const there = exchange.status === 200 || exchange.status === 206;
			findings.expect(there, `${exchange.label}: ${outcome(exchange)} ${seconds(after / 1000)} after it was removed`);
		}
		if (longest > 0) findings.saw(`at most ${seconds(longest)} apart, ${fetched.length} removed parts fetched`);
	}),
};
