import { writeUint16, writeUint32 } from '../../src/media/bytes/big-endian.ts';
import type { NtpTime } from '../../src/media/rtp/ntp.ts';

/** An RTCP feedback message (RFC 4585 section 6.1) as a viewer sends it. */
function feedback(type: number, format: number, ssrc: number, rest: readonly number[]): Uint8Array {
	const bytes = new Uint8Array(12 + rest.length);
	bytes[0] = 0x80 | format;
	bytes[1] = type;
	writeUint16(bytes, 2, bytes.length / 4 - 1);
	writeUint32(bytes, 4, 1);
	writeUint32(bytes, 8, ssrc);
	bytes.set(rest, 12);
	return bytes;
}

export function pictureLoss(ssrc: number): Uint8Array {
	return feedback(206, 1, ssrc, []);
}

/** One FCI for each sequence number. */
export function nack(ssrc: number, sequences: readonly number[]): Uint8Array {
	return feedback(
		205,
		1,
		ssrc,
		sequences.flatMap((sequence) => [(sequence >> 8) & 0xff, sequence & 0xff, 0, 0]),
	);
}

/** A NACK for 1020 sequence numbers in a row. */
export function longNack(ssrc: number, first: number): Uint8Array {
	const fci = Array.from({ length: 60 }, (_, at) => (first + 17 * at) & 0xffff);
	return feedback(
		205,
		1,
		ssrc,
		fci.flatMap((sequence) => [sequence >> 8, sequence & 0xff, 0xff, 0xff]),
	);
}

export function fullIntraRequest(ssrc: number): Uint8Array {
	const fci = new Uint8Array(8);
	writeUint32(fci, 0, ssrc);
	fci[4] = 1;
	return feedback(206, 4, 0, [...fci]);
}

/** A receiver report with one block. `dlsr` in 1/65536 s. */
export function receiverReport(ssrc: number, block: { fractionLost: number; lsr: number; dlsr: number }): Uint8Array {
	const bytes = new Uint8Array(32);
	bytes[0] = 0x81;
	bytes[1] = 201;
	writeUint16(bytes, 2, 7);
	writeUint32(bytes, 4, 1);
	writeUint32(bytes, 8, ssrc);
	bytes[12] = block.fractionLost;
	writeUint32(bytes, 24, block.lsr);
	writeUint32(bytes, 28, block.dlsr);
	return bytes;
}

/** An extended report with the viewer's clock (RFC 3611 section 4.4); the viewer's SSRC is 1. */
export function receiverReferenceTime({ seconds, fraction }: NtpTime): Uint8Array {
	const bytes = new Uint8Array(20);
	bytes.set([0x80, 207, 0, 4, 0, 0, 0, 1, 4, 0, 0, 2]);
	writeUint32(bytes, 12, seconds);
	writeUint32(bytes, 16, fraction);
	return bytes;
}

/** What the viewer thinks its link carries (REMB), in bits per second, below 2^18. */
export function estimate(ssrc: number, bitrate: number): Uint8Array {
	const fci = new Uint8Array(12);
	fci.set([0x52, 0x45, 0x4d, 0x42, 1]);
	fci[5] = bitrate >>> 16;
	fci[6] = bitrate >>> 8;
	fci[7] = bitrate;
	writeUint32(fci, 8, ssrc);
	return feedback(206, 15, 0, [...fci]);
}
