import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ParameterSets } from '../../../src/media/codecs/parameter-sets.ts';
import type { RawVideo } from '../../../src/media/depacketizers/depacketizer.ts';
import { H265_SYNTAX, H265Depacketizer } from '../../../src/media/depacketizers/h265-depacketizer.ts';
import { packetizeH265 } from '../../../src/media/packetizers/h265-packetizer.ts';
import type { VideoParameterSets } from '../../../src/media/track.ts';
import { hex, rtpPacket } from './rtp-packets.ts';

const VPS = '40010c01ffff01600000030090000003000003003f928090';
const SPS = '42010101600000030090000003000003003fa0050201696592a4932bc05a020000030002000003003210';
const PPS = '4401c172b46240';
const OTHER_SPS = '42010101600000030090000003000003005da00280802d16595964932bc05a020000030002000003003c10';
/** Slices that are the first of their picture, and one that is not. */
const IDR = '2601 af 0102 0304';
const CRA = '2a01 af 0102';
const SLICE = '0201 d0 0102';
const LATER_SLICE = '0201 50 0304';
const LEADING = '1001 d0 0506';
const AUD = '4601 50';
const SEI = '4e01 0504';
const SUFFIX_SEI = '5001 8401';
const ALL: VideoParameterSets = { vps: hex(VPS), sps: hex(SPS), pps: hex(PPS) };

type Step = {
	readonly payload: string;
	readonly timestamp?: number;
	readonly marker?: boolean;
	/** Packets lost before this one; negative for a duplicate. */
	readonly lost?: number;
};

class Camera {
	readonly frames: RawVideo[] = [];
	/** What came, in order: `sets` or the NAL units of a frame. */
	readonly log: string[] = [];
	readonly depacketizer: H265Depacketizer;
	#sequence = 65_530;
	#arrival = 0;

	constructor(parameterSets: VideoParameterSets | undefined = ALL) {
		this.depacketizer = new H265Depacketizer(parameterSets.sps.length > 0 ? { parameterSets } : {}, {
			onVideo: (frame) => {
				this.frames.push(frame);
				this.log.push(frame.nalus.map(text).join(' '));
			},
			onParameterSets: ({ vps, sps, pps }) =>
				this.log.push(['sets', vps && text(vps), text(sps), text(pps)].filter(Boolean).join(' ')),
		});
	}

	send(...steps: readonly Step[]): this {
		for (const { payload, timestamp = 0, marker = false, lost = 0 } of steps) {
			this.#sequence = (this.#sequence + 1 + lost) & 0xffff;
			const bytes = hex(payload);
			this.depacketizer.push(
				rtpPacket({ sequence: this.#sequence, timestamp, marker, payload: bytes }),
				this.#arrival++,
			);
			// The receive buffer is used again at once.
			bytes.fill(0xee);
		}
		return this;
	}
}

const NOTHING: VideoParameterSets = { sps: new Uint8Array(0), pps: new Uint8Array(0) };
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const joined = (...nalus: readonly string[]) => nalus.map((nalu) => nalu.replace(/\s/g, '')).join(' ');
/** An aggregation packet of some NAL units. */
const aggregate = (...nalus: readonly string[]) =>
	`6001${nalus.map((nalu) => hex(nalu).length.toString(16).padStart(4, '0') + nalu).join('')}`;

describe('H265Depacketizer', () => {
	test('single NAL units and the marker', () => {
		const camera = new Camera().send(
			{ payload: IDR, timestamp: 7, marker: true },
			{ payload: SLICE, timestamp: 3007 },
			{ payload: LATER_SLICE, timestamp: 3007, marker: true },
		);
		expect(camera.log).toEqual([joined(VPS, SPS, PPS, IDR), joined(SLICE, LATER_SLICE)]);
		expect(camera.frames).toMatchObject([
			{ timestamp: 7, key: true, bidirectional: undefined, afterLoss: false, arrival: 0 },
			{ timestamp: 3007, key: false, bidirectional: undefined, size: 10, arrival: 1 },
		]);
	});

	test('an aggregation packet, with zeros or junk behind', () => {
		for (const padding of ['', '00', '0000', '00000000', 'ffff01']) {
			const camera = new Camera(NOTHING).send({
				payload: aggregate(VPS, SPS, PPS, SEI, IDR) + padding,
				marker: true,
			});
			expect(camera.log).toEqual([`sets ${VPS} ${SPS} ${PPS}`, joined(VPS, SPS, PPS, SEI, IDR)]);
		}
	});

	test.each<[string, Step[]]>([
		[
			'of three parts',
			[{ payload: '6201 93 af' }, { payload: '6201 13 0102' }, { payload: '6201 53 0304', marker: true }],
		],
		['with start and end in one', [{ payload: '6201 d3 af 0102 0304', marker: true }]],
		['with an empty one at the end', [{ payload: '6201 93 af 0102 0304' }, { payload: '6201 53', marker: true }]],
		[
			'with a wrong type in a continuation',
			[{ payload: '6201 93 af' }, { payload: '6201 41 0102 0304', marker: true }],
		],
		['without end bit', [{ payload: '6201 93 af' }, { payload: '6201 13 0102 0304', marker: true }]],
		['ended by the timestamp', [{ payload: '6201 d3 af 0102 0304' }, { payload: AUD, timestamp: 3000 }]],
	])('fragments %s', (_name, steps) => {
		expect(new Camera().send(...steps).log).toEqual([joined(VPS, SPS, PPS, IDR)]);
	});

	test.each([
		['IDR', '2601', true],
		['IDR without leading pictures', '2801', true],
		['CRA', '2a01', true],
		['BLA', '2001', true],
		['a trailing picture', '0201', false],
		['a skipped leading picture', '1201', false],
	])('%s: key is %s', (_name, header, key) => {
		expect(new Camera().send({ payload: `${header} af 01`, marker: true }).frames).toMatchObject([{ key }]);
	});

	test('leading pictures follow the CRA picture they belong to', () => {
		const camera = new Camera().send(
			{ payload: CRA, marker: true },
			{ payload: LEADING, timestamp: -3000, marker: true },
		);
		expect(camera.log).toEqual([joined(VPS, SPS, PPS, CRA), joined(LEADING)]);
	});

	test('delimiters and ends are left out, SEI on both sides stays, sets come first and in order', () => {
		const camera = new Camera(NOTHING).send(
			{ payload: AUD },
			{ payload: SEI },
			{ payload: PPS },
			{ payload: SPS },
			{ payload: VPS },
			{ payload: IDR },
			{ payload: SUFFIX_SEI },
			{ payload: '4a01 00', marker: true },
		);
		expect(camera.log).toEqual([`sets ${VPS} ${SPS} ${PPS}`, joined(VPS, SPS, PPS, SEI, IDR, SUFFIX_SEI)]);
	});

	test('a camera that never sends a VPS', () => {
		const camera = new Camera(NOTHING).send({ payload: aggregate(SPS, PPS, IDR), marker: true });
		expect(camera.log).toEqual([`sets ${SPS} ${PPS}`, joined(SPS, PPS, IDR)]);
	});

	test('a key unit without SPS or PPS is of no use', () => {
		const camera = new Camera(NOTHING).send(
			{ payload: aggregate(VPS, SPS, IDR), marker: true },
			{ payload: SLICE, timestamp: 3000, marker: true },
		);
		expect(camera.frames.map(({ key }) => key)).toEqual([false]);
		expect(camera.depacketizer.dropped).toBe(1);
	});

	test('a marker on parameter sets and SEI ends nothing', () => {
		const camera = new Camera(NOTHING).send(
			{ payload: VPS, marker: true },
			{ payload: SPS, marker: true },
			{ payload: PPS, marker: true },
			{ payload: SEI, marker: true },
			{ payload: IDR, marker: true },
		);
		expect(camera.log).toEqual([`sets ${VPS} ${SPS} ${PPS}`, joined(VPS, SPS, PPS, SEI, IDR)]);
	});

	test('another resolution is told before the frame that needs it', () => {
		const camera = new Camera().send(
			{ payload: aggregate(VPS, SPS, PPS, IDR), marker: true },
			{ payload: aggregate(VPS, OTHER_SPS, PPS, IDR), timestamp: 3000, marker: true },
			{ payload: SLICE, timestamp: 6000, marker: true },
		);
		expect(camera.log).toEqual([
			joined(VPS, SPS, PPS, IDR),
			`sets ${VPS} ${OTHER_SPS} ${PPS}`,
			joined(VPS, OTHER_SPS, PPS, IDR),
			joined(SLICE),
		]);
	});

	test.each([
		['a whole unit in one payload', `00000001 ${VPS} 00000001 ${SPS} 000001 ${PPS} 000001 ${IDR}`],
		['in one fragment', `6201 e0 ${VPS.slice(4)} 00000001 ${SPS} 00000001 ${PPS} 00000001 ${IDR}`],
	])('start codes inside: %s', (_name, payload) => {
		const camera = new Camera(NOTHING).send({ payload, marker: true });
		expect(camera.log).toEqual([`sets ${VPS} ${SPS} ${PPS}`, joined(VPS, SPS, PPS, IDR)]);
	});

	test.each<[string, Step[]]>([
		['the middle of a fragment', [{ payload: '6201 93 af' }, { payload: '6201 53 03', marker: true, lost: 1 }]],
		['the start of a fragment', [{ payload: '6201 53 03', marker: true, lost: 1 }]],
		['the first slice', [{ payload: LATER_SLICE, marker: true, lost: 1 }]],
		['a slice of several', [{ payload: IDR }, { payload: LATER_SLICE, marker: true, lost: 1 }]],
	])('the loss of %s drops the frame', (_name, steps) => {
		const camera = new Camera().send({ payload: IDR, timestamp: -3000, marker: true });
		camera.frames.length = 0;
		camera.send(...steps, { payload: SLICE, timestamp: 6000, marker: true });
		expect(camera.frames.map(({ timestamp }) => timestamp)).toEqual([6000]);
		expect(camera.depacketizer.dropped).toBe(1);
	});

	test('payloads of no or unknown type do nothing, those for scalable streams cost their frame', () => {
		const steps = ['', '02', '0201', '6001', '6201', '7e01 0000'].map((payload) => ({ payload }));
		const camera = new Camera().send(...steps, { payload: IDR, marker: true });
		expect(camera.log).toEqual([joined(VPS, SPS, PPS, IDR)]);
		camera.send({ payload: '6401 0000 0102', timestamp: 3000, marker: true });
		expect(camera.depacketizer.dropped).toBe(1);
	});
});

describe('parameter sets', () => {
	const listOf = (sets: ParameterSets) => {
		const list: Uint8Array[] = [];
		list.push(...sets.all);
		return list.map(text);
	};

	test('are told apart by their numbers, behind profile, tier and level', () => {
		expect(H265_SYNTAX.parameterSetId(hex(VPS), 'vps')).toBe(0);
		expect(H265_SYNTAX.parameterSetId(hex('40013c'), 'vps')).toBe(3);
		expect(H265_SYNTAX.parameterSetId(hex(SPS), 'sps')).toBe(0);
		// The same SPS with number 2: 011 in place of 1.
		expect(H265_SYNTAX.parameterSetId(hex('420101 01600000030090000003000003003f 60'), 'sps')).toBe(2);
		expect(H265_SYNTAX.parameterSetId(hex('44014172b4'), 'pps')).toBe(1);
	});

	test('of the SDP go with what they build on when the stream says otherwise', () => {
		const sets = new ParameterSets(H265_SYNTAX, ALL);
		expect(sets.update(hex(VPS), 'vps')).toBe(false);
		expect(sets.update(hex(OTHER_SPS), 'sps')).toBe(true);
		expect(listOf(sets)).toEqual([VPS, OTHER_SPS]);
		expect(sets.complete).toBe(false);
		expect(sets.update(hex(PPS), 'pps')).toBe(true);
		expect(sets.latest).toEqual({ vps: hex(VPS), sps: hex(OTHER_SPS), pps: hex(PPS) });
	});
});

describe('packetizeH265', () => {
	const packetize = (nalus: readonly Uint8Array[], maxPayload: number) => {
		const payloads: { payload: Uint8Array; marker: boolean }[] = [];
		packetizeH265(nalus, maxPayload, (payload, marker) => payloads.push({ payload: payload.slice(), marker }));
		return payloads;
	};

	test('small units share a packet under the lowest temporal id, large ones become fragments', () => {
		const large = new Uint8Array(1400).fill(0x11);
		large.set(hex('2603 af'));
		const payloads = packetize([hex('4003 0c'), hex('4205 0101'), large], 1200);
		expect(payloads.map(({ payload, marker }) => [text(payload.subarray(0, 3)), payload.length, marker])).toEqual([
			['600300', 2 + 2 + 3 + 2 + 4, false],
			['620393', 1200, false],
			['620353', 3 + 1398 - 1197, true],
		]);
		expect(text(payloads[0]?.payload ?? new Uint8Array())).toBe('6003 0003 40030c 0004 42050101'.replaceAll(' ', ''));
	});

	test('what is packetized comes out the same', () => {
		const unit = fc
			.record({ key: fc.boolean(), sizes: fc.array(fc.integer({ min: 4, max: 3000 }), { minLength: 1, maxLength: 5 }) })
			.map(({ key, sizes }) => {
				const slices = sizes.map((size, index) => {
					const nalu = new Uint8Array(size).fill(index + 1);
					nalu.set(hex(key ? '2601' : '0201'));
					nalu[2] = index === 0 ? 0xaf : 0x2f;
					return nalu;
				});
				return key ? [hex(VPS), hex(SPS), hex(PPS), ...slices] : slices;
			});
		fc.assert(
			fc.property(fc.array(unit, { minLength: 1, maxLength: 5 }), fc.integer({ min: 60, max: 1400 }), (units, max) => {
				const frames: RawVideo[] = [];
				const depacketizer = new H265Depacketizer(
					{ parameterSets: ALL },
					{ onVideo: (frame) => frames.push(frame), onParameterSets: () => expect.unreachable() },
				);
				let sequence = 0;
				for (const [index, nalus] of units.entries()) {
					for (const { payload, marker } of packetize(nalus, max)) {
						expect(payload.length).toBeLessThanOrEqual(max);
						depacketizer.push(rtpPacket({ sequence: sequence++, timestamp: index * 3000, marker, payload }), 0);
					}
				}
				expect(frames.map(({ nalus }) => nalus.map(text))).toEqual(units.map((nalus) => nalus.map(text)));
			}),
			{ numRuns: 50 },
		);
	});

	test('never throws, and what comes out is within bounds', () => {
		const packet = fc.record({
			sequence: fc.nat(30),
			timestamp: fc.nat(2),
			marker: fc.boolean(),
			payload: fc.oneof(
				fc.uint8Array({ maxLength: 30 }),
				fc
					.tuple(fc.constantFrom(0x60, 0x62, 0x26, 0x02, 0x42, 0x44), fc.uint8Array({ maxLength: 30 }))
					.map(([type, rest]) => Uint8Array.of(type, 1, ...rest)),
			),
		});
		fc.assert(
			fc.property(fc.array(packet, { maxLength: 40 }), (packets) => {
				const depacketizer = new H265Depacketizer(
					{},
					{
						onVideo: ({ nalus, size }) => {
							expect(nalus.length).toBeGreaterThan(0);
							expect(size).toBe(nalus.reduce((sum, nalu) => sum + nalu.length, 0));
						},
						onParameterSets() {},
					},
				);
				for (const fields of packets) depacketizer.push(rtpPacket(fields), 0);
			}),
			{ numRuns: 500 },
		);
	});
});
