import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseHevcSps, readHevcSps } from '../../../src/media/codecs/h265-sps.ts';
import { buildHevcConfiguration } from '../../../src/media/codecs/hevc-configuration.ts';
import { hasBFrames, videoProfile } from '../../../src/media/codecs/video-profile.ts';
import type { VideoTrack } from '../../../src/media/track.ts';
import { BitWriter } from './bit-writer.ts';
import { hex } from './rtp-packets.ts';

/** Written by x265; size, rate, reordering and level as ffprobe reads them. */
const X265 = [
	[
		'Main',
		'42010101600000030090000003000003003fa0050201696592a4932bc05a020000030002000003003210',
		...[640, 360, 25, 0, 'hvc1.1.6.L63.90'],
	],
	[
		'Main with B-frames',
		'42010101600000030090000003000003005da00280802d16595964932bc05a020000030002000003003c10',
		...[1280, 720, 30, 2, 'hvc1.1.6.L93.90'],
	],
	[
		'Main, high tier, cropped',
		'420101216000000300900000030000030099a003c08010e5964a924caf01680800001f480003a98040',
		...[1920, 1080, 30_000 / 1001, 0, 'hvc1.1.6.H153.90'],
	],
	[
		'4:2:2, 10 bit, cropped',
		'4201010408000003009d0800000300003cb00b4804a724ed96564924caf0168080000003008000000c04',
		...[354, 290, 24, 2, 'hvc1.4.10.L60.9D.8'],
	],
	[
		'scaling lists and HRD',
		'42010101600000030090000003000003003ca00a080b9f796566924e5780b404000003000400000300c9805261b8003d090007a122',
		...[320, 180, 50, 2, 'hvc1.1.6.L60.90'],
	],
	[
		'monochrome',
		'4201010408000003009fc800000300003cc028202e7cb964a924caf016c080000003008000000f04',
		...[320, 180, 30, 0, 'hvc1.4.10.L60.9F.C8'],
	],
	[
		'4:4:4',
		'4201010408000003009e0800000300003c90014901739ef2c9524995e02d010000030001000003001e08',
		...[322, 182, 30, 0, 'hvc1.4.10.L60.9E.8'],
	],
] as const;
const MAIN = X265[0][1];

describe('parseHevcSps', () => {
	test.each(X265)('%s', (_name, bytes, width, height, frameRate, reorderFrames, codecs) => {
		expect(parseHevcSps(hex(String(bytes)))).toMatchObject({ width, height, frameRate, reorderFrames, codecs });
	});

	test.each([
		['PQ', '42010102200000030090000003000003003ca00a080c1f3b6595952930bc05a84880482000000300200000030321'],
		['HLG', '42010102200000030090000003000003003ca00a080c1f3b6595952930bc05a84890482000000300200000030321'],
		[undefined, '42010102200000030090000003000003003ca00a080c1f3b6595952930bc05a80808082000000300200000030321'],
	])('range %s, as x265 writes it', (range, bytes) => {
		const facts = parseHevcSps(hex(bytes));
		expect(facts).toMatchObject({ width: 320, height: 180, frameRate: 25, codecs: 'hvc1.2.4.L60.90' });
		expect(facts?.range).toBe(range);
	});

	test('tier, depth and chroma format', () => {
		expect(parseHevcSps(hex(X265[2][1]))?.tier).toBe('high');
		expect(readHevcSps(hex(X265[3][1]))).toMatchObject({ chromaFormat: 2, lumaDepth: 10, chromaDepth: 10 });
	});

	/** A Main SPS of 640x480 with two sub-layers, as far as the block sizes. */
	const layered = () => {
		const writer = new BitWriter().bits(16, 0x4201).bits(4, 0).bits(3, 1).bits(1, 1);
		writer.bits(8, 1).bits(32, 0x60000000).bits(32, 0xb0000000).bits(16, 0).bits(8, 90);
		writer.bits(2, 3).bits(14, 0); // the sub-layer has a profile and a level
		for (let byte = 0; byte < 12; byte++) writer.bits(8, 0xff);
		writer.ue(3).ue(1).ue(640).ue(480).bits(1, 0).ue(0).ue(0).ue(4);
		writer.bits(1, 1).ue(4).ue(0).ue(0).ue(4).ue(3).ue(0);
		return writer;
	};

	test('sub-layers: the reordering of the highest one counts', () => {
		const facts = readHevcSps(layered().ue(0).ue(3).ue(0).ue(3).ue(0).ue(0).bits(40, 0).toBytes());
		expect(facts).toMatchObject({ id: 3, width: 640, height: 480, subLayers: 2, reorderFrames: 3 });
	});

	test('predicted reference sets, long-term pictures and PCM stand before the timing', () => {
		const writer = layered().ue(0).ue(3).ue(0).ue(3).ue(0).ue(0).bits(1, 0).bits(2, 0);
		writer.bits(1, 1).bits(8, 0x77).ue(0).ue(0).bits(1, 0); // PCM
		writer.ue(3); // sets
		writer.ue(2).ue(1).ue(0).bits(1, 1).ue(1).bits(1, 1).ue(0).bits(1, 1);
		writer.bits(1, 1).bits(1, 0).ue(0).bits(1, 1).bits(2, 1).bits(2, 0).bits(1, 1); // 3 of 4 pictures stay
		writer.bits(1, 1).bits(1, 1).ue(0).bits(4, 15); // predicted from 3 pictures: 4 flags
		writer.bits(1, 1).ue(1).bits(9, 3); // one long-term picture of 8 bits and its flag
		writer.bits(2, 0).bits(1, 1).bits(8, 0);
		writer.bits(1, 1).bits(32, 1).bits(32, 25).bits(2, 0);
		expect(parseHevcSps(writer.toBytes())?.frameRate).toBe(25);
	});

	test('what is cut off behind the picture size costs the frame rate alone', () => {
		expect(parseHevcSps(layered().toBytes())).toMatchObject({ width: 640, height: 480, reorderFrames: 3 });
		expect(parseHevcSps(layered().toBytes())).not.toHaveProperty('frameRate');
	});

	test('stray bytes after the end do no harm', () => {
		expect(parseHevcSps(hex(`${MAIN}0000deadbeef`))).toEqual(parseHevcSps(hex(MAIN)));
	});

	test.each([
		['nothing', ''],
		['a PPS', '4401c172b46240'],
		['cut short', MAIN.slice(0, 40)],
		['zeros', '42010000000000000000000000000000000000'],
		['a picture without end', '420101016000000300900000030000030000ffff000000000001ffffffff'],
	])('refuses %s', (_name, bytes) => {
		expect(parseHevcSps(hex(bytes))).toBeUndefined();
	});

	test('never throws, and what it accepts is within bounds', () => {
		const mutated = fc
			.tuple(fc.constantFrom(...X265), fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 6 }))
			.map(([vector, changes]) => {
				const bytes = hex(String(vector[1]));
				for (const [at, value] of changes) if (at > 1 && at < bytes.length) bytes[at] = value;
				return bytes;
			});
		const random = fc.uint8Array({ maxLength: 80 }).map((bytes) => Uint8Array.of(0x42, 1, ...bytes));
		fc.assert(
			fc.property(fc.oneof(mutated, random), (bytes) => {
				const facts = parseHevcSps(bytes);
				if (!facts) return;
				expect(Math.min(facts.width, facts.height)).toBeGreaterThan(0);
				expect(Math.max(facts.width, facts.height)).toBeLessThanOrEqual(16_888);
				expect(facts.reorderFrames).toBeLessThanOrEqual(16);
				expect(facts.frameRate ?? 1).toBeLessThanOrEqual(300);
			}),
			{ numRuns: 3000 },
		);
	});
});

describe('HEVCDecoderConfigurationRecord', () => {
	const VPS = '40010c01ffff01600000030090000003000003003f928090';
	const PPS = '4401c172b46240';

	test('is what ffmpeg writes of the same parameter sets', () => {
		const record = buildHevcConfiguration([hex(VPS), hex(MAIN), hex(PPS)]);
		expect(Buffer.from(record ?? []).toString('hex')).toBe(
			[
				'0101600000009000000000003ff000fcfdf8f800000f03',
				`a000010018${VPS}`,
				`a10001002a${MAIN}`,
				`a200010007${PPS}`,
			].join(''),
		);
	});

	test('goes without VPS, and not without SPS', () => {
		expect(buildHevcConfiguration([hex(PPS), hex(MAIN)])?.[22]).toBe(2);
		expect(buildHevcConfiguration([hex('4201'), hex(PPS)])).toBeUndefined();
		expect(buildHevcConfiguration([hex(PPS)])).toBeUndefined();
	});

	test('several sets of a kind stand together', () => {
		const record = buildHevcConfiguration([hex(MAIN), hex(PPS), hex('44014172b4')]);
		expect(Buffer.from(record?.subarray(-19) ?? []).toString('hex')).toBe(
			`a20002 0007${PPS} 000544014172b4`.replaceAll(' ', ''),
		);
	});
});

describe('videoProfile', () => {
	const facts = { width: 640, height: 480, codecs: '' };
	const h264 = (profileIdc: number, constraints: number, levelIdc: number): VideoTrack => ({
		...{ kind: 'video', codec: 'h264', id: 0, clockRate: 90_000 },
		facts: { ...facts, profileIdc, constraints, levelIdc, reorderFrames: 2 },
	});

	test.each([
		[h264(66, 0xc0, 31), 'Constrained Baseline', '3.1'],
		[h264(66, 0x80, 40), 'Baseline', '4'],
		[h264(77, 0, 41), 'Main', '4.1'],
		[h264(66, 0x10, 11), 'Baseline', '1b'],
		[h264(100, 0, 51), 'High', '5.1'],
		[h264(144, 0, 51), '144', '5.1'],
	])('%#', (track, profile, level) => {
		expect(videoProfile(track)).toEqual({ profile, level });
	});

	test('H.265 has a tier', () => {
		const track: VideoTrack = { kind: 'video', codec: 'h265', id: 0, clockRate: 90_000 };
		const known = parseHevcSps(hex(X265[2][1]));
		expect(videoProfile(track)).toBeUndefined();
		expect(hasBFrames(track)).toBeUndefined();
		expect(videoProfile({ ...track, ...(known && { facts: known }) })).toEqual({
			profile: 'Main',
			level: '5.1',
			tier: 'high',
		});
	});

	test('B-frames are what the SPS says', () => {
		expect(hasBFrames(h264(100, 0, 51))).toBe(true);
	});
});
