import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BitReader } from '../../../src/media/bytes/bit-reader.ts';
import { parseStreamMuxConfig } from '../../../src/media/codecs/latm.ts';
import { createDepacketizer } from '../../../src/media/depacketizers/create-depacketizer.ts';
import type { RawAudio } from '../../../src/media/depacketizers/depacketizer.ts';
import type { AacTrack } from '../../../src/media/track.ts';
import { BitWriter } from './bit-writer.ts';
import { hex, rtpPacket } from './rtp-packets.ts';

/** AAC-LC, 48 kHz, stereo, as RFC 6416 section 7.4.1 and ffmpeg write it. */
const MUX_CONFIG = '400023203fc0';
const TRACK: AacTrack = {
	kind: 'audio',
	codec: 'aac',
	id: 1,
	clockRate: 48_000,
	channels: 2,
	config: hex('1190'),
	sizeLength: 13,
	indexLength: 3,
	indexDeltaLength: 3,
	latm: { configPresent: false, muxConfig: hex(MUX_CONFIG) },
};
const IN_BAND: AacTrack = { ...TRACK, latm: { configPresent: true } };

type Step = { readonly payload: string | Uint8Array; timestamp?: number; marker?: boolean; lost?: number };

function receive(track: AacTrack, ...steps: readonly Step[]) {
	const frames: RawAudio[] = [];
	const configs: string[] = [];
	const depacketizer = createDepacketizer(track, {
		onAudio: (frame) => frames.push(frame),
		onAudioConfig: (config) => configs.push(text(config)),
		onVideo: () => expect.unreachable(),
		onParameterSets: () => expect.unreachable(),
	});
	let sequence = 65_534;
	for (const { payload, timestamp = 0, marker = true, lost = 0 } of steps) {
		sequence = (sequence + 1 + lost) & 0xffff;
		const bytes = typeof payload === 'string' ? hex(payload) : payload.slice();
		depacketizer.push(rtpPacket({ sequence, timestamp, marker, payload: bytes }), 5);
		bytes.fill(0xee);
	}
	return { frames, configs, dropped: depacketizer.dropped };
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const dataOf = (frames: readonly RawAudio[]) => frames.map(({ data }) => text(data));

/** An AudioMuxElement with its configuration inside, or with the one before. */
function element(config: BitWriter | undefined, ...units: readonly string[]): Uint8Array {
	const writer = config ?? new BitWriter().bits(1, 1);
	for (const unit of units) {
		const bytes = hex(unit);
		writer.bits(8, bytes.length);
		for (const byte of bytes) writer.bits(8, byte);
	}
	return writer.toBytes();
}

/** useSameStreamMux 0 and a StreamMuxConfig of AAC-LC. */
function muxConfig(rateIndex: number, channels: number, subFrames = 1): BitWriter {
	const writer = new BitWriter()
		.bits(1, 0)
		.bits(1, 0)
		.bits(1, 1)
		.bits(6, subFrames - 1)
		.bits(4, 0)
		.bits(3, 0);
	return writer
		.bits(5, 2)
		.bits(4, rateIndex)
		.bits(4, channels)
		.bits(3, 0)
		.bits(3, 0)
		.bits(8, 255)
		.bits(1, 0)
		.bits(1, 0);
}

describe('StreamMuxConfig', () => {
	const parse = (bytes: Uint8Array) => parseStreamMuxConfig(new BitReader(bytes));

	test('as RFC 6416 has it', () => {
		expect(parse(hex(MUX_CONFIG))).toEqual({ config: hex('1190'), subFrames: 1, otherDataBits: 0 });
	});

	test('as GStreamer writes it: with an extension that has no place there, and cut short', () => {
		expect(parse(hex('40002320adca00'))).toEqual({ config: hex('119056e500'), subFrames: 1, otherDataBits: 0 });
	});

	test('of SBR with its core coder named behind', () => {
		const writer = new BitWriter().bits(1, 0).bits(1, 1).bits(6, 0).bits(4, 0).bits(3, 0);
		writer.bits(5, 5).bits(4, 6).bits(4, 2).bits(4, 3).bits(5, 2).bits(3, 0).bits(3, 0).bits(8, 255).bits(2, 0);
		expect(parse(writer.toBytes())?.config).toEqual(hex('2b1188 00'));
	});

	test('of version 1 says the length of its configuration', () => {
		const writer = new BitWriter().bits(1, 1).bits(1, 0).bits(2, 0).bits(8, 255).bits(1, 1).bits(6, 0).bits(7, 0);
		writer.bits(2, 0).bits(8, 16).bits(16, 0x1190).bits(3, 0).bits(8, 255).bits(1, 1).bits(2, 0).bits(8, 12).bits(1, 0);
		expect(parse(writer.toBytes())).toEqual({ config: hex('1190'), subFrames: 1, otherDataBits: 12 });
	});

	test.each([
		['nothing', ''],
		['cut short', '4000'],
		['of two layers', '400223203fc0'],
		['of several programs', '401023203fc0'],
		['without common timing', '000023203fc0'],
		['of a fixed frame length', '400023207fc0'],
		['with a program config element', '400023003fc0'],
	])('%s is none', (_name, bytes) => {
		expect(parse(hex(bytes))).toBeUndefined();
	});
});

describe('MP4A-LATM', () => {
	test('the configuration of the SDP: lengths and units', () => {
		const { frames, dropped } = receive(
			TRACK,
			{ payload: '03 aabbcc', timestamp: 9 },
			{ payload: `ff01 ${'ab'.repeat(256)}`, timestamp: 1033 },
		);
		expect(frames[0]).toEqual({ timestamp: 9, duration: 1024, data: hex('aabbcc'), arrival: 5 });
		expect(frames[1]?.data).toHaveLength(256);
		expect(dropped).toBe(0);
	});

	test('several elements in one packet follow each other', () => {
		const { frames } = receive(TRACK, { payload: '02 aabb 01 cc', timestamp: 9 });
		expect(dataOf(frames)).toEqual(['aabb', 'cc']);
		expect(frames.map(({ timestamp }) => timestamp)).toEqual([9, 1033]);
	});

	test('an element over several packets ends with the marker, or with the timestamp', () => {
		const { frames } = receive(
			TRACK,
			{ payload: '05 aabb', timestamp: 9, marker: false },
			{ payload: 'ccddee', timestamp: 9 },
			{ payload: '03 aa', timestamp: 1033, marker: false },
			{ payload: 'bbcc', timestamp: 1033, marker: false },
			{ payload: '01 dd', timestamp: 2057 },
		);
		expect(dataOf(frames)).toEqual(['aabbccddee', 'aabbcc', 'dd']);
		expect(frames.map(({ timestamp }) => timestamp)).toEqual([9, 1033, 2057]);
	});

	test('a hole costs the element', () => {
		const { frames, dropped } = receive(
			TRACK,
			{ payload: '05 aabb', marker: false },
			{ payload: 'ee', lost: 1 },
			{ payload: '01 dd', timestamp: 1024 },
		);
		expect(dataOf(frames)).toEqual(['dd']);
		expect(dropped).toBe(1);
	});

	test('what is not sound behind each element is passed over', () => {
		const mux = new BitWriter().bits(1, 0).bits(1, 1).bits(6, 0).bits(4, 0).bits(3, 0).bits(5, 2).bits(4, 3).bits(4, 2);
		mux.bits(3, 0).bits(3, 0).bits(8, 255).bits(1, 1).bits(1, 0).bits(8, 12).bits(1, 0);
		const track = { ...TRACK, latm: { configPresent: false, muxConfig: mux.toBytes() } };
		expect(dataOf(receive(track, { payload: '02 aabb 0199 01 cc 0199' }).frames)).toEqual(['aabb', 'cc']);
	});

	test('a length beyond the packet is dropped', () => {
		expect(receive(TRACK, { payload: '09 aabb' })).toMatchObject({ frames: [], dropped: 1 });
	});

	test('the configuration in the stream, once and again', () => {
		const { frames, configs, dropped } = receive(
			IN_BAND,
			{ payload: element(undefined, 'ff') },
			{ payload: element(muxConfig(3, 2), 'aabb') },
			{ payload: element(undefined, 'ccdd'), timestamp: 1024 },
			{ payload: element(muxConfig(3, 2), 'ee'), timestamp: 2048 },
		);
		expect(dataOf(frames)).toEqual(['aabb', 'ccdd', 'ee']);
		expect(configs).toEqual([]);
		expect(dropped).toBe(1);
	});

	test('another configuration in the stream is told before the first frame of it', () => {
		const { frames, configs } = receive(IN_BAND, { payload: element(muxConfig(6, 1), 'aabb') });
		expect(configs).toEqual(['1308']);
		expect(frames[0]?.duration).toBe(2048);
	});

	test('several units in one element', () => {
		const { frames } = receive(IN_BAND, { payload: element(muxConfig(3, 2, 3), 'aa', 'bbbb', 'cc') });
		expect(dataOf(frames)).toEqual(['aa', 'bbbb', 'cc']);
		expect(frames.map(({ timestamp }) => timestamp)).toEqual([0, 1024, 2048]);
	});

	test('never throws', () => {
		const packet = fc.record({
			...{
				sequence: fc.nat(20),
				timestamp: fc.nat(2),
				marker: fc.boolean(),
				payload: fc.uint8Array({ maxLength: 40 }),
			},
		});
		fc.assert(
			fc.property(fc.array(packet, { maxLength: 30 }), (packets) => {
				for (const track of [TRACK, IN_BAND]) {
					const depacketizer = createDepacketizer(track, {
						onAudio: ({ data, duration }) => {
							expect(data.length).toBeGreaterThan(0);
							expect(duration).toBeGreaterThan(0);
						},
						onAudioConfig() {},
						onVideo() {},
						onParameterSets() {},
					});
					for (const fields of packets) depacketizer.push(rtpPacket(fields), 0);
				}
			}),
			{ numRuns: 500 },
		);
	});
});
