import { Parser } from 'm3u8-parser';
import { toError } from '../../base/errors.ts';
import type { MediaPlaylist } from './media-playlist.ts';

/** What m3u8-parser reads differently in a media playlist. */
export function disagreements(text: string, read: MediaPlaylist): string[] {
	const parser = new Parser();
	try {
		parser.push(text.endsWith('\n') ? text : `${text}\n`);
		parser.end();
	} catch (thrown) {
		return [`m3u8-parser cannot read it: ${toError(thrown).message}`];
	}
	const { manifest } = parser;
	const found: string[] = [];
	const compare = (what: string, one: unknown, other: unknown) => {
		if (JSON.stringify(one) !== JSON.stringify(other))
			found.push(`${what}: ${String(one)}, m3u8-parser ${String(other)}`);
	};
	const whole = read.segments.filter(({ resource }) => resource);
	const theirs = manifest.segments.filter(({ uri }) => uri);
	compare('target duration', Number(read.targetDuration), manifest.targetDuration);
	compare('media sequence', read.mediaSequence, manifest.mediaSequence ?? 0);
	compare('end', read.ended, manifest.endList ?? false);
	compare('independent segments', read.independent, manifest.independentSegments ?? false);
	if (read.partTarget !== undefined) compare('part target', read.partTarget, manifest.partTargetDuration);
	compare('segments', whole.length, theirs.length);
	for (const [index, segment] of whole.entries()) {
		const other = theirs[index];
		if (!other) break;
		const place = `segment ${segment.sequence}`;
		compare(`URI of ${place}`, segment.resource?.uri, other.uri);
		// It takes a duration of 0 for one that is missing.
		if (segment.duration > 0) compare(`duration of ${place}`, segment.duration, other.duration);
		compare(`discontinuity of ${place}`, segment.discontinuity, other.discontinuity ?? false);
		const parts = (other.parts ?? []).map(({ uri }) => uri);
		compare(`parts of ${place}`, segment.parts.map(({ uri }) => uri).join(), parts.join());
	}
	return found;
}
