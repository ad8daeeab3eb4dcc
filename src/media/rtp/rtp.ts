import { readUint16, readUint32 } from '../bytes/big-endian.ts';

/**
 * RTP (RFC 3550 section 5.1).
 *
 *  0                   1                   2                   3
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * |                           timestamp                           |
 * |                             SSRC                              |
 * |                          CSRC list …                          |
 */

/** One received RTP packet. `payload` is a view on the receive buffer: it is valid as long as that buffer lives. */
export type RtpPacket = {
	readonly payloadType: number;
	readonly marker: boolean;
	/** 16 bit */
	readonly sequence: number;
	/** 32 bit, in ticks of the track's clock rate */
	readonly timestamp: number;
	readonly ssrc: number;
	/** Without padding. May be empty. */
	readonly payload: Uint8Array;
};

const FIXED_HEADER = 12;

/**
 * Parses one RTP packet without copying its payload.
 *
 * @returns undefined when the bytes are not a whole RTP version 2 packet
 */
export function parseRtp(bytes: Uint8Array): RtpPacket | undefined {
	const length = bytes.length;
	if (length < FIXED_HEADER) return undefined;
	const first = bytes[0] as number;
	if (first >> 6 !== 2) return undefined;
	let start = FIXED_HEADER + (first & 0x0f) * 4;
	if (first & 0x10) {
		if (start + 4 > length) return undefined;
		start += 4 + 4 * readUint16(bytes, start + 2);
	}
	let end = length;
	if (first & 0x20) {
		const padding = bytes[length - 1] as number;
		if (padding === 0) return undefined;
		end -= padding;
	}
	if (start > end) return undefined;
	const second = bytes[1] as number;
	return {
		payloadType: second & 0x7f,
		marker: (second & 0x80) !== 0,
		sequence: readUint16(bytes, 2),
		timestamp: readUint32(bytes, 4),
		ssrc: readUint32(bytes, 8),
		payload: bytes.subarray(start, end),
	};
}

/** A backward step of the sequence number up to this is a late packet or a duplicate (RFC 3550 section A.1). */
export const MAX_MISORDER = 100;

/** Signed distance from sequence number `from` to `to`, in -32768 … 32767. */
export function sequenceDistance(from: number, to: number): number {
	return ((to - from) << 16) >> 16;
}

/** Signed distance from RTP timestamp `from` to `to`, in ticks, -2^31 … 2^31-1. */
export function timestampDistance(from: number, to: number): number {
	return (to - from) | 0;
}
