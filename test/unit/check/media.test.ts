import { describe, expect, it, vi } from 'vitest';
import { parseAttributes } from '../../../src/check/read/attributes.ts';
import { readSegment } from '../../../src/check/read/segment-reading.ts';
import { carriedTracks } from '../../../src/hls/carried-tracks.ts';
import { CmafSegmentWriter } from '../../../src/hls/cmaf/cmaf-segment-writer.ts';
import { TsSegmentWriter } from '../../../src/hls/mpegts/ts-segment-writer.ts';
import type { CutSegment } from '../../../src/hls/segments/segment.ts';
import type { SegmentWriter } from '../../../src/hls/segments/segment-writer.ts';
import { Segmenter } from '../../../src/hls/segments/segmenter.ts';
import type { AccessUnit } from '../../../src/media/unit.ts';
import { AAC_TRACK, pictures, sound } from '../../fakes/access-units.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';

/** Two segments of one second, of 25 pictures each. */
function segmentsOf(writer: SegmentWriter, container: 'ts' | 'fmp4', track = VIDEO_TRACK): [CutSegment, CutSegment] {
	const segments: CutSegment[] = [];
	const segmenter = new Segmenter({ segmentDuration: 1, writer, onSegment: (segment) => segments.push(segment) });
	segmenter.setTracks(carriedTracks([track, AAC_TRACK], container));
	const units: AccessUnit[] = [...pictures(0, 2.1, { rate: 25, gop: 25, track })];
	for (let frame = 0; frame < 98; frame++) units.push(sound((frame * 1024) / 48_000));
	for (const unit of units.sort((one, other) => one.arrival - other.arrival)) segmenter.push(unit);
	return segments as [CutSegment, CutSegment];
}

describe('a segment of MPEG-TS', () => {
	const [{ bytes }, second] = segmentsOf(new TsSegmentWriter(), 'ts');
	const first = { bytes: Buffer.from(bytes) };

	it('is read with its codecs, sizes and times', () => {
		const reading = readSegment(first.bytes, undefined);
		expect(reading?.faults).toEqual([]);
		const [video, audio] = reading?.tracks ?? [];
		expect(video).toMatchObject({ kind: 'video', start: 10 });
		expect(video?.samples.map(({ key }) => key).indexOf(true)).toBe(0);
		expect(video?.samples.length).toBe(25);
		expect(audio).toMatchObject({ kind: 'audio', codec: 'mp4a.40.2' });
		expect(readSegment(second.bytes, undefined)?.tracks[0]?.start).toBe(11);
	});

	it('is read with the tracks that it announces, also where nothing of them comes', () => {
		const isSound = (at: number) => (first.bytes.readUInt16BE(at + 1) & 0x1fff) === soundPid;
		const [, soundPid] = readSegment(first.bytes, undefined)?.tracks.map(({ id }) => id) ?? [];
		const packets = Array.from({ length: first.bytes.length / 188 }, (_, index) => index * 188);
		const kept = packets.filter((at) => !isSound(at)).map((at) => first.bytes.subarray(at, at + 188));
		const reading = readSegment(Buffer.concat(kept), undefined);
		expect(reading?.faults).toEqual([]);
		expect(reading?.tracks.map(({ kind, samples }) => [kind, samples.length])).toEqual([
			['video', 25],
			['audio', 0],
		]);
	});

	it.each([
		[
			'a lost packet',
			(bytes: Uint8Array) => Buffer.concat([bytes.subarray(0, 188 * 4), bytes.subarray(188 * 5)]),
			/continuity|PES/,
		],
		[
			'a packet that begins wrongly',
			(bytes: Uint8Array) => Buffer.from(bytes).fill(0, 188 * 4, 188 * 4 + 1),
			/sync byte/,
		],
		['a program map with another byte', (bytes: Uint8Array) => Buffer.from(bytes).fill(1, 188 + 18, 188 + 19), /CRC/],
		['an end in the middle of a packet', (bytes: Uint8Array) => bytes.subarray(0, -10), /no whole number/],
	])('is found to have %s', (_, damage, fault) => {
		expect(readSegment(damage(first.bytes), undefined)?.faults.join('\n')).toMatch(fault);
	});
});

describe('a segment of fragmented MP4', () => {
	const [first, second] = segmentsOf(new CmafSegmentWriter(), 'fmp4');
	const init = first.init?.bytes;

	it('is read with its codecs, sizes and times, and goes on where the one before ended', () => {
		const [one, other] = [first, second].map(({ bytes }) => readSegment(bytes, init));
		expect([one?.faults, other?.faults]).toEqual([[], []]);
		expect(one?.tracks[0]).toMatchObject({
			kind: 'video',
			codec: 'avc1.42c00a',
			width: 64,
			height: 48,
			start: 10,
			end: 11,
		});
		expect(other?.tracks[0]).toMatchObject({ start: 11, end: 12 });
		expect(one?.tracks[0]?.samples.length).toBe(25);
	});

	it('is found to have lost its end', () => {
		expect(readSegment(first.bytes.subarray(0, -50), init)?.faults.join('\n')).toMatch(/samples|bytes/);
	});

	it.each([
		['a run of samples without fields', 'trun', 4, [0x00, 0x00, 0x00, 0x01, 0xff, 0xff, 0xff, 0xff]],
		['a run of samples', 'trun', 8, [0x7f, 0xff, 0xff, 0xff]],
	])('cannot announce more samples than memory holds: %s', (_, box, at, bytes) => {
		const damaged = Buffer.from(first.bytes);
		damaged.set(bytes, damaged.indexOf(box) + at);
		expect(() => readSegment(damaged, init)).toThrow(/it announces \d{10} samples/);
	});

	it('has an init segment that cannot announce them either', () => {
		const damaged = Buffer.from(init ?? []);
		damaged.set([0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff], damaged.indexOf('stsz') + 8);
		expect(() => readSegment(damaged, undefined)).toThrow(/it announces \d{10} samples/);
	});

	it('with boxes longer than what they are in is told of, and printed nowhere', () => {
		const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
		const damaged = Buffer.from(first.bytes);
		damaged.set([0, 0, 0x7f, 0xff], damaged.indexOf('tfhd') - 4);
		expect(() => readSegment(damaged, init)).toThrow(/Box of type 'tfhd' has a size/);
		expect(readSegment(first.bytes, init)?.faults).toEqual([]);
		expect(printed).not.toHaveBeenCalled();
	});

	it('is found to have no init segment', () => {
		expect(readSegment(first.bytes, undefined)?.faults.join('\n')).toMatch(/no movie header/);
	});
});

it.each([
	['MPEG-TS', 'ts', () => new TsSegmentWriter()],
	['fragmented MP4', 'fmp4', () => new CmafSegmentWriter()],
] as const)('the range of pictures in %s is that of their parameter sets', (_, container, writer) => {
	// As x264 writes it.
	const sps = Buffer.from('6742c00cda05067e7c05a848904a000003000200000300641e285540', 'hex');
	const track = { ...VIDEO_TRACK, parameterSets: { ...VIDEO_TRACK.parameterSets, sps } } as typeof VIDEO_TRACK;
	const ranges = [VIDEO_TRACK, track].map((each) => {
		const [first] = segmentsOf(writer(), container, each);
		return readSegment(first.bytes, first.init?.bytes)?.tracks.map(({ range }) => range);
	});
	expect(ranges).toEqual([
		[undefined, undefined],
		['HLG', undefined],
	]);
});

it('what is no media is not read', () => {
	expect(readSegment(Buffer.from('<!doctype html>'), undefined)).toBeUndefined();
});

it.each([
	['A=1,B="x,y",C=2x3', { A: '1', B: 'x,y', C: '2x3' }],
	['A="', undefined],
	['A=1,A=2', undefined],
	['a=1', undefined],
])('reads the attribute list %s', (text, attributes) => {
	expect(parseAttributes(text)).toEqual(attributes);
});
