import { BitReader } from '../bytes/bit-reader.ts';
import { NAL } from '../codecs/h264.ts';
import { type NalSyntax, nalRoles } from '../codecs/nal-syntax.ts';
import { hasRecoveryPoint } from '../codecs/recovery-point.ts';
import type { RtpPacket } from '../rtp/rtp.ts';
import type { H264Track } from '../track.ts';
import type { Depacketizer, VideoSink } from './depacketizer.ts';
import { PictureAssembler } from './picture-assembler.ts';

export const H264_SYNTAX: NalSyntax = {
	header: 1,
	roles: nalRoles({
		0: 'ignored',
		1: 'slice',
		2: 'slice',
		3: 'slice',
		4: 'slice',
		[NAL.idr]: 'key',
		[NAL.sps]: 'sps',
		[NAL.pps]: 'pps',
		[NAL.sei]: 'sei',
		[NAL.accessUnitDelimiter]: 'ignored',
		[NAL.endOfSequence]: 'ignored',
		[NAL.endOfStream]: 'ignored',
		[NAL.filler]: 'ignored',
	}),
	typeOf: (first) => first & 0x1f,
	/** first_mb_in_slice 0 is a one; then slice_type 1 or 6 (ITU-T H.264 section 7.3.3, table 7-6), as ue(v). */
	isBSlice: (first) => (first & 0xf0) === 0xa0 || (first & 0xfc) === 0x9c,
	hasRecoveryPoint: (nalu) => hasRecoveryPoint(nalu, 1),
	/** seq_parameter_set_id stands after profile, constraints and level; pic_parameter_set_id stands first. */
	parameterSetId(nalu, kind) {
		const start = kind === 'sps' ? 4 : 1;
		return new BitReader(nalu.subarray(start, start + 8)).ue();
	},
};

/** RTP to H.264 access units (RFC 6184, packetization modes 0 and 1). */
export class H264Depacketizer implements Depacketizer {
	readonly #pictures: PictureAssembler;

	constructor(track: Pick<H264Track, 'parameterSets'>, sink: VideoSink) {
		this.#pictures = new PictureAssembler(H264_SYNTAX, track.parameterSets, sink);
	}

	get dropped(): number {
		return this.#pictures.dropped;
	}

	push(packet: RtpPacket, arrival: number): void {
		const use = this.#pictures.open(packet, arrival);
		if (use === 'duplicate') return;
		if (use === 'take') this.#take(packet.payload);
		this.#pictures.close(packet.marker);
	}

	reset(): void {
		this.#pictures.reset();
	}

	#take(payload: Uint8Array): void {
		const header = payload[0] as number;
		const type = header & 0x1f;
		if (type === NAL.fuA) {
			if (payload.length < 2) return;
			const fu = payload[1] as number;
			this.#pictures.takeFragment(fu, payload, 2, (header & 0xe0) | (fu & 0x1f), -1);
			return;
		}
		if (type === NAL.stapA) this.#pictures.takeAggregate(payload, 1);
		else if (type < NAL.stapA) this.#pictures.takeNalu(payload, 0, payload.length);
		// STAP-B, MTAP and FU-B belong to the interleaved mode.
		else if (type <= NAL.fuB) this.#pictures.spoil();
	}
}
