import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../src/hls/mpegts/crc32.ts';
import { TsWriter } from '../../../src/hls/mpegts/ts-writer.ts';
import { Demuxer } from './demux.ts';

const VIDEO = 0x100;
const AUDIO = 0x101;
const BOTH = { video: true, audio: true };

function bytesOf(size: number, seed: number): Uint8Array {
	return Uint8Array.from({ length: size }, (_, at) => (at * 7 + seed) & 0xff);
}

function annexB(nalus: readonly Uint8Array[]): Buffer {
	const startCode = Uint8Array.of(0, 0, 0, 1);
	return Buffer.concat([Uint8Array.of(0, 0, 0, 1, 9, 0xf0), ...nalus.flatMap((nalu) => [startCode, nalu])]);
}

describe('CRC of sections', () => {
	it('gives the check value of CRC-32/MPEG-2', () => {
		const bytes = Buffer.from('123456789');
		expect(crc32(bytes, 0, bytes.length)).toBe(0x0376e6e7);
	});
});

describe('transport stream writer', () => {
	it('names the streams of the program and its clock', () => {
		const writer = new TsWriter();
		const read = (program: { video: boolean; audio: boolean }) => {
			writer.begin(program);
			return new Demuxer().read(writer.finish().bytes);
		};
		const both = read(BOTH);
		expect([...both.streams]).toEqual([
			[VIDEO, 0x1b],
			[AUDIO, 0x0f],
		]);
		expect(both.clockPid).toBe(VIDEO);
		const again = read(BOTH);
		expect(again.version).toBe(both.version);
		const audioOnly = read({ video: false, audio: true });
		expect([...audioOnly.streams.keys()]).toEqual([AUDIO]);
		expect(audioOnly.clockPid).toBe(AUDIO);
		expect(audioOnly.version).toBe(both.version + 1);
	});

	it('reads back what was written, whatever the sizes', () => {
		const size = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 80_000 }));
		const time = fc.integer({ min: 0, max: 2 ** 34 });
		const video = fc.record({
			kind: fc.constant('video' as const),
			sizes: fc.array(size, { minLength: 1, maxLength: 6 }),
			key: fc.boolean(),
			dts: time,
			delay: fc.constantFrom(0, 3600, 7200),
		});
		const audio = fc.record({
			kind: fc.constant('audio' as const),
			size: fc.integer({ min: 1, max: 8184 }),
			pts: time,
		});
		const segments = fc.array(fc.array(fc.oneof(video, audio), { maxLength: 8 }), { minLength: 1, maxLength: 4 });
		fc.assert(
			fc.property(segments, (cuts) => {
				const writer = new TsWriter();
				// One demuxer for all segments: continuity must go on over them.
				const demuxer = new Demuxer();
				for (const units of cuts) {
					writer.begin(BOTH);
					for (const [seed, unit] of units.entries()) {
						if (unit.kind === 'audio') writer.writeAudio(bytesOf(7, seed), bytesOf(unit.size, seed), unit.pts);
						else {
							const nalus = unit.sizes.map((bytes) => bytesOf(bytes, seed));
							writer.writeVideo(nalus, unit.key, unit.dts + unit.delay, unit.dts);
						}
					}
					const { pes } = demuxer.read(writer.finish().bytes);
					for (const pid of [VIDEO, AUDIO]) {
						const sent = [...units.entries()].filter(([, unit]) => (unit.kind === 'video') === (pid === VIDEO));
						const got = pes.filter((one) => one.pid === pid);
						expect(got.length).toBe(sent.length);
						for (const [index, [seed, unit]] of sent.entries()) {
							const one = got[index];
							if (unit.kind === 'audio') {
								const payload = Buffer.concat([bytesOf(7, seed), bytesOf(unit.size, seed)]);
								expect(Buffer.compare(payload, one?.payload as Buffer)).toBe(0);
								expect(one).toMatchObject({ pts: unit.pts % 2 ** 33, pcr: undefined, streamId: 0xc0 });
							} else {
								const payload = annexB(unit.sizes.map((bytes) => bytesOf(bytes, seed)));
								expect(Buffer.compare(payload, one?.payload as Buffer)).toBe(0);
								expect(one).toMatchObject({
									pts: (unit.dts + unit.delay) % 2 ** 33,
									dts: unit.dts % 2 ** 33,
									pcr: (unit.dts - 18_000 + 2 ** 33) % 2 ** 33,
									randomAccess: unit.key,
									streamId: 0xe0,
								});
							}
						}
					}
				}
			}),
			{ numRuns: 60 },
		);
	});

	it('says the length of a PES packet as long as it fits in 16 bits', () => {
		const writer = new TsWriter();
		writer.begin(BOTH);
		const header = 14 - 6 + 6 + 4;
		writer.writeVideo([bytesOf(0xffff - header, 1)], true, 0, 0);
		writer.writeVideo([bytesOf(0xffff - header + 1, 1)], true, 0, 0);
		const bytes = Buffer.from(writer.finish().bytes);
		const lengths: number[] = [];
		for (let at = 0; at < bytes.length; at += 188) {
			const starts = bytes.readUInt16BE(at + 1) === (0x4000 | VIDEO);
			if (starts) lengths.push(bytes.readUInt16BE(at + 5 + (bytes[at + 4] as number) + 4));
		}
		expect(lengths).toEqual([0xffff, 0]);
	});

	it('carries the clock on the audio when there is no video', () => {
		const writer = new TsWriter();
		writer.begin({ video: false, audio: true });
		writer.writeAudio(bytesOf(7, 1), bytesOf(300, 1), 90_000);
		const { pes } = new Demuxer().read(writer.finish().bytes);
		expect(pes).toMatchObject([{ pid: AUDIO, pts: 90_000, pcr: 72_000, randomAccess: true }]);
	});

	it('gives bytes that later segments do not touch', () => {
		const writer = new TsWriter();
		writer.begin(BOTH);
		writer.writeVideo([bytesOf(5000, 1)], true, 0, 0);
		const first = writer.finish().bytes;
		const before = Buffer.from(first);
		writer.begin(BOTH);
		writer.writeVideo([bytesOf(5000, 2)], true, 3600, 3600);
		writer.finish();
		expect(Buffer.compare(before, first)).toBe(0);
	});
});
