import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildAvcConfiguration, parseAvcConfiguration } from '../../../src/media/codecs/avc-configuration.ts';
import { findStartCode, removeEmulationPrevention, splitAnnexB } from '../../../src/media/codecs/h264.ts';
import { ParameterSets } from '../../../src/media/codecs/parameter-sets.ts';
import { H264_SYNTAX } from '../../../src/media/depacketizers/h264-depacketizer.ts';
import { parseSprop } from '../../../src/media/sdp/sprop.ts';
import { hex } from './rtp-packets.ts';

const SPS = hex('6764001facd9405005bb0110000003001000000303c0f1831960');
const PPS = hex('68ebe3cb22c0');

describe('Annex B', () => {
	test.each([
		['short and long start codes', '000001 6742 00000001 68ce 000001 6588', ['6742', '68ce', '6588']],
		['none', '6742', ['6742']],
		['zeros at the end', '00000001 6742 0000 000001 68ce 000000', ['6742', '68ce']],
		['nothing between', '000001 000001 00000001 6742', ['6742']],
		['only a start code', '00000001', []],
		['emulation prevention stays', '000001 67000003 01', ['6700000301']],
		['nothing', '', []],
	])('%s', (_name, bytes, expected) => {
		expect(splitAnnexB(hex(bytes)).map((nalu) => Buffer.from(nalu).toString('hex'))).toEqual(expected);
	});

	test('finds start codes from a place on', () => {
		const bytes = hex('0000010000000001');
		expect(findStartCode(bytes, 0)).toBe(0);
		expect(findStartCode(bytes, 1)).toBe(5);
		expect(findStartCode(bytes, 6)).toBe(-1);
	});

	test('splitting what was joined gives the parts back', () => {
		const nalu = fc
			.uint8Array({ minLength: 1, maxLength: 20 })
			.map((bytes) => Uint8Array.of(0x65, ...bytes.filter((byte) => byte !== 0), 0x80));
		fc.assert(
			fc.property(fc.array(nalu, { maxLength: 6 }), fc.boolean(), (nalus, long) => {
				const code = long ? [0, 0, 0, 1] : [0, 0, 1];
				const joined = Uint8Array.from(nalus.flatMap((each) => [...code, ...each]));
				expect(splitAnnexB(joined)).toEqual(nalus);
			}),
		);
	});
});

test('emulation prevention is taken out', () => {
	expect(removeEmulationPrevention(hex('000003 01 000003 000003'))).toEqual(hex('000001 0000 0000'));
	expect(removeEmulationPrevention(hex('0000 04 0003'))).toEqual(hex('0000040003'));
	const buffer = Buffer.from('00000301', 'hex');
	expect(removeEmulationPrevention(buffer)).toEqual(hex('000001'));
	expect(buffer.toString('hex')).toBe('00000301');
	const untouched = hex('0102');
	expect(removeEmulationPrevention(untouched)).toBe(untouched);
});

describe('AVCDecoderConfigurationRecord', () => {
	test('is built as the standard says', () => {
		expect(buildAvcConfiguration([hex('6742c01e aa')], [PPS])).toEqual(
			hex('01 42c01e ff e1 0005 6742c01eaa 01 0006 68ebe3cb22c0'),
		);
	});

	test('a High profile has its chroma format appended', () => {
		const record = buildAvcConfiguration([SPS], [PPS]);
		expect(record.subarray(-4)).toEqual(hex('fd f8 f8 00'));
		expect(parseAvcConfiguration(record)).toEqual({ lengthSize: 4, sps: [SPS], pps: [PPS] });
	});

	test('what is cut short is refused', () => {
		const record = buildAvcConfiguration([hex('6742c01e aa')], [PPS]);
		for (let length = 0; length < record.length; length++) {
			expect(parseAvcConfiguration(record.subarray(0, length))).toBeUndefined();
		}
	});
});

describe('sprop-parameter-sets', () => {
	const base64 = (...parts: readonly (Uint8Array | string)[]) =>
		Buffer.concat(parts.map((part) => (typeof part === 'string' ? hex(part) : part))).toString('base64');

	test.each([
		['plain', `${base64(SPS)},${base64(PPS)}`],
		['PPS first', `${base64(PPS)},${base64(SPS)}`],
		['start codes before', `${base64('00000001', SPS)},${base64('000001', PPS)}`],
		['start codes after', `${base64(SPS, '00000001')},${base64(PPS, '00000001')}`],
		['both in one', base64('00000001', SPS, '00000001', PPS)],
		['junk characters', ` ${base64(SPS)}!, "${base64(PPS)}",`],
		['the same again', `${base64(SPS)},${base64(PPS)},${base64(PPS)}`],
	])('%s', (_name, value) => {
		expect(parseSprop([value], H264_SYNTAX)).toEqual({ sps: SPS, pps: PPS });
	});

	test('further ones, to which pictures may refer', () => {
		const more = hex('68538f20');
		const value = `${base64(SPS)},${base64(PPS)},${base64(more)}`;
		expect(parseSprop([value], H264_SYNTAX)).toEqual({ sps: SPS, pps: PPS, others: [more] });
	});

	test.each([
		['empty', ''],
		['no PPS', base64(SPS)],
		['junk', '%%%%,AAAA'],
	])('%s: none', (_name, value) => {
		expect(parseSprop([value], H264_SYNTAX)).toBeUndefined();
	});
});

describe('ParameterSets', () => {
	const bytesOf = (bits: string) => bits.match(/.{1,8}/g)?.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)) ?? [];
	const listOf = (sets: ParameterSets) => {
		const list: Uint8Array[] = [];
		list.push(...sets.all);
		return list;
	};

	test('knows what is new', () => {
		const sets = new ParameterSets(H264_SYNTAX, undefined);
		expect(sets.complete).toBe(false);
		expect(sets.update(PPS, 'pps')).toBe(true);
		expect(sets.update(SPS, 'sps')).toBe(true);
		expect(sets.update(SPS.slice(), 'sps')).toBe(false);
		expect(sets.complete).toBe(true);
		expect(listOf(sets)).toEqual([SPS, PPS]);
	});

	test('keeps several picture parameter sets by their ids', () => {
		const sets = new ParameterSets(H264_SYNTAX, { sps: SPS, pps: PPS });
		const second = hex('68 5b 20'); // id 1
		expect(sets.update(second, 'pps')).toBe(true);
		expect(sets.update(PPS, 'pps')).toBe(false);
		expect(sets.update(second, 'pps')).toBe(false);
		expect(listOf(sets)).toEqual([SPS, PPS, second]);
	});

	test('a crowd of others in the SDP leaves the first ones their places', () => {
		const others = Array.from({ length: 40 }, (_, index) => {
			const code = (index + 2).toString(2);
			return Uint8Array.of(0x68, ...bytesOf(`${code.padStart(2 * code.length - 1, '0')}11`));
		});
		const sets = new ParameterSets(H264_SYNTAX, { sps: SPS, pps: PPS, others });
		expect(sets.latest).toEqual({ sps: SPS, pps: PPS });
		expect(listOf(sets).slice(0, 3)).toEqual([SPS, PPS, others[0]]);
	});

	test('what the SDP said goes when the stream says otherwise', () => {
		const sets = new ParameterSets(H264_SYNTAX, { sps: hex('674d001e ff aa'), pps: PPS });
		expect(sets.update(SPS, 'sps')).toBe(true);
		expect(sets.complete).toBe(false);
		expect(sets.update(PPS, 'pps')).toBe(true);
		expect(listOf(sets)).toEqual([SPS, PPS]);
	});

	test('of an encoder that numbers its sets on, those that came last are there', () => {
		const sets = new ParameterSets(H264_SYNTAX, undefined);
		const numbered = (head: string, id: number) => {
			const code = (id + 1).toString(2);
			return Uint8Array.of(...hex(head), ...bytesOf(`${code.padStart(2 * code.length - 1, '0')}11`));
		};
		for (let id = 0; id < 32; id++) {
			const [sps, pps] = [numbered('6742c016', id), numbered('68', id)];
			expect([sets.update(sps, 'sps'), sets.update(pps, 'pps')]).toEqual([true, true]);
			expect(listOf(sets)).toEqual(expect.arrayContaining([sps, pps]));
			expect(sets.latest).toEqual({ sps, pps });
			expect(listOf(sets).length).toBe(Math.min(16, 2 * (id + 1)));
		}
		// A number is read whole, whatever its length.
		const before = listOf(sets);
		for (const id of [31, 30, 29]) expect(sets.update(numbered('68', id), 'pps')).toBe(false);
		expect(listOf(sets)).toEqual(before);
	});

	test('of many sets of one kind, none takes the place of the only one of another', () => {
		const sets = new ParameterSets(H264_SYNTAX, undefined);
		sets.update(SPS, 'sps');
		for (let id = 0; id < 200; id++) sets.update(Uint8Array.of(0x68, 1, id), 'pps');
		expect(listOf(sets)[0]).toEqual(SPS);
	});

	test('keeps copies, and a bounded number', () => {
		const sets = new ParameterSets(H264_SYNTAX, undefined);
		const sps = SPS.slice();
		sets.update(sps, 'sps');
		sps.fill(0);
		expect(listOf(sets)).toEqual([SPS]);
		for (let id = 0; id < 200; id++) sets.update(Uint8Array.of(0x68, id, 1), 'pps');
		expect(listOf(sets).length).toBeLessThanOrEqual(16);
		expect(sets.update(new Uint8Array(5000).fill(0x67), 'sps')).toBe(false);
	});
});
