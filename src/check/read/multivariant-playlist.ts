import { type Attributes, parseAttributes } from './attributes.ts';

/** EXT-X-STREAM-INF and its URI. */
export type VariantStream = { readonly uri: string; readonly attributes: Attributes };

export type MultivariantPlaylist = {
	readonly firstLine: string;
	readonly versions: readonly number[];
	readonly variants: readonly VariantStream[];
	/** EXT-X-MEDIA */
	readonly media: readonly Attributes[];
	readonly independent: boolean;
	readonly faults: readonly string[];
};

/** Whether a playlist leads to others (RFC 8216 section 4.3.4). */
export function isMultivariant(text: string): boolean {
	return /^#EXT-X-(STREAM-INF|MEDIA|I-FRAME-STREAM-INF):/m.test(text);
}

export function parseMultivariantPlaylist(text: string): MultivariantPlaylist {
	const lines = text.split(/\r?\n/);
	const faults: string[] = [];
	const variants: VariantStream[] = [];
	const media: Attributes[] = [];
	const versions: number[] = [];
	let open: Attributes | undefined;
	for (const line of lines) {
		const [tag = '', value = ''] = line.startsWith('#') ? splitOnce(line) : [];
		if (tag === '#EXT-X-STREAM-INF' || tag === '#EXT-X-MEDIA') {
			const attributes = parseAttributes(value);
			if (!attributes) faults.push(`the attributes of ${tag.slice(1)} cannot be read`);
			else if (tag === '#EXT-X-MEDIA') media.push(attributes);
			else open = attributes;
		} else if (tag === '#EXT-X-VERSION') {
			versions.push(Number(value));
		} else if (tag === '#EXTINF' || tag === '#EXT-X-TARGETDURATION') {
			faults.push(`${tag.slice(1)} has no place in a multivariant playlist`);
		} else if (line !== '' && !line.startsWith('#')) {
			if (open) variants.push({ uri: line, attributes: open });
			else faults.push('a URI without EXT-X-STREAM-INF');
			open = undefined;
		}
	}
	if (open) faults.push('the last EXT-X-STREAM-INF has no URI');
	const independent = lines.includes('#EXT-X-INDEPENDENT-SEGMENTS');
	return { firstLine: lines[0] ?? '', versions, variants, media, independent, faults };
}

function splitOnce(line: string): [string, string] {
	const colon = line.indexOf(':');
	return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)];
}
