import { breaksOf, durationOf, hasAsked, type Seen, seen } from '../observed.ts';
import type { Exchange } from '../recording.ts';
import { eachRendition, type Rule, seconds } from '../rule.ts';

/** Target durations after which there must be a new playlist. */
const LATEST = 1.5;
/** Seconds for the way of an answer that was held. */
const SLACK = 0.5;
/** Target durations after which a playlist is stale (HLS Authoring Specification 8.24). */
const STALE = 3;

export const RETENTION: Rule = {
	number: 6,
	name: 'Removed segments stay for a while',
	section: '6.2.2',
	judge: eachRendition((rendition, findings) => {
		const segments = rendition.late.filter(({ kind }) => kind === 'segment');
		for (const { exchange, after } of segments) {
			const there = exchange.status === 200 || exchange.status === 206;
			findings.expect(there, `${exchange.label}: ${outcome(exchange)} ${seconds(after / 1000)} after it was removed`);
		}
		const latest = Math.max(...segments.map(({ after }) => after));
		if (segments.length > 0) findings.saw(`${segments.length} fetched up to ${seconds(latest / 1000)} after`);
	}),
};

export const FETCHABLE: Rule = {
	number: 7,
	name: 'What is listed can be fetched, whole',
	section: '6.2.1',
	judge: eachRendition(({ files }, findings) => {
		let bytes = 0;
		for (const { exchange } of files.values()) {
			const { label, status, failure, length, headers } = exchange;
			bytes += length;
			const there = (status === 200 || status === 206) && failure === undefined;
			findings.expect(there, `${label}: ${outcome(exchange)}`);
			if (!there) continue;
			findings.expect(length > 0, `${label} is empty`);
			const announced = headers['content-length'];
			if (announced === undefined || headers['content-encoding'] !== undefined) continue;
			findings.expect(Number(announced) === length, `${label} has ${length} bytes, not ${announced}`);
		}
		if (files.size > 0) findings.saw(`${files.size} files, ${(bytes / 1e6).toFixed(1)} MB`);
	}),
};

export const FRESH: Rule = {
	number: 8,
	name: 'A new playlist in 1.5 target durations',
	section: '6.2.1; Apple 8.24',
	judge: eachRendition((rendition, findings) => {
		const all = seen(rendition);
		for (const { exchange, playlist } of rendition.reloads) {
			if (playlist) continue;
			// A camera that is away ends in such an answer.
			const told = exchange.status === 404 || exchange.status === 503;
			findings.expect(told, `a playlist request: ${outcome(exchange)}`);
		}
		if (all.some(({ playlist }) => playlist.ended)) {
			findings.skip('the playlist has an end');
			return;
		}
		const gaps = gapsOf(all, breaksOf(rendition));
		for (const { gap, target, excused } of gaps) {
			const evidence = `${seconds(gap)} without news, the target duration is ${target} s`;
			if (gap > LATEST * target && excused) findings.saw(`${evidence}; then a discontinuity`);
			else findings.expect(gap <= LATEST * target, evidence);
		}
		for (const { exchange, playlist } of all) {
			const [modified, date] = [exchange.headers['last-modified'], exchange.headers.date].map((text = '') =>
				Date.parse(text),
			);
			if (!modified || !date) continue;
			const age = (date - modified) / 1000;
			findings.expect(age <= STALE * Number(playlist.targetDuration), `Last-Modified is ${seconds(age)} before Date`);
		}
		const longest = Math.max(0, ...gaps.filter(({ excused }) => !excused).map(({ gap }) => gap));
		if (gaps.length > 0) findings.saw(`never more than ${seconds(longest)} without news`);
	}),
};

type Gap = { gap: number; target: number; excused: boolean };

/** Seconds for which a playlist was the same, at least: from when it was there to when it was asked for once more. */
function gapsOf(all: readonly Seen[], breaks: ReadonlySet<number>): Gap[] {
	const gaps: Gap[] = [];
	let [current] = all;
	let stood = 0;
	for (const [index, reload] of all.slice(1).entries()) {
		const before = all[index];
		if (!current || !before) break;
		const since = current.exchange.firstByte;
		if (endOf(reload) === endOf(current)) {
			stood = Math.max(stood, (reload.exchange.sent - since) / 1000);
			continue;
		}
		// An answer that was held came as soon as there was news, unless it was asked for after a pause.
		const wasHeld = reload.asked.msn !== undefined && hasAsked(before.playlist, before.asked);
		const held = wasHeld ? (reload.exchange.firstByte - since) / 1000 - SLACK : 0;
		const known = current.playlist.segments.at(-1)?.sequence ?? 0;
		const excused = breaks.has(known);
		gaps.push({ gap: Math.max(stood, held, 0), target: Number(current.playlist.targetDuration), excused });
		current = reload;
		stood = 0;
	}
	if (current && stood > 0) gaps.push({ gap: stood, target: Number(current.playlist.targetDuration), excused: false });
	return gaps;
}

function endOf({ playlist: { segments } }: Seen): string {
	const last = segments.at(-1);
	return `${last?.sequence} ${last?.resource !== undefined} ${last?.parts.length}`;
}

export const FIRST_ANSWER: Rule = {
	number: 22,
	name: 'The first playlist can be played',
	section: '6.2.1',
	judge: (recording, findings) => {
		for (const exchange of recording.early) {
			const told = (exchange.status === 404 || exchange.status === 503) && exchange.headers['retry-after'];
			findings.expect(Boolean(told), `before there was a playlist: ${outcome(exchange)} without Retry-After`);
		}
		eachRendition((rendition) => {
			const [first] = seen(rendition);
			if (!first) {
				findings.expect(false, 'no media playlist was answered');
				return;
			}
			const { segments } = first.playlist;
			findings.expect(segments.length > 0, 'the first playlist is empty');
			const waited = (first.exchange.answered - first.exchange.sent) / 1000;
			findings.saw(`${segments.length} segments of ${seconds(durationOf(first.playlist))} after ${seconds(waited)}`);
		})(recording, findings);
	},
};

export function outcome({ status, failure }: Exchange): string {
	return failure ?? String(status);
}
