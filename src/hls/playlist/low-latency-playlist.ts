import type { OpenSegment, Part, Place, Segment } from '../segments/segment.ts';
import { partName } from './names.ts';
import { headLines, segmentLines } from './playlist.ts';
import type { PlaylistWindow } from './playlist-window.ts';

/** What a low-latency playlist tells. */
export type LowLatencyState = {
	readonly window: PlaylistWindow;
	/** The segment in work with its parts, once it has one. */
	readonly open: (Place & OpenSegment & { readonly parts: readonly Part[] }) | undefined;
	/** Seconds; promised for good. */
	readonly partTarget: number;
	/** Name of the part that comes next; undefined when no part does. */
	readonly hint: string | undefined;
};

/** Delta updates. */
const VERSION = 9;
/** Times the part target that players stay behind the end. */
const PART_HOLD_BACK = 3;
/** Times the target duration: how far others stay behind, where parts are listed, and what delta updates keep. */
const HOLD_BACK = 3;
const PARTS_LISTED = 3;
const SKIP_UNTIL = 6;

/**
 * The media playlist with parts (draft-pantos-hls-rfc8216bis sections 4.4.3 to 4.4.5). Where segments are not divided, no
 * parts are listed before them: players would wait for the next one (section 6.2.1).
 *
 * @param delta leaves out what a player that follows knows (section 6.2.5.1), if there is such
 */
export function renderLowLatencyPlaylist(state: LowLatencyState, delta: boolean): string {
	const { window, open, partTarget, hint } = state;
	const { listed, targetDuration } = window;
	const skipped = delta ? skippable(state) : 0;
	let text = `#EXTM3U\n#EXT-X-VERSION:${VERSION}\n`;
	const all = open ? [...listed, open] : listed;
	if (all.every(({ independent }) => independent)) text += '#EXT-X-INDEPENDENT-SEGMENTS\n';
	text += `#EXT-X-TARGETDURATION:${targetDuration}\n`;
	text += `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${seconds(PART_HOLD_BACK * partTarget)}`;
	text += `,HOLD-BACK=${HOLD_BACK * targetDuration},CAN-SKIP-UNTIL=${SKIP_UNTIL * targetDuration}\n`;
	text += `#EXT-X-PART-INF:PART-TARGET=${seconds(partTarget)}\n`;
	text += `#EXT-X-MEDIA-SEQUENCE:${listed[0]?.sequence ?? open?.sequence ?? 0}\n`;
	text += `#EXT-X-DISCONTINUITY-SEQUENCE:${window.discontinuitySequence}\n`;
	if (skipped > 0) text += `#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}\n`;
	const undivided = hint === undefined ? listed.length : listed.findLastIndex(({ parts }) => parts?.length === 0);
	let left = window.duration + durationOf(open?.parts ?? []);
	for (const [index, segment] of listed.entries()) {
		left -= segment.duration;
		if (index < skipped) continue;
		const withParts = index > undivided && left < PARTS_LISTED * targetDuration;
		text += listedLines(segment, listed[index - 1], withParts);
	}
	if (open) text += headLines(open, listed.at(-1)) + partLines(open.name, open.parts);
	return hint === undefined ? text : `${text}#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${hint}"\n`;
}

/** Segments that lie whole before the skip boundary. */
function skippable({ window, open }: LowLatencyState): number {
	let left = window.duration + durationOf(open?.parts ?? []);
	let count = 0;
	for (const { duration } of window.listed) {
		left -= duration;
		if (left < SKIP_UNTIL * window.targetDuration) break;
		count++;
	}
	return count;
}

type Lines = { readonly initBefore: string | undefined; readonly withParts: boolean; readonly text: string };

/** Of listed segments: the playlist is written for each part, and they change twice in their life. */
const lastLines = new WeakMap<Segment, Lines>();

function listedLines(segment: Segment, before: Segment | undefined, withParts: boolean): string {
	const last = lastLines.get(segment);
	const initBefore = before?.initName;
	if (last && last.initBefore === initBefore && last.withParts === withParts) return last.text;
	const text = segmentLines(segment, before, withParts ? partLines(segment.name, segment.parts ?? []) : '');
	lastLines.set(segment, { initBefore, withParts, text });
	return text;
}

function partLines(segment: string, parts: readonly Part[]): string {
	let text = '';
	for (const [index, { duration, independent }] of parts.entries()) {
		text += `#EXT-X-PART:DURATION=${duration.toFixed(6)},URI="${partName(segment, index)}"`;
		text += independent ? ',INDEPENDENT=YES\n' : '\n';
	}
	return text;
}

function durationOf(parts: readonly Part[]): number {
	let sum = 0;
	for (const { duration } of parts) sum += duration;
	return sum;
}

/** To the millisecond, without trailing zeros. */
function seconds(value: number): string {
	return String(Math.ceil(value * 1000 - 1e-6) / 1000);
}
