import { Parser } from 'm3u8-parser';

export type ReadPart = { uri: string; duration: number; independent: boolean };
export type ReadParent = {
	sequence: number;
	/** Undefined while it is in work. */
	uri: string | undefined;
	duration: number;
	discontinuity: boolean;
	map: string | undefined;
	wall: number;
	parts: ReadPart[];
};

export type ReadLowLatency = {
	version: number;
	targetDuration: number;
	partTarget: number;
	control: Record<string, string>;
	mediaSequence: number;
	discontinuitySequence: number;
	independent: boolean;
	skipped: number;
	/** The last one may be in work. */
	segments: ReadParent[];
	hint: string;
};

/** Reads one low-latency playlist, once line by line and once by m3u8-parser, and holds it to the rules; throws. */
export function readLowLatency(text: string): ReadLowLatency {
	const lines = text.split('\n');
	expectThat(lines[0] === '#EXTM3U', 'the first line is #EXTM3U');
	const value = (tag: string): string => {
		const found = lines.filter((line) => line.startsWith(`#EXT-X-${tag}:`));
		expectThat(found.length === 1, `one ${tag}`);
		return (found[0] as string).slice(tag.length + 8);
	};
	const control = attributes(value('SERVER-CONTROL'));
	const hint = attributes(value('PRELOAD-HINT'));
	const skip = lines.find((line) => line.startsWith('#EXT-X-SKIP:'));
	const skipped = skip ? Number(/SKIPPED-SEGMENTS=(\d+)/.exec(skip)?.[1]) : 0;
	const read: ReadLowLatency = {
		version: Number(value('VERSION')),
		targetDuration: Number(value('TARGETDURATION')),
		partTarget: Number(attributes(value('PART-INF'))['PART-TARGET']),
		control,
		mediaSequence: Number(value('MEDIA-SEQUENCE')),
		discontinuitySequence: Number(value('DISCONTINUITY-SEQUENCE')),
		independent: lines.includes('#EXT-X-INDEPENDENT-SEGMENTS'),
		skipped,
		segments: readSegments(lines, Number(value('MEDIA-SEQUENCE')) + skipped),
		hint: hint.URI ?? '',
	};
	checkRules(read, hint.TYPE);
	checkAgainstParser(text, read);
	return read;
}

function readSegments(lines: readonly string[], first: number): ReadParent[] {
	const segments: ReadParent[] = [];
	let sequence = first;
	let map: string | undefined;
	const fresh = (): ReadParent => ({
		sequence: sequence++,
		uri: undefined,
		duration: 0,
		discontinuity: false,
		map,
		wall: Number.NaN,
		parts: [],
	});
	let open: ReadParent | undefined;
	for (const line of lines) {
		const [tag = '', rest = ''] = splitOnce(line, ':');
		if (tag === '#EXT-X-PRELOAD-HINT') break;
		if (tag === '#EXT-X-DISCONTINUITY') {
			open ??= fresh();
			open.discontinuity = true;
			expectThat(open.parts.length === 0, 'a discontinuity stands before the first part');
		} else if (tag === '#EXT-X-MAP') {
			open ??= fresh();
			expectThat(open.parts.length === 0, 'the map stands before the first part');
			map = attributes(rest).URI;
			open.map = map;
		} else if (tag === '#EXT-X-PROGRAM-DATE-TIME') {
			open ??= fresh();
			expectThat(open.parts.length === 0, 'the date stands before the first part');
			open.wall = Date.parse(rest);
		} else if (tag === '#EXT-X-PART') {
			open ??= fresh();
			const { URI = '', DURATION, INDEPENDENT } = attributes(rest);
			open.parts.push({ uri: URI, duration: Number(DURATION), independent: INDEPENDENT === 'YES' });
		} else if (tag === '#EXTINF') {
			open ??= fresh();
			open.duration = Number.parseFloat(rest);
		} else if (line !== '' && !line.startsWith('#') && open) {
			open.uri = line;
			segments.push(open);
			open = undefined;
		}
	}
	return open ? [...segments, open] : segments;
}

function checkRules(read: ReadLowLatency, hintType: string | undefined): void {
	const { partTarget, targetDuration, control, segments } = read;
	expectThat(control['CAN-BLOCK-RELOAD'] === 'YES', 'CAN-BLOCK-RELOAD=YES');
	expectThat(Number(control['PART-HOLD-BACK']) >= 3 * partTarget, 'PART-HOLD-BACK is three part targets or more');
	expectThat(Number(control['HOLD-BACK']) >= 3 * targetDuration, 'HOLD-BACK is three target durations or more');
	expectThat(Number(control['CAN-SKIP-UNTIL']) >= 6 * targetDuration, 'CAN-SKIP-UNTIL is six of them or more');
	expectThat(hintType === 'PART', 'the hint is one of a part');
	expectThat(read.version >= 9 || read.skipped === 0, 'EXT-X-SKIP needs version 9');
	expectThat(segments.filter(({ uri }) => uri).length > 0 || read.skipped > 0, 'no playlist is empty');
	let left = segments.reduce((sum, { uri, duration, parts }) => sum + (uri ? duration : total(parts)), 0);
	for (const { uri, duration, parts, map, wall } of segments) {
		expectThat(read.skipped > 0 || map !== undefined, 'each segment has its map');
		expectThat(!Number.isNaN(wall), 'each segment has its date');
		expectThat(Math.round(duration) <= targetDuration, 'no segment over the target');
		left -= uri ? duration : total(parts);
		if (uri) expectThat(parts.length > 0 === left < 3 * targetDuration - 1e-6, 'parts are listed near the end only');
		if (uri && parts.length > 0) expectThat(Math.abs(total(parts) - duration) < 1e-3, 'parts make up their segment');
		for (const [index, part] of parts.entries()) {
			expectThat(part.duration <= partTarget + 1e-6, 'no part is over the part target');
			const exempt = part.independent || (uri !== undefined && index === parts.length - 1);
			expectThat(exempt || part.duration >= 0.85 * partTarget, 'parts are 85 % of the target or more');
		}
		if (read.independent && parts[0]) expectThat(parts[0].independent, 'the first part of a segment is independent');
	}
}

function checkAgainstParser(text: string, read: ReadLowLatency): void {
	const parser = new Parser();
	parser.push(text);
	parser.end();
	const { manifest } = parser;
	const whole = read.segments.filter(({ uri }) => uri);
	expectThat(manifest.targetDuration === read.targetDuration, 'm3u8-parser: target duration');
	expectThat(manifest.partTargetDuration === read.partTarget, 'm3u8-parser: part target');
	expectThat(manifest.mediaSequence === read.mediaSequence, 'm3u8-parser: media sequence');
	const uris = manifest.segments.flatMap(({ uri }) => (uri ? [uri] : []));
	expectThat(JSON.stringify(uris) === JSON.stringify(whole.map(({ uri }) => uri)), 'm3u8-parser: segments');
	const parts = manifest.segments.flatMap((segment) => segment.parts ?? []).map(({ uri }) => uri);
	const own = whole.flatMap((segment) => segment.parts).map(({ uri }) => uri);
	expectThat(JSON.stringify(parts.slice(0, own.length)) === JSON.stringify(own), 'm3u8-parser: parts');
}

/** The rules between a playlist and one fetched later; throws. */
export function checkLowLatencySuccession(before: ReadLowLatency, after: ReadLowLatency): void {
	expectThat(after.mediaSequence >= before.mediaSequence, 'the media sequence does not go back');
	expectThat(after.targetDuration === before.targetDuration, 'the target duration stays');
	expectThat(after.partTarget === before.partTarget, 'the part target stays');
	for (const old of before.segments) {
		const now = after.segments.find(({ sequence }) => sequence === old.sequence);
		if (!now) {
			expectThat(old.sequence < after.mediaSequence + after.skipped, 'segments leave at the front only');
			continue;
		}
		expectThat(now.uri === old.uri || old.uri === undefined, 'a segment keeps its name');
		expectThat(now.wall === old.wall && now.map === old.map, 'a segment keeps its date and map');
		for (const [index, part] of old.parts.entries()) {
			const same = now.parts.length === 0 || JSON.stringify(now.parts[index]) === JSON.stringify(part);
			expectThat(same, 'a part never changes');
		}
	}
	const last = before.segments.at(-1);
	const hinted = after.segments.find(({ sequence }) => sequence === (last?.uri ? last.sequence + 1 : last?.sequence));
	const position = last?.uri ? 0 : (last?.parts.length ?? 0);
	const came = hinted?.parts[position]?.uri;
	expectThat(came === undefined || came === before.hint, 'the hinted part is the one that comes');
}

function total(parts: readonly ReadPart[]): number {
	return parts.reduce((sum, { duration }) => sum + duration, 0);
}

function attributes(list: string): Record<string, string> {
	const found: Record<string, string> = {};
	for (const [, name = '', quoted, plain] of list.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))/g)) {
		found[name] = quoted ?? plain ?? '';
	}
	return found;
}

function splitOnce(text: string, separator: string): [string, string] {
	const at = text.indexOf(separator);
	return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function expectThat(kept: boolean, rule: string): void {
	if (!kept) throw new Error(`broken rule: ${rule}`);
}
