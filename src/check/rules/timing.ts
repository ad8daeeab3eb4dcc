import type { Findings } from '../findings.ts';
import { type ObservedSegment, runsOf, seen, segmentsOf } from '../observed.ts';
import { leadOf, type MediaReading, type ReadTrack } from '../read/media-reading.ts';
import { eachRendition, type Rule, seconds } from '../rule.ts';

/** Seconds: a tick of the coarsest clock, rounded. */
const TINY = 2e-3;

export const INDEPENDENT: Rule = {
	number: 11,
	name: 'EXT-X-INDEPENDENT-SEGMENTS: each segment starts with a key picture',
	section: '4.4.2.1; Apple 9.11',
	judge: eachRendition((rendition, findings, { multivariant }) => {
		const everywhere = multivariant?.playlist.independent === true;
		const promised = new Set<number>();
		let told = everywhere;
		for (const { playlist } of seen(rendition)) {
			if (!everywhere && !playlist.independent) continue;
			told = true;
			for (const { sequence, parts } of playlist.segments) {
				promised.add(sequence);
				const [first] = parts;
				findings.expect(first?.independent !== false, `segment ${sequence}: its first part is not independent`);
			}
		}
		let count = 0;
		for (const { segment, file } of segmentsOf(rendition)) {
			const video = file?.reading?.tracks.find(({ kind }) => kind === 'video');
			// One that holds sound alone needs none.
			if (!video || video.samples.length === 0) continue;
			count++;
			const evidence = `segment ${segment.sequence} does not start with a key picture`;
			if (promised.has(segment.sequence)) findings.expect(video.samples[0]?.key === true, evidence);
			else findings.advise(video.samples[0]?.key === true, evidence);
		}
		if (count > 0) findings.advise(told, 'EXT-X-INDEPENDENT-SEGMENTS is not declared');
		else if (segmentsOf(rendition).some(({ file }) => file?.reading)) findings.skip('there are no pictures');
		if (count > 0) findings.saw(`${count} segments`);
	}),
};

export const TIMING: Rule = {
	number: 12,
	name: 'EXTINF and timestamps agree and run on',
	section: '4.4.4.1, 3; Apple 7.2, 7.3, 8.1',
	judge: eachRendition((rendition, findings) => {
		let worst = 0;
		let count = 0;
		for (const run of runsOf(segmentsOf(rendition))) {
			let error = 0;
			let [least, most] = [0, 0];
			for (const [index, observed] of run.entries()) {
				const { segment, file } = observed;
				const reading = file?.reading;
				const lead = leadOf(reading);
				if (!reading || !lead) continue;
				count++;
				beginTogether(reading, segment.sequence, findings);
				const frame = frameOf(lead);
				const next = run[index + 1];
				const after = leadOf(next?.file?.reading);
				if (next && after) runOn(observed, next, findings);
				const real = realDuration(lead, after, reading.wrap);
				if (real === undefined) continue;
				error += segment.duration - real;
				[least, most] = [Math.min(least, error), Math.max(most, error)];
				const off = most - least;
				worst = Math.max(worst, off);
				const evidence = `segment ${segment.sequence}: EXTINF ${seconds(segment.duration)}, real ${seconds(real)}`;
				findings.expect(
					off <= frame + TINY,
					`${evidence}; ${seconds(off)} off over its run, a frame is ${seconds(frame)}`,
				);
			}
		}
		if (count > 0) findings.saw(`${count} segments, durations at most ${seconds(worst)} off over a run`);
	}),
};

/** Seconds from its first picture or sound to that of the next segment. */
function realDuration(lead: ReadTrack, after: ReadTrack | undefined, wrap: number | undefined): number | undefined {
	if (after) return unwrapped(after.start - lead.start, wrap);
	return lead.end === undefined ? undefined : lead.end - lead.start;
}

/** Each track goes on where it ended. */
function runOn(before: ObservedSegment, after: ObservedSegment, findings: Findings): void {
	const [one, other] = [before.file?.reading, after.file?.reading];
	if (!one || !other) return;
	for (const track of one.tracks) {
		const next = other.tracks.find(({ kind, id }) => kind === track.kind && id === track.id);
		if (!next || track.end === undefined || next.samples.length === 0 || track.samples.length === 0) continue;
		const gap = unwrapped(next.start - track.end, one.wrap);
		// Sound in MPEG-TS has ticks of its own length.
		const allowed = one.container === 'fmp4' ? TINY : frameOf(track);
		const evidence = `${track.kind} of segment ${after.segment.sequence} starts ${seconds(gap)} after the end of the one before`;
		findings.expect(Math.abs(gap) <= allowed, evidence);
	}
	for (const [pid, { last }] of one.counters ?? []) {
		const next = other.counters?.get(pid);
		const follows = next === undefined || next.first === ((last + 1) & 15);
		findings.advise(follows, `continuity counters do not go on in segment ${after.segment.sequence}`);
	}
}

function beginTogether({ tracks, wrap }: MediaReading, sequence: number, findings: Findings): void {
	const [video, audio] = ['video', 'audio'].map((kind) => tracks.find((track) => track.kind === kind));
	const picture = video?.samples[0]?.pts;
	if (!video || !audio || picture === undefined) return;
	const sound = audio.samples[0]?.pts;
	findings.advise(sound !== undefined, `segment ${sequence}: there is no sound, which is announced`);
	if (sound === undefined) return;
	const apart = Math.abs(unwrapped(sound - picture, wrap));
	const frame = Math.max(frameOf(video), frameOf(audio));
	const evidence = `segment ${sequence}: sound and pictures begin ${seconds(apart)} apart, a frame is ${seconds(frame)}`;
	findings.advise(apart <= frame + TINY, evidence);
}

/** Seconds from one picture to the next, the longest of a segment; pictures may come at uneven times. */
function frameOf({ samples }: ReadTrack): number {
	let longest = 0;
	for (const [index, { dts, duration }] of samples.entries()) {
		const next = samples[index + 1];
		longest = Math.max(longest, next ? next.dts - dts : duration);
	}
	return longest;
}

function unwrapped(difference: number, wrap: number | undefined): number {
	return wrap === undefined ? difference : difference - Math.round(difference / wrap) * wrap;
}
