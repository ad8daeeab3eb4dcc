import { AccessUnitBuffer } from './access-unit-buffer.ts';
import { readUint16 } from './big-endian.ts';
import type { Depacketizer, VideoSink } from './depacketizer.ts';
import { findStartCode, isSlice, NAL, trimZeros } from './h264.ts';
import { ParameterSets } from './h264-parameter-sets.ts';
import { MAX_MISORDER, type RtpPacket, sequenceDistance } from './rtp.ts';
import type { H264Track } from './track.ts';

/** Caps of one access unit; one that goes beyond is dropped. */
export const H264_LIMITS = { bytes: 8 * 1024 * 1024, nalus: 64 } as const;

/**
 * RTP to H.264 access units (RFC 6184, packetization modes 0 and 1). An access unit ends with the marker, or
 * with the timestamp where a camera sets none; a marker before any picture data ends nothing. Key units get the
 * parameter sets last seen put first. Start codes inside payloads are taken apart.
 */
export class H264Depacketizer implements Depacketizer {
	readonly #sink: VideoSink;
	readonly #sets: ParameterSets;
	#setsChanged = false;
	#dropped = 0;
	#nextSequence = -1;
	/** A start code was found inside a NAL unit: look into all of them from now on. */
	#annexB = false;

	// The access unit under way.
	#open = false;
	#timestamp = 0;
	#arrival = 0;
	#key = false;
	#hasSlice = false;
	#broken = false;
	/** Packets before this unit were lost: it counts only if its first slice is the first of the picture. */
	#headUncertain = true;
	/** Where the fragmented NAL unit under way begins in the buffer, or -1. */
	#fragment = -1;
	readonly #buffer = new AccessUnitBuffer(H264_LIMITS);

	constructor(track: Pick<H264Track, 'parameterSets'>, sink: VideoSink) {
		this.#sets = new ParameterSets(track.parameterSets);
		this.#sink = sink;
	}

	get dropped(): number {
		return this.#dropped;
	}

	push(packet: RtpPacket, arrival: number): void {
		const gap = this.#nextSequence < 0 ? 0 : sequenceDistance(this.#nextSequence, packet.sequence);
		if (gap < 0 && gap >= -MAX_MISORDER) return;
		this.#nextSequence = (packet.sequence + 1) & 0xffff;
		if (gap !== 0 && (this.#hasSlice || this.#fragment >= 0)) this.#broken = true;
		if (this.#open && packet.timestamp !== this.#timestamp) this.#finish();
		if (gap !== 0) this.#headUncertain = true;
		if (!this.#open) this.#begin(packet.timestamp, arrival);
		if (!this.#broken && packet.payload.length > 0) this.#take(packet.payload);
		if (packet.marker) {
			this.#endFragment();
			if (this.#hasSlice || this.#broken) this.#finish();
		}
	}

	reset(): void {
		this.#open = false;
		this.#clear();
		this.#nextSequence = -1;
		this.#headUncertain = true;
	}

	#begin(timestamp: number, arrival: number): void {
		this.#open = true;
		this.#timestamp = timestamp;
		this.#arrival = arrival;
	}

	#clear(): void {
		this.#key = false;
		this.#hasSlice = false;
		this.#broken = false;
		this.#fragment = -1;
		this.#buffer.clear();
	}

	#take(payload: Uint8Array): void {
		const type = (payload[0] as number) & 0x1f;
		if (type === NAL.fuA) {
			this.#takeFragment(payload);
			return;
		}
		// The fragment before lacks its end bit, but nothing is missing.
		this.#endFragment();
		if (type === NAL.stapA) this.#takeAggregate(payload);
		else if (type < NAL.stapA) this.#takeNalu(payload, 0, payload.length);
		// STAP-B, MTAP and FU-B belong to the interleaved mode.
		else if (type <= NAL.fuB) this.#broken = true;
	}

	#takeNalu(payload: Uint8Array, start: number, end: number): void {
		const at = this.#buffer.length;
		if (this.#buffer.append(payload, start, end)) this.#complete(at, this.#buffer.length);
		else this.#broken = true;
	}

	/** RFC 6184 section 5.7.1. Zero padding at the end, and a last size that is too large, end the list. */
	#takeAggregate(payload: Uint8Array): void {
		for (let at = 1; at + 2 < payload.length && !this.#broken; ) {
			const size = readUint16(payload, at);
			at += 2;
			if (size === 0 || at + size > payload.length) return;
			this.#takeNalu(payload, at, at + size);
			at += size;
		}
	}

	/** RFC 6184 section 5.8. The type in a continuation is not looked at: some cameras write a wrong one. */
	#takeFragment(payload: Uint8Array): void {
		if (payload.length < 2) return;
		const header = payload[1] as number;
		if (header & 0x80) {
			this.#endFragment();
			this.#fragment = this.#buffer.length;
			if (!this.#buffer.appendByte(((payload[0] as number) & 0xe0) | (header & 0x1f))) this.#broken = true;
		} else if (this.#fragment < 0) {
			// An empty fragment after the end is padding.
			if (payload.length > 2) this.#broken = true;
			return;
		}
		if (!this.#buffer.append(payload, 2, payload.length)) this.#broken = true;
		if (header & 0x40) this.#endFragment();
	}

	#endFragment(): void {
		const start = this.#fragment;
		if (start < 0) return;
		this.#fragment = -1;
		if (!this.#broken) this.#complete(start, this.#buffer.length);
	}

	/** A NAL unit, or several with start codes between, lies whole in the buffer. */
	#complete(start: number, end: number): void {
		const type = this.#buffer.byte(start) & 0x1f;
		// A search through each slice of each camera would cost more than all the rest here.
		if (type === NAL.slice && !this.#annexB) {
			this.#accept(start, end);
			return;
		}
		const bytes = this.#buffer.view(0, end);
		let from = start;
		let code = findStartCode(bytes, from);
		while (code >= 0) {
			this.#annexB = true;
			this.#accept(from, trimZeros(bytes, from, code));
			from = code + 3;
			code = findStartCode(bytes, from);
		}
		this.#accept(from, end);
	}

	#accept(start: number, end: number): void {
		if (end <= start) return;
		const type = this.#buffer.byte(start) & 0x1f;
		switch (type) {
			case NAL.sps:
			case NAL.pps:
				if (this.#sets.update(this.#buffer.view(start, end))) this.#setsChanged = true;
				return;
			case 0:
			case NAL.accessUnitDelimiter:
			case NAL.endOfSequence:
			case NAL.endOfStream:
			case NAL.filler:
				return;
		}
		if (isSlice(type)) {
			if (end - start < 2) return;
			// first_mb_in_slice is 0 when the bit after the header is 1 (ue(v)).
			const firstOfPicture = (this.#buffer.byte(start + 1) & 0x80) !== 0;
			if (this.#headUncertain && !this.#hasSlice && !firstOfPicture) this.#broken = true;
			this.#hasSlice = true;
			if (type === NAL.idr) this.#key = true;
		}
		if (!this.#buffer.mark(start, end)) this.#broken = true;
	}

	#finish(): void {
		this.#endFragment();
		if (this.#broken || (this.#key && !this.#sets.complete)) this.#dropped += 1;
		else if (this.#hasSlice) this.#emit();
		this.#open = false;
		this.#headUncertain = false;
		this.#clear();
	}

	#emit(): void {
		const nalus: Uint8Array[] = [];
		if (this.#key || this.#setsChanged) this.#sets.appendTo(nalus);
		if (this.#setsChanged) {
			this.#setsChanged = false;
			const { sps, pps } = this.#sets;
			if (sps && pps) this.#sink.onParameterSets(sps, pps);
		}
		this.#buffer.copyTo(nalus);
		let size = 0;
		for (const nalu of nalus) size += nalu.length;
		this.#sink.onVideo({ timestamp: this.#timestamp, key: this.#key, nalus, size, arrival: this.#arrival });
	}
}
