import { describe, expect, test } from 'vitest';
import type { RawVideo } from '../../../src/media/depacketizers/depacketizer.ts';
import { H264Depacketizer } from '../../../src/media/depacketizers/h264-depacketizer.ts';
import { PICTURE_LIMITS } from '../../../src/media/limits.ts';
import { hex, rtpPacket } from './rtp-packets.ts';

const SPS = '6742c016d900a03db0110000030001000003001e0f162e48';
const PPS = '68ce3c80';
const OTHER_SPS = '6764001facb200a00b760220000003002000000781e30649';
/** Slices whose first_mb_in_slice is 0, and one that continues a picture. */
const IDR = '65 88 8401 0203';
const SLICE = '41 9a 0102 0304';
const LATER_SLICE = '41 6a 0506';
const SEI = '06 05 0401';
const AUD = '09 f0';
const FILLER = '0c ff ff 80';

type Step = {
	/** RTP payload, hexadecimal. */
	readonly payload: string | Uint8Array;
	readonly timestamp?: number;
	readonly marker?: boolean;
	/** Packets lost before this one; negative for a duplicate. */
	readonly lost?: number;
};

class Camera {
	readonly frames: RawVideo[] = [];
	/** What came, in order: `sets` or the NAL units of a frame. */
	readonly log: string[] = [];
	readonly depacketizer: H264Depacketizer;
	#sequence = 65_530;
	#arrival = 0;

	constructor(described = true) {
		const parameterSets = { sps: hex(SPS), pps: hex(PPS) };
		this.depacketizer = new H264Depacketizer(described ? { parameterSets } : {}, {
			onVideo: (frame) => {
				this.frames.push(frame);
				this.log.push(frame.nalus.map(text).join(' '));
			},
			onParameterSets: ({ sps, pps }) => this.log.push(`sets ${text(sps)} ${text(pps)}`),
		});
	}

	send(...steps: readonly Step[]): this {
		for (const { payload, timestamp = 0, marker = false, lost = 0 } of steps) {
			this.#sequence = (this.#sequence + 1 + lost) & 0xffff;
			const bytes = typeof payload === 'string' ? hex(payload) : payload.slice();
			const packet = rtpPacket({ sequence: this.#sequence, timestamp, marker, payload: bytes });
			this.depacketizer.push(packet, this.#arrival++);
			// The receive buffer is used again at once.
			bytes.fill(0xee);
		}
		return this;
	}
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const joined = (...nalus: readonly string[]) => nalus.map((nalu) => nalu.replace(/\s/g, '')).join(' ');
/** STAP-A of some NAL units. */
const stapA = (...nalus: readonly string[]) =>
	`18${nalus.map((nalu) => hex(nalu).length.toString(16).padStart(4, '0') + nalu).join('')}`;

describe('H264Depacketizer', () => {
	test('single NAL units and the marker', () => {
		const camera = new Camera().send(
			{ payload: IDR, timestamp: 7, marker: true },
			{ payload: SLICE, timestamp: 3007 },
			{ payload: LATER_SLICE, timestamp: 3007, marker: true },
		);
		expect(camera.log).toEqual([joined(SPS, PPS, IDR), joined(SLICE, LATER_SLICE)]);
		expect(camera.frames).toMatchObject([
			{ timestamp: 7, key: true, size: 24 + 4 + 6, arrival: 0 },
			{ timestamp: 3007, key: false, size: 10, arrival: 1 },
		]);
	});

	test.each([
		['B', '01 9e', true],
		['B of slices that differ', '01 a8', true],
		['P', '41 9a', false],
		['P of slices that differ', '41 e0', false],
		['I', '41 88', false],
		['I of slices that differ', '41 b0', false],
		['SP', '41 90', false],
		['in another part of the picture', '01 4e', false],
	])('tells B-frames by their slices: %s', (_name, slice, bidirectional) => {
		const camera = new Camera().send(
			{ payload: IDR, marker: true },
			{ payload: `${slice} 0102`, timestamp: 3000 },
			{ payload: LATER_SLICE, timestamp: 3000, marker: true },
			{ payload: SLICE, timestamp: 6000, marker: true },
		);
		expect(camera.frames.map((frame) => frame.bidirectional)).toEqual([false, bidirectional, false]);
	});

	test('tells after which frames something is missing', () => {
		const at = (frame: number, ...steps: readonly Step[]) =>
			steps.map((step, index) => ({ ...step, timestamp: frame * 3000, marker: index === steps.length - 1 }));
		const camera = new Camera().send(
			...at(0, { payload: IDR }),
			...at(1, { payload: SLICE }),
			// A whole frame.
			...at(3, { payload: SLICE, lost: 1 }),
			...at(4, { payload: SLICE }),
			// A part of a frame: it is dropped.
			...at(5, { payload: SLICE }, { payload: LATER_SLICE, lost: 1 }),
			...at(6, { payload: SLICE }),
			...at(7, { payload: SLICE }),
			// What stands before the picture in its own unit.
			...at(8, { payload: SEI }, { payload: SLICE, lost: 1 }),
			...at(9, { payload: SLICE }),
			// A frame that cannot be read.
			...at(10, { payload: '5d 81 0102' }, { payload: SLICE }),
			...at(11, { payload: SLICE }),
		);
		const frames = (afterLoss: boolean) =>
			camera.frames.filter((frame) => frame.afterLoss === afterLoss).map(({ timestamp }) => timestamp / 3000);
		expect([frames(false), frames(true)]).toEqual([
			[0, 1, 4, 7, 9],
			[3, 6, 8, 11],
		]);
	});

	test('an aggregate, with zeros or junk behind', () => {
		for (const padding of ['', '00', '0000', '00000000', 'ffff01']) {
			const camera = new Camera(false).send({ payload: stapA(SPS, PPS, SEI, IDR) + padding, marker: true });
			expect(camera.log).toEqual([`sets ${SPS} ${PPS}`, joined(SPS, PPS, SEI, IDR)]);
		}
	});

	test('fragments', () => {
		const camera = new Camera().send(
			{ payload: '7c 85 88 84' },
			{ payload: '7c 05 01' },
			{ payload: '7c 45 02 03', marker: true },
		);
		expect(camera.log).toEqual([joined(SPS, PPS, IDR)]);
	});

	test.each<[string, Step[]]>([
		['start and end in one', [{ payload: '7c c5 88 84 01 02 03', marker: true }]],
		[
			'empty ones between',
			[{ payload: '7c 85 88 84' }, { payload: '7c 05' }, { payload: '7c 45 01 02 03', marker: true }],
		],
		['an empty one at the end', [{ payload: '7c 85 88 84 01 02 03' }, { payload: '7c 45', marker: true }]],
		['one behind the end', [{ payload: '7c c5 88 84 01 02 03' }, { payload: '7c 45', marker: true }]],
		['a wrong type in a continuation', [{ payload: '7c 85 88 84' }, { payload: '7c 41 01 02 03', marker: true }]],
		['no end bit, but the marker', [{ payload: '7c 85 88 84' }, { payload: '7c 05 01 02 03', marker: true }]],
		[
			'no end bit, but another timestamp',
			[{ payload: '7c 85 88 84' }, { payload: '7c 05 01 02 03' }, { payload: AUD, timestamp: 3000 }],
		],
	])('fragments with %s', (_name, steps) => {
		expect(new Camera().send(...steps).log).toEqual([joined(SPS, PPS, IDR)]);
	});

	test('a fragment without end is over when the next NAL unit starts', () => {
		const camera = new Camera().send(
			{ payload: '7c 85 88 84' },
			{ payload: '7c 05 01 02 03' },
			{ payload: '5c 81 6a 05' },
			{ payload: '5c 41 06', marker: true },
		);
		expect(camera.log).toEqual([joined(SPS, PPS, IDR, LATER_SLICE)]);
	});

	test('a fragment without end is over when a whole NAL unit comes', () => {
		const camera = new Camera().send({ payload: '7c 85 88 84' }, { payload: '65 48 05', marker: true });
		expect(camera.log).toEqual([joined(SPS, PPS, '658884', '654805')]);
	});

	test('a camera without marker: the timestamp ends the unit', () => {
		const camera = new Camera().send(
			{ payload: SPS },
			{ payload: PPS },
			{ payload: IDR },
			{ payload: SLICE, timestamp: 3000 },
			{ payload: LATER_SLICE, timestamp: 3000 },
			{ payload: SLICE, timestamp: 6000 },
		);
		expect(camera.log).toEqual([joined(SPS, PPS, IDR), joined(SLICE, LATER_SLICE)]);
	});

	test('a marker on parameter sets and SEI ends nothing', () => {
		const camera = new Camera(false).send(
			{ payload: SPS, marker: true },
			{ payload: PPS, marker: true },
			{ payload: SEI, marker: true },
			{ payload: IDR, marker: true },
		);
		expect(camera.log).toEqual([`sets ${SPS} ${PPS}`, joined(SPS, PPS, SEI, IDR)]);
	});

	test('parameter sets of an own timestamp serve the next key unit', () => {
		const camera = new Camera(false).send(
			{ payload: SPS, marker: true },
			{ payload: PPS, marker: true },
			{ payload: IDR, timestamp: 3000, marker: true },
		);
		expect(camera.log).toEqual([`sets ${SPS} ${PPS}`, joined(SPS, PPS, IDR)]);
		expect(camera.depacketizer.dropped).toBe(0);
	});

	test('delimiters, filler and ends are left out; parameter sets come first and once', () => {
		const camera = new Camera(false).send(
			{ payload: AUD },
			{ payload: SEI },
			{ payload: stapA(SPS, PPS) },
			{ payload: SPS },
			{ payload: IDR },
			{ payload: FILLER },
			{ payload: '0a' },
			{ payload: '0b', marker: true },
		);
		expect(camera.log).toEqual([`sets ${SPS} ${PPS}`, joined(SPS, PPS, SEI, IDR)]);
	});

	test('changed parameter sets are told before the frame that needs them', () => {
		const camera = new Camera().send(
			{ payload: stapA(SPS, PPS, IDR), marker: true },
			{ payload: stapA(OTHER_SPS, PPS, IDR), timestamp: 3000, marker: true },
			{ payload: stapA(OTHER_SPS, PPS, IDR), timestamp: 6000, marker: true },
		);
		const frame = joined(OTHER_SPS, PPS, IDR);
		expect(camera.log).toEqual([joined(SPS, PPS, IDR), `sets ${OTHER_SPS} ${PPS}`, frame, frame]);
	});

	test('changed parameter sets before a picture that is no key picture go with it', () => {
		const otherPps = '68ee3c80';
		const camera = new Camera().send(
			{ payload: IDR, marker: true },
			{ payload: stapA(otherPps, SLICE.replaceAll(' ', '')), timestamp: 3000, marker: true },
			{ payload: SLICE, timestamp: 6000, marker: true },
		);
		const sets = joined(SPS, otherPps);
		expect(camera.log).toEqual([joined(SPS, PPS, IDR), `sets ${sets}`, joined(SPS, otherPps, SLICE), joined(SLICE)]);
	});

	test('a recovery point is of use with parameter sets only, and brings them along', () => {
		const point = { payload: stapA('0606 01c480'.replace(' ', ''), SLICE.replaceAll(' ', '')), marker: true };
		const recovery = (camera: Camera) =>
			camera.send(point, { payload: SLICE, timestamp: 3000, marker: true }).frames.map((frame) => frame.recovery);
		expect(recovery(new Camera(false))).toEqual([undefined, undefined]);
		expect(recovery(new Camera())).toEqual([[hex(SPS), hex(PPS)], undefined]);
	});

	test('a key unit without any parameter sets is of no use', () => {
		const camera = new Camera(false).send(
			{ payload: IDR, marker: true },
			{ payload: SLICE, timestamp: 3000, marker: true },
		);
		expect(camera.log).toEqual([joined(SLICE)]);
		expect(camera.depacketizer.dropped).toBe(1);
	});

	test.each([
		['a whole unit in one payload', `00000001 ${SPS} 00000001 ${PPS} 000001 ${IDR}`],
		['no start code at the beginning', `${SPS} 00000001 ${PPS} 00000001 ${IDR}`],
		['in one fragment', `7c c7 ${SPS.slice(2)} 00000001 ${PPS} 00000001 ${IDR}`],
		['in an aggregate', stapA(`00000001${SPS}`, `${PPS}00000001${IDR.replace(/\s/g, '')}`)],
	])('start codes inside: %s', (_name, payload) => {
		const camera = new Camera(false).send({ payload, marker: true });
		expect(camera.log).toEqual([`sets ${SPS} ${PPS}`, joined(SPS, PPS, IDR)]);
	});

	test('start codes inside slices, once a key unit had some', () => {
		const camera = new Camera().send(
			{ payload: `00000001 ${IDR}`, marker: true },
			{ payload: `${SLICE} 000001 ${LATER_SLICE}`, timestamp: 3000, marker: true },
		);
		expect(camera.log).toEqual([joined(SPS, PPS, IDR), joined(SLICE, LATER_SLICE)]);
	});

	test('10 kB packets in packetization mode 0, as Tapo cameras send them', () => {
		const idr = `65 88 ${'ab'.repeat(10_000)}`;
		const camera = new Camera().send({ payload: idr }, { payload: `65 48 ${'cd'.repeat(30_000)}`, marker: true });
		expect(camera.log).toEqual([joined(SPS, PPS, idr, `6548${'cd'.repeat(30_000)}`)]);
	});

	test('delimiter, parameter sets and SEI one by one before fragments, as Amcrest cameras send them', () => {
		const camera = new Camera(false).send(
			{ payload: AUD },
			{ payload: SPS },
			{ payload: PPS },
			{ payload: SEI },
			{ payload: '7c 85 88 84' },
			{ payload: '7c 45 01 02 03', marker: true },
		);
		expect(camera.log).toEqual([`sets ${SPS} ${PPS}`, joined(SPS, PPS, SEI, IDR)]);
	});

	test('a marker on every parameter set and SEI, each with a timestamp of its own', () => {
		const camera = new Camera(false).send(
			{ payload: SPS, timestamp: 1, marker: true },
			{ payload: PPS, timestamp: 2, marker: true },
			{ payload: SEI, timestamp: 3, marker: true },
			{ payload: IDR, timestamp: 4, marker: true },
			{ payload: SLICE, timestamp: 3004, marker: true },
		);
		expect(camera.log).toEqual([`sets ${SPS} ${PPS}`, joined(SPS, PPS, IDR), joined(SLICE)]);
		expect(camera.depacketizer.dropped).toBe(0);
	});

	test('a marker on every slice: one picture is lost, then the timestamp ends the pictures', () => {
		const camera = new Camera().send(
			...[0, 3000, 6000].flatMap((timestamp) => [
				{ payload: IDR, timestamp, marker: true },
				{ payload: '65 48 05', timestamp, marker: true },
				{ payload: '65 28 06', timestamp, marker: true },
			]),
			{ payload: AUD, timestamp: 9000 },
		);
		const whole = joined(SPS, PPS, IDR, '654805', '652806');
		expect(camera.log).toEqual([joined(SPS, PPS, IDR), whole, whole]);
		expect(camera.depacketizer.dropped).toBe(1);
	});

	test('two fields with the same timestamp are two units', () => {
		const camera = new Camera().send(
			{ payload: IDR, marker: true },
			{ payload: SLICE, marker: true },
			{ payload: SLICE, timestamp: 3000, marker: true },
		);
		expect(camera.log).toEqual([joined(SPS, PPS, IDR), joined(SLICE), joined(SLICE)]);
	});

	test('types of the vendor between slices, as Reolink cameras send them', () => {
		const camera = new Camera().send(
			{ payload: IDR },
			{ payload: '1e 0102' },
			{ payload: '1f 03' },
			{
				payload: '65 48 05',
				marker: true,
			},
		);
		expect(camera.log).toEqual([joined(SPS, PPS, IDR, '654805')]);
	});

	test('several NAL units inside one fragmented one, over several packets', () => {
		const camera = new Camera(false).send(
			{ payload: `7c 87 ${SPS.slice(2)} 000000` },
			{ payload: `7c 07 01 ${PPS} 0000` },
			{ payload: `7c 47 01 ${IDR}`, marker: true },
		);
		expect(camera.log).toEqual([`sets ${SPS} ${PPS}`, joined(SPS, PPS, IDR)]);
	});

	test('a lost start of a fragment costs all up to the next start', () => {
		const camera = new Camera().send(
			{ payload: IDR, marker: true },
			{ payload: '5c 01 9a', timestamp: 3000, lost: 1 },
			{ payload: '5c 41 01', timestamp: 3000, marker: true },
			{ payload: '5c 81 9a 01', timestamp: 6000 },
			{ payload: '5c 41 02 03 04', timestamp: 6000, marker: true },
		);
		expect(camera.log).toEqual([joined(SPS, PPS, IDR), joined(SLICE)]);
	});

	describe('loss', () => {
		test.each<[string, Step[], number]>([
			['the middle of a fragment', [{ payload: '7c 85 88' }, { payload: '7c 45 03', marker: true, lost: 1 }], 1],
			['the start of a fragment', [{ payload: '7c 45 03', marker: true, lost: 1 }], 1],
			['the end of a frame', [{ payload: '7c 85 88' }, { payload: SLICE, timestamp: 6000, lost: 1 }], 1],
			['a slice of several', [{ payload: IDR }, { payload: LATER_SLICE, marker: true, lost: 1 }], 1],
			['the first slice', [{ payload: LATER_SLICE, marker: true, lost: 1 }], 1],
		])('of %s drops the frame', (_name, steps, dropped) => {
			const camera = new Camera().send({ payload: IDR, timestamp: -3000, marker: true });
			camera.frames.length = 0;
			camera.send(...steps, { payload: SLICE, timestamp: 6000, marker: true });
			expect(camera.frames.map(({ timestamp }) => timestamp)).toEqual([6000]);
			expect(camera.depacketizer.dropped).toBe(dropped);
		});

		test('of whole frames costs no other', () => {
			const camera = new Camera().send(
				{ payload: IDR, marker: true },
				{ payload: SLICE, timestamp: 6000, marker: true, lost: 3 },
			);
			expect(camera.frames).toHaveLength(2);
			expect(camera.depacketizer.dropped).toBe(0);
		});

		test('of what stands before the picture costs nothing', () => {
			const camera = new Camera().send({ payload: SPS }, { payload: IDR, marker: true, lost: 1 });
			expect(camera.log).toEqual([joined(SPS, PPS, IDR)]);
		});

		test('a duplicate of the end of a frame does not end the next one', () => {
			const camera = new Camera().send(
				{ payload: IDR, marker: true },
				{ payload: SLICE, timestamp: 3000 },
				{ payload: IDR, marker: true, lost: -2 },
				{ payload: LATER_SLICE, timestamp: 3000, marker: true, lost: 1 },
			);
			expect(camera.log).toEqual([joined(SPS, PPS, IDR), joined(SLICE, LATER_SLICE)]);
			expect(camera.depacketizer.dropped).toBe(0);
		});

		test('a duplicate is passed over', () => {
			const camera = new Camera().send(
				{ payload: '7c 85 88 84' },
				{ payload: '7c 85 88 84', lost: -1 },
				{ payload: '7c 45 01 02 03', marker: true },
			);
			expect(camera.log).toEqual([joined(SPS, PPS, IDR)]);
		});

		test('the stream is joined in the middle of a frame', () => {
			const camera = new Camera().send(
				{ payload: '7c 45 01 02 03', marker: true },
				{ payload: IDR, timestamp: 3000, marker: true },
			);
			expect(camera.log).toEqual([joined(SPS, PPS, IDR)]);
		});

		test('reset forgets the half frame and the sequence', () => {
			const camera = new Camera().send({ payload: '7c 85 88 84' });
			camera.depacketizer.reset();
			camera.send({ payload: IDR, marker: true, lost: 20_000 });
			expect(camera.log).toEqual([joined(SPS, PPS, IDR)]);
			expect(camera.depacketizer.dropped).toBe(0);
		});
	});

	describe('caps', () => {
		test('a frame with too many NAL units is dropped', () => {
			const camera = new Camera();
			for (let count = 0; count <= PICTURE_LIMITS.nalus; count++) camera.send({ payload: IDR });
			camera.send({ payload: IDR, marker: true }, { payload: SLICE, timestamp: 3000, marker: true });
			expect(camera.log).toEqual([joined(SLICE)]);
			expect(camera.depacketizer.dropped).toBe(1);
		});

		test('a frame that never ends is dropped', () => {
			const camera = new Camera().send({ payload: '7c 85 88' });
			const fragment = new Uint8Array(65_000).fill(0x11);
			fragment.set([0x7c, 0x05]);
			for (let sent = 0; sent <= PICTURE_LIMITS.bytes; sent += fragment.length) camera.send({ payload: fragment });
			camera.send({ payload: '7c 45 01', marker: true }, { payload: SLICE, timestamp: 3000, marker: true });
			expect(camera.log).toEqual([joined(SLICE)]);
			expect(camera.depacketizer.dropped).toBe(1);
		});

		test('the interleaved mode is not read', () => {
			for (const type of ['19', '1a', '1b', '1d']) {
				const camera = new Camera().send({ payload: `${type} 0000 0004 65888401`, marker: true });
				expect(camera.frames).toEqual([]);
				expect(camera.depacketizer.dropped).toBe(1);
			}
		});

		test('payloads of no or unknown type do nothing', () => {
			const camera = new Camera().send(
				{ payload: '' },
				{ payload: '00' },
				{ payload: '1e 01' },
				{ payload: '1f 01' },
				{ payload: '18' },
				{ payload: '7c' },
				{ payload: IDR, marker: true },
			);
			expect(camera.log).toEqual([joined(SPS, PPS, IDR)]);
		});
	});
});
