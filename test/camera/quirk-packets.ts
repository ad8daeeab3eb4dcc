import { buildGoodbye, buildReceiverReport, buildSenderReport } from '../../src/media/rtp/rtcp-writer.ts';
import { buildRtp } from '../../src/media/rtp/rtp-writer.ts';
import type { QuirkStep } from './quirk-file.ts';
import { nalu } from './quirk-nalus.ts';

const SSRC = 0x1234;
const PICTURE_TICKS = 3000;
const NTP = { seconds: 4_000_000_000, fraction: 0 };
const START_CODE = Uint8Array.of(0, 0, 0, 1);
const SOUND = 'd5';

/** One datagram or interleaved frame. */
export type QuirkPacket = { readonly track: number; readonly isRtcp: boolean; readonly bytes: Uint8Array };

type Payload = { readonly bytes: Uint8Array; readonly isSet: boolean };
type TrackState = { sequence: number; timestamp: number; ssrc: number };

/** Makes packets of the steps of one camera: numbers and times go on from step to step. */
export class QuirkPackets {
	readonly #payloadTypes: readonly number[];
	readonly #tracks = new Map<number, TrackState>();

	/** @param sdp the first number of each media line is the payload type of its packets */
	constructor(sdp: string) {
		this.#payloadTypes = [...sdp.matchAll(/^m=\S+ \S+ \S+ (\d+)/gm)].map((match) => Number(match[1]));
	}

	/** @returns nothing for a step that sends no media */
	of(step: QuirkStep): QuirkPacket[] {
		const track = step.track ?? (step.sound || step.aac ? 1 : 0);
		const state = this.#state(track, step);
		if (step.rtcp !== undefined)
			return [{ track, isRtcp: true, bytes: rtcp(step.rtcp, step.ssrc ?? state.ssrc, state) }];
		const payloads = payloadsOf(step);
		if (payloads.length === 0) return [];
		const isSound = step.sound !== undefined || step.aac !== undefined;
		const packets = payloads.map((payload, index) => {
			const bytes = buildRtp({
				payloadType: step.pt ?? this.#payloadTypes[track] ?? 96,
				marker: hasMarker(step, payload, index, payloads.length),
				sequence: state.sequence,
				timestamp: state.timestamp,
				ssrc: state.ssrc,
				payload: payload.bytes,
			});
			state.sequence = (state.sequence + 1) & 0xffff;
			if (isSound) state.timestamp = (state.timestamp + (step.ticks ?? payload.bytes.length)) >>> 0;
			return { track, isRtcp: false, bytes };
		});
		if (!isSound) state.timestamp = (state.timestamp + (step.ticks ?? PICTURE_TICKS)) >>> 0;
		const order = step.order ?? packets.map((_, index) => index);
		return order.filter((index) => !step.lose?.includes(index)).flatMap((index) => packets[index] ?? []);
	}

	#state(track: number, step: QuirkStep): TrackState {
		const state = this.#tracks.get(track) ?? { sequence: 1, timestamp: 90_000, ssrc: SSRC + track };
		this.#tracks.set(track, state);
		if (step.sequence !== undefined) state.sequence = step.sequence;
		if (step.timestamp !== undefined) state.timestamp = step.timestamp;
		if (step.ssrc !== undefined && step.rtcp === undefined) state.ssrc = step.ssrc;
		return state;
	}
}

function hasMarker(step: QuirkStep, payload: Payload, index: number, count: number): boolean {
	switch (step.marker ?? (step.sound || step.aac ? 'none' : 'last')) {
		case 'none':
			return false;
		case 'first':
			return index === 0;
		case 'last':
			return index === count - 1;
		case 'sets':
			return payload.isSet || index === count - 1;
		case 'each':
			return true;
	}
}

function payloadsOf(step: QuirkStep): Payload[] {
	if (step.payload !== undefined) return [{ bytes: hex(step.payload), isSet: false }];
	const fill = Number.parseInt(step.fill ?? SOUND, 16);
	if (step.sound) return step.sound.map((size) => ({ bytes: Buffer.alloc(size, fill), isSet: false }));
	if (step.aac) return step.aac.flatMap((sizes) => aacPayloads(step, sizes)).map((bytes) => ({ bytes, isSet: false }));
	const codec = step.h264 ? 'h264' : 'h265';
	const names = step.h264 ?? step.h265 ?? [];
	const nalus = names.map((name) => nalu(codec, name));
	if (nalus.length === 0) return [];
	if (step.joined === 'aggregate') return [{ bytes: aggregate(codec, nalus), isSet: false }];
	const whole =
		step.joined === 'start-codes'
			? [Buffer.concat(nalus.flatMap((one, at) => (at ? [START_CODE, one] : [one])))]
			: nalus;
	return whole.flatMap((one, at) => {
		const parts = one.length > (step.fragment ?? 60_000) ? fragments(codec, one, step.fragment ?? 60_000) : [one];
		return parts.map((bytes) => ({ bytes, isSet: /^(?:[vsp]ps|sei|aud)/.test(names[at] ?? '') }));
	});
}

/** RFC 6184 section 5.7.1, RFC 7798 section 4.4.2. */
function aggregate(codec: 'h264' | 'h265', nalus: readonly Uint8Array[]): Uint8Array {
	const parts: Uint8Array[] = [codec === 'h264' ? Uint8Array.of(0x78) : Uint8Array.of(48 << 1, 1)];
	for (const one of nalus) parts.push(Uint8Array.of(one.length >> 8, one.length & 0xff), one);
	return Buffer.concat(parts);
}

/** RFC 6184 section 5.8, RFC 7798 section 4.4.3. */
function fragments(codec: 'h264' | 'h265', whole: Uint8Array, size: number): Uint8Array[] {
	const first = whole[0] as number;
	const header = codec === 'h264' ? 1 : 2;
	const type = codec === 'h264' ? first & 0x1f : (first >> 1) & 0x3f;
	const indicator = codec === 'h264' ? [(first & 0xe0) | 28] : [(first & 0x81) | (49 << 1), whole[1] as number];
	const parts: Uint8Array[] = [];
	for (let at = header; at < whole.length; at += size) {
		const start = at === header ? 0x80 : 0;
		const end = at + size >= whole.length ? 0x40 : 0;
		parts.push(Buffer.concat([Uint8Array.of(...indicator, start | end | type), whole.subarray(at, at + size)]));
	}
	return parts;
}

/** RFC 3640 section 3.2 with lengths of 13 and 3 bits. */
function aacPayloads(step: QuirkStep, sizes: readonly number[]): Uint8Array[] {
	const units = sizes.map((size) => {
		const unit = Buffer.alloc(size, 0x55);
		return step.adts ? Buffer.concat([adts(size), unit]) : unit;
	});
	const data = Buffer.concat(units);
	if (step.headless) return [data];
	const header = Buffer.alloc(2 + 2 * units.length);
	header.writeUInt16BE(16 * units.length);
	for (const [index, unit] of units.entries()) header.writeUInt16BE(unit.length << 3, 2 + 2 * index);
	const size = step.fragment ?? data.length;
	const parts: Uint8Array[] = [];
	for (let at = 0; at < data.length; at += size) parts.push(Buffer.concat([header, data.subarray(at, at + size)]));
	return parts;
}

/** AAC-LC, 16 kHz, mono (ISO/IEC 14496-3 section 1.A.2.2). */
function adts(size: number): Uint8Array {
	const length = size + 7;
	return Uint8Array.of(0xff, 0xf1, 0x60, 0x40 | (length >> 11), (length >> 3) & 0xff, ((length & 7) << 5) | 0x1f, 0xfc);
}

function rtcp(what: string, ssrc: number, state: TrackState): Uint8Array {
	switch (what) {
		case 'sr':
			return buildSenderReport(
				{ ssrc, ntp: NTP, rtpTimestamp: state.timestamp, packets: 1, octets: 1, blocks: [] },
				'camera',
			);
		case 'rr':
			return buildReceiverReport({ ssrc, blocks: [] }, 'camera');
		case 'bye':
			return buildGoodbye(ssrc, 'camera');
		case 'sdes-without-end': {
			const report = rtcp('sr', ssrc, state).slice(0, 28);
			return Buffer.concat([
				report,
				hex('81ca0003'),
				Buffer.from([0, 0, ssrc >> 8, ssrc & 0xff]),
				hex('0106'),
				Buffer.from('camera'),
			]);
		}
		default:
			return hex(what);
	}
}

export function hex(text: string): Uint8Array {
	return Buffer.from(text.replace(/\s/g, ''), 'hex');
}
