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
		start += 4 + 4 * (((bytes[start + 2] as number) << 8) | (bytes[start + 3] as number));
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
		sequence: ((bytes[2] as number) << 8) | (bytes[3] as number),
		timestamp: readUint32(bytes, 4),
		ssrc: readUint32(bytes, 8),
		payload: bytes.subarray(start, end),
	};
}

/** Signed distance from sequence number `from` to `to`, in -32768 … 32767. */
export function sequenceDistance(from: number, to: number): number {
	return ((to - from) << 16) >> 16;
}

/** Signed distance from RTP timestamp `from` to `to`, in ticks, -2^31 … 2^31-1. */
export function timestampDistance(from: number, to: number): number {
	return (to - from) | 0;
}

function readUint32(bytes: Uint8Array, at: number): number {
	return (
		(((bytes[at] as number) << 24) |
			((bytes[at + 1] as number) << 16) |
			((bytes[at + 2] as number) << 8) |
			(bytes[at + 3] as number)) >>>
		0
	);
}
