import type { Findings } from '../findings.ts';
import { segmentsOf } from '../observed.ts';
import type { Attributes } from '../read/attributes.ts';
import type { ReadTrack } from '../read/media-reading.ts';
import type { Rendition } from '../recording.ts';
import { eachRendition, type Rule } from '../rule.ts';

const NO_MULTIVARIANT = 'there is no multivariant playlist at this address';
/** Times BANDWIDTH that a live segment may have (HLS Authoring Specification 9.19). */
const PEAK = 1.25;
/** Of the stated rate, that a measured one may be off. */
const RATE_TOLERANCE = 0.1;

export const VARIANT_FACTS: Rule = {
	number: 16,
	name: 'EXT-X-STREAM-INF says what is there',
	section: '4.4.6.2; Apple 9.2, 9.14, 9.15',
	judge: eachRendition((rendition, findings, { multivariant }) => {
		if (!multivariant) return findings.skip(NO_MULTIVARIANT);
		const attributes = rendition.variant?.attributes;
		if (!attributes) return;
		const bandwidth = Number(attributes.BANDWIDTH);
		findings.expect(/^\d+$/.test(attributes.BANDWIDTH ?? ''), `BANDWIDTH is ${attributes.BANDWIDTH ?? 'missing'}`);
		findings.advise(attributes['AVERAGE-BANDWIDTH'] !== undefined, 'there is no AVERAGE-BANDWIDTH');
		const peak = peakOf(rendition);
		const kbit = (rate: number) => `${Math.round(rate / 1000)} kbit/s`;
		findings.expect(peak <= PEAK * bandwidth, `a segment has ${kbit(peak)}, BANDWIDTH says ${kbit(bandwidth)}`);
		const video = lastTrack(rendition, 'video');
		if (video) checkPicture(rendition, attributes, video, findings);
		findings.saw(`at most ${kbit(peak)} of ${kbit(bandwidth)}${video ? `, ${video.width}×${video.height}` : ''}`);
	}),
};

/** Bits per second of the busiest segment that is not much shorter than the target (section 4.4.6.2). */
function peakOf(rendition: Rendition): number {
	const target = Number(rendition.reloads.find(({ playlist }) => playlist)?.playlist?.targetDuration ?? 0);
	const rates = segmentsOf(rendition)
		.filter(({ segment }) => segment.duration >= target / 2)
		.map(({ file, segment }) => ((file?.exchange.length ?? 0) * 8) / segment.duration);
	return Math.max(0, ...rates);
}

function checkPicture(rendition: Rendition, attributes: Attributes, video: ReadTrack, findings: Findings): void {
	const { RESOLUTION: resolution, 'FRAME-RATE': frameRate, 'VIDEO-RANGE': range } = attributes;
	findings.advise(resolution !== undefined, 'there is no RESOLUTION');
	findings.advise(frameRate !== undefined, 'there is no FRAME-RATE');
	// The playlist was read before a change in the middle.
	const sizes = new Set<string>();
	const ranges = new Set<string>();
	let frames = 0;
	let duration = 0;
	for (const { file, segment } of segmentsOf(rendition)) {
		const track = file?.reading?.tracks.find(({ kind }) => kind === 'video');
		if (!track) continue;
		if (track.width > 0) sizes.add(`${track.width}x${track.height}`);
		if (track.range) ranges.add(track.range);
		frames += track.samples.length;
		duration += segment.duration;
	}
	if (resolution !== undefined && sizes.size > 0) {
		findings.expect(sizes.has(resolution), `RESOLUTION is ${resolution}, the pictures have ${[...sizes].join(', ')}`);
	}
	// HLG may be told beside the parameter sets, by a message that is not read.
	const inRange = ranges.size > 0 ? ranges.has(range ?? 'SDR') : range !== 'PQ';
	const told = [...ranges].join(', ') || 'SDR';
	findings.expect(inRange, `VIDEO-RANGE is ${range ?? 'missing'}, the pictures have ${told}`);
	const [stated, real] = [Number(frameRate), frames / duration];
	if (frameRate === undefined || sizes.size > 1 || video.samples.length === 0) return;
	const near = Math.abs(stated - real) <= RATE_TOLERANCE * real;
	findings.advise(near, `FRAME-RATE is ${frameRate}, ${real.toFixed(2)} were counted`);
}

export const VARIANT_CODECS: Rule = {
	number: 17,
	name: 'CODECS names the codecs, true to the parameter sets',
	section: '4.4.6.2; Apple 9.1',
	judge: eachRendition((rendition, findings, { multivariant }) => {
		if (!multivariant) return findings.skip(NO_MULTIVARIANT);
		const { variant } = rendition;
		if (!variant) return;
		const { CODECS: text } = variant.attributes;
		findings.advise(text !== undefined, 'there is no CODECS');
		if (text === undefined) return;
		const names = text.split(',').map((codec) => codec.trim());
		const stated = names.map(comparable);
		for (const kind of ['video', 'audio'] as const) {
			const found = [...codecsOf(rendition, kind)];
			const named = found.length === 0 || found.some((codec) => stated.includes(comparable(codec)));
			findings.expect(named, `CODECS is ${text}, the segments hold ${found.join(', ')}`);
		}
		const kinds = kindsOf(rendition);
		// What a group names may be there alone, and what is of no known kind may be anything.
		const { AUDIO: sound, VIDEO: pictures } = variant.attributes;
		const areAllHere = sound === undefined && pictures === undefined && kinds.size > 0 && !kinds.has('other');
		for (const codec of areAllHere ? names : []) {
			const kind = kindOf(codec);
			const there = kind === undefined || kinds.has(kind);
			findings.expect(there, `CODECS is ${text}, the segments hold no ${kind}`);
		}
		findings.saw(text);
	}),
};

/** What two names of one codec have in common: constraint bits of H.265 and kinds of AAC are written in many ways. */
function comparable(codec: string): string {
	const words = codec.toLowerCase().split('.');
	if (/^(hvc1|hev1)$/.test(words[0] ?? '')) return words.slice(0, 4).join('.');
	return words[0] === 'mp4a' && words[1] === '40' ? 'mp4a.40' : words.join('.');
}

const CODEC_NAMES = { video: /^(avc|hvc|hev|dvh|vp0|av0)/i, audio: /^(mp4a|ac-|ec-|flac|alac|opus)/i } as const;

function kindOf(codec: string): 'video' | 'audio' | undefined {
	if (CODEC_NAMES.video.test(codec)) return 'video';
	return CODEC_NAMES.audio.test(codec) ? 'audio' : undefined;
}

/** Kinds of the tracks that segments announce. */
function kindsOf(rendition: Rendition): Set<ReadTrack['kind']> {
	return new Set(segmentsOf(rendition).flatMap(({ file }) => file?.reading?.tracks.map(({ kind }) => kind) ?? []));
}

function codecsOf(rendition: Rendition, kind: ReadTrack['kind']): Set<string> {
	const found = new Set<string>();
	for (const { file } of segmentsOf(rendition)) {
		for (const track of file?.reading?.tracks ?? []) if (track.kind === kind && track.codec) found.add(track.codec);
	}
	return found;
}

function lastTrack(rendition: Rendition, kind: ReadTrack['kind']): ReadTrack | undefined {
	for (const { file } of segmentsOf(rendition).reverse()) {
		const track = file?.reading?.tracks.find((candidate) => candidate.kind === kind);
		if (track) return track;
	}
	return undefined;
}
