import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	adtsHeader,
	adtsHeaderLength,
	buildAudioSpecificConfig,
	parseAudioSpecificConfig,
} from '../../../src/media/codecs/aac.ts';
import { createDepacketizer } from '../../../src/media/depacketizers/create-depacketizer.ts';
import type { Depacketizer, RawAudio } from '../../../src/media/depacketizers/depacketizer.ts';
import { opusDuration } from '../../../src/media/depacketizers/opus-depacketizer.ts';
import type { AacTrack, AudioTrack } from '../../../src/media/track.ts';
import { hex, rtpPacket } from './rtp-packets.ts';

const AAC: AacTrack = {
	kind: 'audio',
	codec: 'aac',
	id: 1,
	clockRate: 48_000,
	channels: 2,
	config: hex('1190'),
	sizeLength: 13,
	indexLength: 3,
	indexDeltaLength: 3,
};
const OPUS: AudioTrack = { kind: 'audio', codec: 'opus', id: 1, clockRate: 48_000, channels: 2 };
const PCMA: AudioTrack = { kind: 'audio', codec: 'pcma', id: 1, clockRate: 8000, channels: 1 };

type Step = {
	readonly payload: string;
	readonly timestamp?: number;
	readonly marker?: boolean;
	readonly lost?: number;
};

function receive(track: AudioTrack, ...steps: readonly Step[]) {
	const frames: RawAudio[] = [];
	const configs: string[] = [];
	let arrival = 5;
	const depacketizer: Depacketizer = createDepacketizer(track, {
		onAudio: (frame) => frames.push(frame),
		onVideo: () => expect.unreachable(),
		onAudioConfig: (config) => configs.push(Buffer.from(config).toString('hex')),
		onParameterSets: () => expect.unreachable(),
	});
	let sequence = 65_534;
	for (const { payload, timestamp = 0, marker = true, lost = 0 } of steps) {
		sequence = (sequence + 1 + lost) & 0xffff;
		const bytes = hex(payload);
		depacketizer.push(rtpPacket({ sequence, timestamp, marker, payload: bytes }), arrival++);
		bytes.fill(0xee);
	}
	return { frames, configs, depacketizer };
}

const dataOf = (frames: readonly RawAudio[]) => frames.map(({ data }) => Buffer.from(data).toString('hex'));

describe('Opus', () => {
	test.each([
		['SILK 10 ms', '00', 480],
		['SILK 20 ms', '08', 960],
		['SILK 60 ms', '18', 2880],
		['SILK wideband 40 ms', '50', 1920],
		['hybrid 10 ms', '60', 480],
		['hybrid 20 ms', '78', 960],
		['CELT 2.5 ms', '80', 120],
		['CELT 20 ms', 'f8', 960],
		['two frames', 'fd', 1920],
		['two frames of different size', 'fe', 1920],
		['six frames of 20 ms', 'ff06', 5760],
		['48 frames of 2.5 ms', '8330', 5760],
		['two frames of variable size with padding', 'ffc2', 1920],
	])('%s', (_name, packet, duration) => {
		expect(opusDuration(hex(packet))).toBe(duration);
	});

	test.each([
		['nothing', ''],
		['no frames', 'ff00'],
		['no count', 'ff'],
		['more than 120 ms', 'ff07'],
	])('%s is no packet', (_name, packet) => {
		expect(opusDuration(hex(packet))).toBeUndefined();
	});

	test('each payload is a frame of its own bytes', () => {
		const { frames, depacketizer } = receive(
			OPUS,
			{ payload: 'f80102', timestamp: 960 },
			{ payload: '' },
			{ payload: 'ff00' },
		);
		expect(frames).toEqual([{ timestamp: 960, duration: 960, data: hex('f80102'), arrival: 5 }]);
		expect(depacketizer.dropped).toBe(1);
	});
});

test('G.722: one byte a tick of 8000 Hz, which is two samples', () => {
	const track: AudioTrack = { kind: 'audio', codec: 'g722', id: 1, clockRate: 8000, channels: 1 };
	expect(receive(track, { payload: 'fafafafa', timestamp: 160 }).frames).toMatchObject([
		{ timestamp: 160, duration: 4 },
	]);
	expect(receive({ ...track, clockRate: 16_000 }, { payload: 'fafafafa' }).frames[0]?.duration).toBe(8);
});

test('L16: two bytes a sample and channel; half a sample at the end is cut off', () => {
	const track: AudioTrack = { kind: 'audio', codec: 'l16', id: 1, clockRate: 44_100, channels: 2 };
	const { frames } = receive(track, { payload: '00010002 00030004 0005' }, { payload: '0001' });
	expect(frames).toEqual([{ timestamp: 0, duration: 2, data: hex('0001000200030004'), arrival: 5 }]);
});

test('G.711: one byte a sample and channel', () => {
	expect(receive(PCMA, { payload: 'd5d5d5d5', timestamp: 7 }, { payload: '' }).frames).toEqual([
		{ timestamp: 7, duration: 4, data: hex('d5d5d5d5'), arrival: 5 },
	]);
	expect(receive({ ...PCMA, channels: 2 }, { payload: 'd5d5d5d5' }).frames[0]?.duration).toBe(2);
});

describe('AAC', () => {
	test('one access unit', () => {
		const { frames } = receive(AAC, { payload: '0010 0018 aabbcc', timestamp: 9 });
		expect(frames).toEqual([{ timestamp: 9, duration: 1024, data: hex('aabbcc'), arrival: 5 }]);
	});

	test('several in one packet follow each other, over the wrap too', () => {
		const { frames } = receive(AAC, { payload: '0030 0018 0010 0008 aabbcc ddee ff', timestamp: 0xffff_ff00 });
		expect(dataOf(frames)).toEqual(['aabbcc', 'ddee', 'ff']);
		expect(frames.map(({ timestamp }) => timestamp)).toEqual([0xffff_ff00, 0x300, 0x700]);
	});

	test('the low bitrate mode', () => {
		const track = { ...AAC, sizeLength: 6, indexLength: 2, indexDeltaLength: 2 };
		expect(dataOf(receive(track, { payload: '0010 0c 08 aabbcc ddee' }).frames)).toEqual(['aabbcc', 'ddee']);
	});

	test('over several packets', () => {
		const { frames, depacketizer } = receive(
			AAC,
			{ payload: '0010 0028 aabb', timestamp: 9, marker: false },
			{ payload: '0010 0028 cc', timestamp: 9, marker: false },
			{ payload: '0010 0028 ddee', timestamp: 9 },
			{ payload: '0010 0008 ff', timestamp: 1033 },
		);
		expect(dataOf(frames)).toEqual(['aabbccddee', 'ff']);
		expect(frames.map(({ arrival }) => arrival)).toEqual([5, 8]);
		expect(depacketizer.dropped).toBe(0);
	});

	test('a unit over several packets that is larger than any is dropped', () => {
		const track = { ...AAC, sizeLength: 16, indexLength: 0, indexDeltaLength: 0 };
		const part = `0010 9c40 ${'aa'.repeat(5000)}`;
		const { frames, depacketizer } = receive(
			track,
			...[part, part, part].map((payload) => ({ payload, marker: false })),
			{ payload: '0010 0001 ff', timestamp: 1024 },
		);
		expect(dataOf(frames)).toEqual(['ff']);
		expect(depacketizer.dropped).toBeGreaterThan(0);
	});

	test('indices of other lengths in the first header and in those that follow', () => {
		const track = { ...AAC, sizeLength: 13, indexLength: 3, indexDeltaLength: 11 };
		const { frames } = receive(track, { payload: '0040 0018 001000 000800 aabbcc ddee ff' });
		expect(dataOf(frames)).toEqual(['aabbcc', 'ddee', 'ff']);
	});

	test('a size of zero among others costs what is behind it', () => {
		const { frames, depacketizer } = receive(
			AAC,
			{ payload: '0010 0008 ff' },
			{ payload: '0030 0010 0000 0008 aabb cc', timestamp: 1024 },
			{ payload: '0010 0008 ee', timestamp: 4096 },
		);
		expect(dataOf(frames)).toEqual(['ff', 'aabb', 'ee']);
		expect(depacketizer.dropped).toBe(1);
	});

	test('a unit without AU headers over several packets with a hole, without its marker, or too large', () => {
		const track = { ...AAC, sizeLength: 0, indexLength: 0, indexDeltaLength: 0 };
		const large = 'bb'.repeat(5000);
		const { frames, depacketizer } = receive(
			track,
			{ payload: 'aa01', marker: false },
			{ payload: 'aa03', lost: 1 },
			{ payload: 'aa04', timestamp: 1024, marker: false },
			{ payload: 'aa05', timestamp: 2048 },
			{ payload: large, timestamp: 3072, marker: false },
			{ payload: large, timestamp: 3072 },
			{ payload: '', timestamp: 3072 },
			{ payload: 'aa06', timestamp: 4096, lost: 1 },
		);
		expect(dataOf(frames)).toEqual(['aa04', 'aa05', 'aa06']);
		expect(frames.map(({ timestamp }) => timestamp)).toEqual([1024, 2048, 4096]);
		expect(depacketizer.dropped).toBe(2);
	});

	test.each<[string, Step[]]>([
		['a hole', [{ payload: '0010 0028 aabb' }, { payload: '0010 0028 ddee', lost: 1 }]],
		['another size', [{ payload: '0010 0028 aabb' }, { payload: '0010 0020 ccddee' }]],
		['too much', [{ payload: '0010 0028 aabb' }, { payload: '0010 0028 ccddeeff' }]],
		['another timestamp', [{ payload: '0010 0028 aabb' }, { payload: '0010 0028 cc', timestamp: 9 }]],
	])('a unit over several packets with %s is dropped', (_name, steps) => {
		const { frames, depacketizer } = receive(AAC, ...steps, { payload: '0010 0008 ff', timestamp: 5000 });
		expect(dataOf(frames)).toEqual(['ff']);
		expect(depacketizer.dropped).toBeGreaterThan(0);
	});

	test('ADTS headers inside are taken off, with and without AU headers', () => {
		const adts = 'fff14c80015ffc aabbcc';
		expect(dataOf(receive(AAC, { payload: `0010 0050 ${adts}` }).frames)).toEqual(['aabbcc']);
		expect(dataOf(receive(AAC, { payload: adts }).frames)).toEqual(['aabbcc']);
	});

	test('several ADTS frames in one packet without AU headers follow each other', () => {
		const adts = 'fff14c80015ffc aabbcc fff14c80013ffc dd';
		const { frames } = receive(AAC, { payload: adts.replace('013ffc', '011ffc'), timestamp: 100 });
		expect(dataOf(frames)).toEqual(['aabbcc', 'dd']);
		expect(frames.map(({ timestamp }) => timestamp)).toEqual([100, 1124]);
	});

	test('what ADTS says of the sound counts more than the SDP, and is told once before the first frame', () => {
		const { frames, configs } = receive(
			{ ...AAC, clockRate: 16_000, config: hex('1190') },
			{ payload: 'fff16040015ffc aabbcc' },
			{ payload: 'fff16040015ffc ddeeff' },
		);
		expect(configs).toEqual(['1408']);
		expect(dataOf(frames)).toEqual(['aabbcc', 'ddeeff']);
		expect(frames[0]?.duration).toBe(1024);
	});

	test('access units without AU headers, as some servers send them: taken once that is sure', () => {
		const unit = '2110 0458 aabb';
		const { frames, depacketizer } = receive(
			AAC,
			...[0, 1, 2, 3, 4].map((index) => ({ payload: unit, timestamp: index * 1024 })),
		);
		expect(frames.map(({ timestamp }) => timestamp)).toEqual([2048, 3072, 4096]);
		expect(new Set(dataOf(frames))).toEqual(new Set(['21100458aabb']));
		expect(depacketizer.dropped).toBe(2);
	});

	test('units without AU headers that look a little like some', () => {
		// 320 bits of AU headers would be possible, sizes that fill the packet are not.
		const unit = `0140${'f3'.repeat(100)}`;
		const steps = [0, 1, 2, 3].map((index) => ({ payload: unit, timestamp: index * 1024 }));
		expect(dataOf(receive(AAC, ...steps).frames)).toEqual([unit, unit]);
	});

	test('AU headers that come after all are read', () => {
		const junk = [1, 2, 3, 4].map((index) => ({ payload: '2110 0458 aabb', timestamp: index }));
		const { frames } = receive(
			AAC,
			...junk,
			{ payload: '0010 0018 aabbcc', timestamp: 9 },
			{ payload: '0010 0008 dd', timestamp: 1033 },
		);
		expect(dataOf(frames).slice(-2)).toEqual(['aabbcc', 'dd']);
	});

	test('damaged packets of a camera that sends AU headers are not taken for units', () => {
		const junk = [1, 2, 3, 4, 5].map((index) => ({ payload: '2110 0458 aabb', timestamp: index }));
		const { frames, depacketizer } = receive(AAC, { payload: '0010 0018 aabbcc' }, ...junk);
		expect(dataOf(frames)).toEqual(['aabbcc']);
		expect(depacketizer.dropped).toBe(5);
	});

	test('an SDP that says there are no AU headers is believed; the marker ends a unit', () => {
		const track = { ...AAC, sizeLength: 0, indexLength: 0, indexDeltaLength: 0 };
		const { frames } = receive(
			track,
			{ payload: '2110 04' },
			{ payload: '2111', timestamp: 1024, marker: false },
			{ payload: '05', timestamp: 1024 },
		);
		expect(dataOf(frames)).toEqual(['211004', '211105']);
	});

	test('frames of 960 samples last as long', () => {
		expect(receive({ ...AAC, config: hex('1194') }, { payload: '0010 0008 ff' }).frames[0]?.duration).toBe(960);
	});

	test.each([
		['headers longer than the packet', 'ffff 0018 aabbcc'],
		['no headers', '0000 aabbcc'],
		['sizes beyond the packet', '0020 0028 0018 aabbcc'],
		['a size of zero', '0010 0000 aabbcc'],
		['one byte', '00'],
	])('%s: dropped and counted', (_name, payload) => {
		const { frames, depacketizer } = receive(AAC, { payload });
		expect(frames).toEqual([]);
		expect(depacketizer.dropped).toBe(1);
	});

	test('a frame of the core coder lasts twice as long where SBR doubles the clock', () => {
		// Object type 5 over AAC-LC, 24 kHz core.
		const { frames } = receive({ ...AAC, config: hex('2b118800') }, { payload: '0010 0008 ff' });
		expect(frames[0]?.duration).toBe(2048);
	});

	test('never throws', () => {
		const packet = fc.record({ sequence: fc.nat(20), timestamp: fc.nat(2), payload: fc.uint8Array({ maxLength: 40 }) });
		const lengths = fc.nat(32);
		fc.assert(
			fc.property(fc.array(packet, { maxLength: 30 }), lengths, lengths, (packets, sizeLength, indexLength) => {
				for (const track of [{ ...AAC, sizeLength, indexLength, indexDeltaLength: indexLength }, OPUS, PCMA]) {
					const depacketizer = createDepacketizer(track, {
						onAudio: ({ data, duration }) => {
							expect(data.length).toBeGreaterThan(0);
							expect(duration).toBeGreaterThan(0);
						},
						onVideo() {},
						onAudioConfig() {},
						onParameterSets() {},
					});
					for (const fields of packets) depacketizer.push(rtpPacket(fields), 0);
				}
			}),
		);
	});
});

describe('AudioSpecificConfig', () => {
	test.each([
		['1190', 2, 48_000, 2, 1024],
		['1408', 2, 16_000, 1, 1024],
		['1588', 2, 8000, 1, 1024],
		['11b8', 2, 48_000, 8, 1024],
		['17802ee008', 2, 24_000, 1, 1024],
		['2b118800', 5, 24_000, 2, 1024],
		['178001f410', 2, 1000, 2, 1024],
		['1782ee0010', 2, 384_000, 2, 1024],
		['1194', 2, 48_000, 2, 960],
		['b990', 23, 48_000, 2, 512],
		['f8e84000', 39, 44_100, 2, 512],
		['f8e85000', 39, 44_100, 2, 480],
	])('%s', (bytes, objectType, sampleRate, channels, frameSamples) => {
		expect(parseAudioSpecificConfig(hex(bytes))).toEqual({ objectType, sampleRate, channels, frameSamples });
	});

	// The last two are of 999 Hz and of 384001 Hz.
	test.each(['', '11', '0190', '16f0', '11f8', '1780', '178001f390', '1782ee0090'])('%s is none', (bytes) => {
		expect(parseAudioSpecificConfig(hex(bytes))).toBeUndefined();
	});

	test('is built for what the tables hold', () => {
		expect(buildAudioSpecificConfig({ objectType: 2, sampleRate: 48_000, channels: 2 })).toEqual(hex('1190'));
		expect(buildAudioSpecificConfig({ objectType: 2, sampleRate: 8000, channels: 1 })).toEqual(hex('1588'));
		expect(buildAudioSpecificConfig({ objectType: 2, sampleRate: 90_000, channels: 1 })).toBeUndefined();
		expect(buildAudioSpecificConfig({ objectType: 2, sampleRate: 8000, channels: 0 })).toBeUndefined();
	});
});

describe('ADTS', () => {
	test('a header is written and known again', () => {
		const header = adtsHeader({ objectType: 2, sampleRate: 48_000, channels: 2 }, 3) ?? new Uint8Array();
		expect(header).toEqual(hex('fff14c80015ffc'));
		expect(adtsHeaderLength(Uint8Array.of(...header, 1, 2, 3))).toBe(7);
		expect(adtsHeaderLength(Uint8Array.of(...header, 1, 2))).toBe(0);
	});

	test('SBR is named by its core coder', () => {
		expect(adtsHeader({ objectType: 5, sampleRate: 24_000, channels: 1 }, 3)?.[2]).toBe(0x58);
	});

	test('says what ADTS cannot carry', () => {
		expect(adtsHeader({ objectType: 2, sampleRate: 12_345, channels: 2 }, 3)).toBeUndefined();
		expect(adtsHeader({ objectType: 2, sampleRate: 48_000, channels: 2 }, 8185)).toBeUndefined();
	});
});
