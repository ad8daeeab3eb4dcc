import { readUint16 } from '../bytes/big-endian.ts';
import { findStartCode, trimZeros } from '../codecs/h264.ts';
import type { NalSyntax } from '../codecs/nal-syntax.ts';
import { ParameterSets } from '../codecs/parameter-sets.ts';
import { PICTURE_LIMITS } from '../limits.ts';
import { MAX_MISORDER, type RtpPacket, sequenceDistance } from '../rtp/rtp.ts';
import type { VideoParameterSets } from '../track.ts';
import { AccessUnitBuffer } from './access-unit-buffer.ts';
import type { VideoSink } from './depacketizer.ts';

/** Flags of a fragmentation unit's header (RFC 6184 section 5.8, RFC 7798 section 4.4.3). */
const FU_START = 0x80;
const FU_END = 0x40;
const NO_SETS: readonly Uint8Array[] = [];

/**
 * Puts access units together from what a depacketizer reads out of the payloads. A unit ends with the marker, or
 * with the timestamp where a camera sets none; a marker before any picture data ends nothing. Key units get the
 * parameter sets last seen put first. Start codes inside NAL units are taken apart.
 *
 * For each packet: `open`, then what is in the payload, then `close`.
 */
export class PictureAssembler {
	readonly #syntax: NalSyntax;
	readonly #sink: VideoSink;
	readonly #sets: ParameterSets;
	#setsChanged = false;
	#dropped = 0;
	#nextSequence = -1;
	/** A start code was found inside a NAL unit: look into all of them from then on. */
	#annexB = false;

	// The access unit under way.
	#open = false;
	#timestamp = 0;
	#arrival = 0;
	#key = false;
	#recovery = false;
	#hasBSlice = false;
	#hasSlice = false;
	#broken = false;
	/** Packets before this unit were lost: it counts only if its first slice is the first of the picture. */
	#headUncertain = true;
	/** Something between the last unit given out and this one is lost. */
	#afterLoss = false;
	/** The last unit that a marker ended, by its timestamp. */
	#marked = -1;
	/** The camera sets markers inside pictures: the timestamp alone ends units. */
	#markersLie = false;
	/** Where the fragmented NAL unit under way begins in the buffer, or -1. */
	#fragment = -1;
	readonly #buffer = new AccessUnitBuffer(PICTURE_LIMITS);

	constructor(syntax: NalSyntax, described: VideoParameterSets | undefined, sink: VideoSink) {
		this.#syntax = syntax;
		this.#sets = new ParameterSets(syntax, described);
		this.#sink = sink;
	}

	get dropped(): number {
		return this.#dropped;
	}

	/**
	 * A packet came.
	 *
	 * @returns whether its payload is to be taken; after a duplicate not even `close` is called
	 */
	open(packet: RtpPacket, arrival: number): 'take' | 'pass' | 'duplicate' {
		const gap = this.#nextSequence < 0 ? 0 : sequenceDistance(this.#nextSequence, packet.sequence);
		if (gap < 0 && gap >= -MAX_MISORDER) return 'duplicate';
		this.#nextSequence = (packet.sequence + 1) & 0xffff;
		if (gap !== 0 && (this.#hasSlice || this.#fragment >= 0)) this.#broken = true;
		if (this.#open && packet.timestamp !== this.#timestamp) this.#finish();
		if (gap !== 0) {
			this.#headUncertain = true;
			this.#afterLoss = true;
		}
		if (!this.#open) {
			this.#open = true;
			this.#timestamp = packet.timestamp;
			this.#arrival = arrival;
		}
		return this.#broken || packet.payload.length === 0 ? 'pass' : 'take';
	}

	close(marker: boolean): void {
		if (!marker || this.#markersLie) return;
		this.#endFragment();
		if (!this.#hasSlice && !this.#broken) return;
		this.#marked = this.#timestamp;
		this.#finish();
	}

	/** What follows in this unit cannot be read. */
	spoil(): void {
		this.#broken = true;
	}

	takeNalu(payload: Uint8Array, start: number, end: number): void {
		// A fragment before lacks its end bit, but nothing is missing.
		this.#endFragment();
		const at = this.#buffer.length;
		if (this.#buffer.append(payload, start, end)) this.#complete(at, this.#buffer.length);
		else this.#broken = true;
	}

	/** NAL units with 16-bit sizes before them. Zero padding at the end, and a last size that is too large, end them. */
	takeAggregate(payload: Uint8Array, start: number): void {
		for (let at = start; at + 2 < payload.length && !this.#broken; ) {
			const size = readUint16(payload, at);
			at += 2;
			if (size === 0 || at + size > payload.length) return;
			this.takeNalu(payload, at, at + size);
			at += size;
		}
	}

	/**
	 * A part of a NAL unit. The type in a continuation is not looked at: some cameras write a wrong one.
	 *
	 * @param fu the fragmentation unit's header
	 * @param from where the part begins in the payload
	 * @param first of the NAL unit's header, as `second` is, which is negative where there is none
	 */
	takeFragment(fu: number, payload: Uint8Array, from: number, first: number, second: number): void {
		const buffer = this.#buffer;
		if (fu & FU_START) {
			this.#endFragment();
			this.#fragment = buffer.length;
			if (!buffer.appendByte(first) || (second >= 0 && !buffer.appendByte(second))) this.#broken = true;
		} else if (this.#fragment < 0) {
			// An empty fragment after the end is padding.
			if (payload.length > from) this.#broken = true;
			return;
		}
		if (!buffer.append(payload, from, payload.length)) this.#broken = true;
		if (fu & FU_END) this.#endFragment();
	}

	/** Forgets the unit under way. */
	reset(): void {
		this.#open = false;
		this.#clear();
		this.#nextSequence = -1;
		this.#headUncertain = true;
	}

	#endFragment(): void {
		const start = this.#fragment;
		if (start < 0) return;
		this.#fragment = -1;
		if (!this.#broken) this.#complete(start, this.#buffer.length);
	}

	#clear(): void {
		this.#key = false;
		this.#recovery = false;
		this.#hasBSlice = false;
		this.#hasSlice = false;
		this.#broken = false;
		this.#fragment = -1;
		this.#buffer.clear();
	}

	/** A NAL unit, or several with start codes between, lies whole in the buffer. */
	#complete(start: number, end: number): void {
		const { roles } = this.#syntax;
		const role = roles[this.#syntax.typeOf(this.#buffer.byte(start))];
		// A search through each slice of each camera would cost more than all the rest here.
		if (role === 'slice' && !this.#annexB && !this.#startsWithCode(start, end)) {
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

	/** No NAL unit begins with two zeros: H.265 has a temporal id above 0 there, H.264 no type 0. */
	#startsWithCode(start: number, end: number): boolean {
		return end - start > 1 && this.#buffer.byte(start) === 0 && this.#buffer.byte(start + 1) === 0;
	}

	#accept(start: number, end: number): void {
		if (end <= start) return;
		const { header, roles, isBSlice } = this.#syntax;
		const role = roles[this.#syntax.typeOf(this.#buffer.byte(start))];
		switch (role) {
			case 'ignored':
				return;
			case 'vps':
			case 'sps':
			case 'pps':
				if (this.#sets.update(this.#buffer.view(start, end), role)) this.#setsChanged = true;
				return;
			case 'sei':
				if (this.#syntax.hasRecoveryPoint(this.#buffer.view(start, end))) this.#recovery = true;
				break;
			case 'slice':
			case 'key': {
				if (end - start <= header) return;
				const first = this.#buffer.byte(start + header);
				const firstOfPicture = (first & 0x80) !== 0;
				if (!firstOfPicture && !this.#hasSlice) this.#judgeHead();
				if (firstOfPicture && isBSlice?.(first)) this.#hasBSlice = true;
				this.#hasSlice = true;
				if (role === 'key') this.#key = true;
			}
		}
		if (!this.#buffer.mark(start, end)) this.#broken = true;
	}

	/** The unit begins in the middle of a picture. */
	#judgeHead(): void {
		if (this.#headUncertain) this.#broken = true;
		else if (this.#timestamp === this.#marked) {
			this.#markersLie = true;
			this.#broken = true;
		}
	}

	#finish(): void {
		this.#endFragment();
		if (this.#broken || (this.#key && !this.#sets.complete)) {
			this.#dropped += 1;
			this.#afterLoss = true;
		} else if (this.#hasSlice) {
			this.#emit();
			this.#afterLoss = false;
		}
		this.#open = false;
		this.#headUncertain = false;
		this.#clear();
	}

	#emit(): void {
		const withSets = this.#key || this.#setsChanged;
		const { nalus, memory } = this.#buffer.take(withSets ? this.#sets.all : NO_SETS);
		const recovers = this.#recovery && !this.#key && this.#sets.complete;
		if (this.#setsChanged) {
			this.#setsChanged = false;
			const sets = this.#sets.latest;
			if (sets) this.#sink.onParameterSets(sets);
		}
		let size = 0;
		for (const nalu of nalus) size += nalu.length;
		this.#sink.onVideo({
			timestamp: this.#timestamp,
			key: this.#key,
			recovery: recovers ? (withSets ? NO_SETS : this.#sets.all) : undefined,
			bidirectional: this.#syntax.isBSlice && this.#hasBSlice,
			afterLoss: this.#afterLoss,
			nalus,
			size,
			memory,
			arrival: this.#arrival,
		});
	}
}
