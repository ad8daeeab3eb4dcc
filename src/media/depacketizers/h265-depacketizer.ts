import { BitReader } from '../bytes/bit-reader.ts';
import { removeEmulationPrevention } from '../codecs/h264.ts';
import { HEVC_NAL, HEVC_NAL_HEADER, isIrap } from '../codecs/h265.ts';
import { readProfileTierLevel } from '../codecs/h265-profile-tier-level.ts';
import { type NalRole, type NalSyntax, nalRoles } from '../codecs/nal-syntax.ts';
import { hasRecoveryPoint } from '../codecs/recovery-point.ts';
import type { RtpPacket } from '../rtp/rtp.ts';
import type { H265Track } from '../track.ts';
import type { Depacketizer, VideoSink } from './depacketizer.ts';
import { PictureAssembler } from './picture-assembler.ts';

/** Bytes of an SPS before and around its number: more than profile, tier and level of seven sub-layers take. */
const MAX_SPS_HEAD = 128;

export const H265_SYNTAX: NalSyntax = {
	header: HEVC_NAL_HEADER,
	roles: nalRoles({
		...pictureRoles(),
		[HEVC_NAL.vps]: 'vps',
		[HEVC_NAL.sps]: 'sps',
		[HEVC_NAL.pps]: 'pps',
		[HEVC_NAL.prefixSei]: 'sei',
		[HEVC_NAL.accessUnitDelimiter]: 'ignored',
		[HEVC_NAL.endOfSequence]: 'ignored',
		[HEVC_NAL.endOfBitstream]: 'ignored',
		[HEVC_NAL.filler]: 'ignored',
	}),
	typeOf: (first) => (first >> 1) & 0x3f,
	hasRecoveryPoint: (nalu) => hasRecoveryPoint(nalu, HEVC_NAL_HEADER),
	parameterSetId(nalu, kind) {
		const body = nalu.subarray(HEVC_NAL_HEADER, MAX_SPS_HEAD);
		if (kind === 'vps') return (body[0] as number) >> 4;
		const reader = new BitReader(removeEmulationPrevention(body));
		if (kind === 'sps') {
			reader.skip(4);
			const subLayers = reader.bits(3);
			reader.skip(1);
			readProfileTierLevel(reader, subLayers);
		}
		return reader.ue();
	},
};

function pictureRoles(): Record<number, NalRole> {
	const roles: Record<number, NalRole> = {};
	for (let type = 0; type < HEVC_NAL.vps; type++) {
		if (isIrap(type)) roles[type] = 'key';
		else if (type <= HEVC_NAL.raslR) roles[type] = 'slice';
	}
	return roles;
}

/** RTP to H.265 access units (RFC 7798 without decoding order numbers). */
export class H265Depacketizer implements Depacketizer {
	readonly #pictures: PictureAssembler;

	constructor(track: Pick<H265Track, 'parameterSets'>, sink: VideoSink) {
		this.#pictures = new PictureAssembler(H265_SYNTAX, track.parameterSets, sink);
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
		if (payload.length <= HEVC_NAL_HEADER) return;
		const first = payload[0] as number;
		const type = (first >> 1) & 0x3f;
		if (type === HEVC_NAL.fragmentation) {
			const fu = payload[HEVC_NAL_HEADER] as number;
			const naluFirst = (first & 0x81) | ((fu & 0x3f) << 1);
			this.#pictures.takeFragment(fu, payload, HEVC_NAL_HEADER + 1, naluFirst, payload[1] as number);
			return;
		}
		if (type === HEVC_NAL.aggregation) this.#pictures.takeAggregate(payload, HEVC_NAL_HEADER);
		else if (type < HEVC_NAL.aggregation) this.#pictures.takeNalu(payload, 0, payload.length);
		// A PACI packet (RFC 7798 section 4.4.4) is for scalable streams, which no camera sends.
		else if (type === HEVC_NAL.paci) this.#pictures.spoil();
	}
}
