import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BitReader } from '../../../src/media/bytes/bit-reader.ts';
import { parseSps, readSps } from '../../../src/media/codecs/h264-sps.ts';
import { BitWriter } from './bit-writer.ts';
import { hex } from './rtp-packets.ts';

/** Written by x264; size, rate and reordering as ffprobe reads them. */
const X264 = [
	['Baseline', '6742c016d900a03db0110000030001000003001e0f162e48', 640, 480, 15, 0, 'avc1.42c016'],
	['High', '6764001facd9405005bb0110000003001000000303c0f1831960', 1280, 720, 30, 2, 'avc1.64001f'],
	['High without B-frames', '6764001facb200a00b760220000003002000000781e30649', 1280, 720, 30, 0, 'avc1.64001f'],
	['Main, cropped', '674d4028eca03c0113f2e022000003000200000300641e30632c', 1920, 1080, 25, 2, 'avc1.4d4028'],
	['4:2:2, 10 bit, cropped', '677a0015b6cd941709f888fc0440000003004000000c03c58b6580', 354, 290, 24, 2, 'avc1.7a0015'],
	['4:4:4', '67f4000a919b28e7f1b17808800001f480007530078912cb', 100, 102, 30_000 / 1001, 2, 'avc1.f4000a'],
	['monochrome', '6764000df36505067e37016c80000003008000001e078a14cb', 320, 180, 30, 2, 'avc1.64000d'],
	[
		'interlaced, with HRD',
		'67640028acd94078044fde022000000300200000064c4c001e848003d09498601f162d96',
		...[1920, 1080, 25, 2, 'avc1.640028'],
	],
] as const;

describe('parseSps', () => {
	test.each(X264)('%s', (_name, bytes, width, height, frameRate, reorderFrames, codecs) => {
		expect(parseSps(hex(String(bytes)))).toMatchObject({ width, height, frameRate, reorderFrames, codecs });
	});

	test('a High profile carries its chroma format', () => {
		expect(readSps(hex(X264[4][1]))?.chroma).toEqual({
			format: 2,
			separatePlanes: false,
			lumaDepth: 10,
			chromaDepth: 10,
		});
		expect(readSps(hex(X264[0][1]))?.chroma).toBeUndefined();
	});

	/** A High SPS of 640x480 as far as the VUI flag. */
	const highSps = (scaling: (writer: BitWriter) => void, pictureOrder: (writer: BitWriter) => void) => {
		const writer = new BitWriter().bits(8, 0x67).bits(8, 100).bits(8, 0).bits(8, 30).ue(0);
		writer.ue(1).ue(0).ue(0).bits(1, 0);
		scaling(writer);
		writer.ue(0);
		pictureOrder(writer);
		return writer.ue(1).bits(1, 0).ue(39).ue(29).bits(1, 1).bits(1, 1).bits(1, 0);
	};
	const noScaling = (writer: BitWriter) => writer.bits(1, 0);

	test('passes over scaling lists', () => {
		const sps = highSps(
			(writer) => {
				writer.bits(1, 1);
				writer.bits(1, 1);
				for (let index = 0; index < 16; index++) writer.se(index % 2 === 0 ? 1 : -1);
				writer.bits(1, 1).se(-8); // the default list: a next scale of 0 ends it
				writer.bits(6, 0);
			},
			(writer) => writer.ue(0).ue(0),
		);
		expect(parseSps(sps.bits(1, 0).toBytes())).toMatchObject({ width: 640, height: 480 });
	});

	test('picture order count type 1 is read, type 2 means no reordering', () => {
		const typeOne = highSps(noScaling, (writer) => writer.ue(1).bits(1, 0).se(-3).se(4).ue(2).se(1).se(-1));
		expect(parseSps(typeOne.bits(1, 0).toBytes())).toMatchObject({ width: 640, height: 480 });
		expect(parseSps(typeOne.bits(1, 0).toBytes())).not.toHaveProperty('reorderFrames');
		const typeTwo = highSps(noScaling, (writer) => writer.ue(2));
		expect(parseSps(typeTwo.bits(1, 0).toBytes())?.reorderFrames).toBe(0);
	});

	test('a VUI that is cut off costs only itself', () => {
		const sps = highSps(noScaling, (writer) => writer.ue(0).ue(0))
			.bits(1, 1)
			.bits(4, 0)
			.bits(1, 1)
			.bits(12, 1);
		expect(parseSps(sps.toBytes())).toEqual({
			width: 640,
			height: 480,
			profileIdc: 100,
			constraints: 0,
			levelIdc: 30,
			codecs: 'avc1.64001e',
		});
	});

	test('stray bytes after the end do no harm', () => {
		expect(parseSps(hex(`${X264[1][1]}0000deadbeef`))).toEqual(parseSps(hex(X264[1][1])));
	});

	test.each([
		['nothing', ''],
		['a PPS', '68ee3c80'],
		['cut short', '6764001facd940'],
		['zeros', '67000000000000000000000000000000'],
		['a picture without end', '6742001ef000000000000fffffffffffffffffff'],
	])('refuses %s', (_name, bytes) => {
		expect(parseSps(hex(bytes))).toBeUndefined();
	});

	test('never throws, and what it accepts is within bounds', () => {
		const mutated = fc
			.tuple(fc.constantFrom(...X264), fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 6 }))
			.map(([vector, changes]) => {
				const bytes = hex(String(vector[1]));
				for (const [at, value] of changes) if (at > 0 && at < bytes.length) bytes[at] = value;
				return bytes;
			});
		const random = fc.uint8Array({ maxLength: 64 }).map((bytes) => Uint8Array.of(0x67, ...bytes));
		fc.assert(
			fc.property(fc.oneof(mutated, random), (bytes) => {
				const facts = parseSps(bytes);
				if (!facts) return;
				expect(facts.width).toBeGreaterThan(0);
				expect(facts.height).toBeGreaterThan(0);
				expect(Math.max(facts.width, facts.height)).toBeLessThanOrEqual(16_880);
				expect(facts.reorderFrames ?? 0).toBeLessThanOrEqual(16);
				expect(facts.frameRate ?? 1).toBeLessThanOrEqual(300);
			}),
			{ numRuns: 3000 },
		);
	});
});

describe('BitReader', () => {
	test('reads Exp-Golomb codes', () => {
		const values = [0, 1, 2, 3, 254, 65_535, 2 ** 32 - 2];
		const writer = new BitWriter();
		for (const value of values) writer.ue(value);
		for (const value of [0, 1, -1, 2, -2, 1000, -1000]) writer.se(value);
		const reader = new BitReader(writer.toBytes());
		expect(values.map(() => reader.ue())).toEqual(values);
		expect([1, 2, 3, 4, 5, 6, 7].map(() => reader.se())).toEqual([0, 1, -1, 2, -2, 1000, -1000]);
		expect(reader.exhausted).toBe(false);
	});

	test('says when it is at its end', () => {
		const reader = new BitReader(Uint8Array.of(0xff));
		expect(reader.bits(8)).toBe(255);
		expect(reader.exhausted).toBe(false);
		expect(reader.bit()).toBe(0);
		expect(reader.exhausted).toBe(true);
		expect(new BitReader(new Uint8Array(20)).ue()).toBe(0);
	});
});

test('the range of the picture, as x264 writes HLG', () => {
	const facts = parseSps(hex('6742c00cda05067e7c05a848904a000003000200000300641e285540'));
	expect(facts).toMatchObject({ width: 320, height: 180, frameRate: 25, range: 'HLG' });
});
