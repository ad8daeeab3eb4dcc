import { readUint16, readUint24, readUint32 } from '../bytes/big-endian.ts';
import { RTCP_LIMITS } from '../limits.ts';
import type { NtpTime } from './ntp.ts';

/** One reception report block (RFC 3550 section 6.4.1). */
export type ReportBlock = {
	/** The source this block is about. */
	readonly ssrc: number;
	/** Lost since the last report, in 1/256, 0 … 255. */
	readonly fractionLost: number;
	/** Lost in all, signed 24 bit: negative with duplicates. */
	readonly cumulativeLost: number;
	/** Highest sequence number received, extended by its cycles to 32 bit. */
	readonly highestSequence: number;
	/** Interarrival jitter in ticks of the track's clock rate. */
	readonly jitter: number;
	/** `compactNtp` of the last sender report, 0 if none. */
	readonly lastSenderReport: number;
	/** Since that sender report, in 1/65536 s. */
	readonly delaySinceLastSenderReport: number;
};

export type SenderReport = {
	readonly type: 'sender-report';
	readonly ssrc: number;
	readonly ntp: NtpTime;
	readonly rtpTimestamp: number;
	/** Sent so far, modulo 2^32. */
	readonly packets: number;
	readonly octets: number;
	readonly blocks: readonly ReportBlock[];
};

export type ReceiverReport = {
	readonly type: 'receiver-report';
	readonly ssrc: number;
	readonly blocks: readonly ReportBlock[];
};

export type Goodbye = { readonly type: 'goodbye'; readonly ssrcs: readonly number[] };

/** Generic NACK (RFC 4585 section 6.2.1). */
export type Nack = {
	readonly type: 'nack';
	readonly senderSsrc: number;
	readonly mediaSsrc: number;
	/** Lost sequence numbers, at most `RTCP_LIMITS.nackSequences`. */
	readonly sequences: readonly number[];
};

/** Picture loss indication (RFC 4585 section 6.3.1). */
export type PictureLoss = { readonly type: 'pli'; readonly senderSsrc: number; readonly mediaSsrc: number };

/** Full intra request (RFC 5104 section 4.3.1). A repeated request carries the same `sequence`. */
export type FullIntraRequest = {
	readonly type: 'fir';
	readonly senderSsrc: number;
	readonly requests: readonly { readonly ssrc: number; readonly sequence: number }[];
};

/** Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb). */
export type BitrateEstimate = {
	readonly type: 'remb';
	readonly senderSsrc: number;
	/** Bits per second. */
	readonly bitrate: number;
};

/** What a receiver's clock says, to be quoted back in a DLRR block (RFC 3611 section 4.4). */
export type ReceiverReferenceTime = {
	readonly type: 'receiver-reference-time';
	readonly ssrc: number;
	readonly ntp: NtpTime;
};

export type RtcpPacket =
	| SenderReport
	| ReceiverReport
	| Goodbye
	| Nack
	| PictureLoss
	| FullIntraRequest
	| BitrateEstimate
	| ReceiverReferenceTime;

const HEADER = 4;
const REPORT_BLOCK = 24;
const REMB_NAME = 0x52454d42;

/**
 * Reads a compound RTCP packet (RFC 3550 section 6.1, RFC 5506). Reading stops at the first bytes that are not
 * RTCP; packets of other types and packets too short for their type are left out.
 *
 * @returns what could be read, in order; empty for junk
 */
export function parseRtcp(bytes: Uint8Array): RtcpPacket[] {
	const packets: RtcpPacket[] = [];
	let at = 0;
	for (let count = 0; count < RTCP_LIMITS.packets && at + HEADER <= bytes.length; count++) {
		const first = bytes[at] as number;
		const end = at + HEADER + 4 * readUint16(bytes, at + 2);
		if (first >> 6 !== 2 || end > bytes.length) break;
		const padding = first & 0x20 ? (bytes[end - 1] as number) : 0;
		if (at + HEADER + padding <= end) {
			const packet = parseOne(bytes[at + 1] as number, first & 0x1f, bytes.subarray(at + HEADER, end - padding));
			if (packet) packets.push(packet);
		}
		at = end;
	}
	return packets;
}

/** @param count the five bits after the padding bit: blocks, sources or feedback format */
function parseOne(type: number, count: number, body: Uint8Array): RtcpPacket | undefined {
	switch (type) {
		case 200:
			return body.length < 24 ? undefined : parseSenderReport(count, body);
		case 201:
			if (body.length < 4) return undefined;
			return { type: 'receiver-report', ssrc: readUint32(body, 0), blocks: parseBlocks(count, body, 4) };
		case 203:
			return { type: 'goodbye', ssrcs: parseSources(count, body) };
		case 205:
			return body.length < 8 || count !== 1 ? undefined : parseNack(body);
		case 206:
			return body.length < 8 ? undefined : parsePayloadFeedback(count, body);
		case 207:
			return body.length < 4 ? undefined : parseReferenceTime(body);
		default:
			return undefined;
	}
}

function parseSenderReport(count: number, body: Uint8Array): SenderReport {
	return {
		type: 'sender-report',
		ssrc: readUint32(body, 0),
		ntp: { seconds: readUint32(body, 4), fraction: readUint32(body, 8) },
		rtpTimestamp: readUint32(body, 12),
		packets: readUint32(body, 16),
		octets: readUint32(body, 20),
		blocks: parseBlocks(count, body, 24),
	};
}

/** The first such block of an extended report (RFC 3611 section 3); the others say nothing about round trips. */
function parseReferenceTime(body: Uint8Array): ReceiverReferenceTime | undefined {
	for (let at = 4; at + 4 <= body.length; at += 4 + 4 * readUint16(body, at + 2)) {
		if (body[at] !== 4 || readUint16(body, at + 2) !== 2 || at + 12 > body.length) continue;
		const ntp = { seconds: readUint32(body, at + 4), fraction: readUint32(body, at + 8) };
		return { type: 'receiver-reference-time', ssrc: readUint32(body, 0), ntp };
	}
	return undefined;
}

function parseBlocks(count: number, body: Uint8Array, start: number): ReportBlock[] {
	const blocks: ReportBlock[] = [];
	for (let at = start; blocks.length < count && at + REPORT_BLOCK <= body.length; at += REPORT_BLOCK) {
		blocks.push({
			ssrc: readUint32(body, at),
			fractionLost: body[at + 4] as number,
			cumulativeLost: (readUint24(body, at + 5) << 8) >> 8,
			highestSequence: readUint32(body, at + 8),
			jitter: readUint32(body, at + 12),
			lastSenderReport: readUint32(body, at + 16),
			delaySinceLastSenderReport: readUint32(body, at + 20),
		});
	}
	return blocks;
}

function parseSources(count: number, body: Uint8Array): number[] {
	const ssrcs: number[] = [];
	for (let at = 0; ssrcs.length < count && at + 4 <= body.length; at += 4) ssrcs.push(readUint32(body, at));
	return ssrcs;
}

function parseNack(body: Uint8Array): Nack {
	const sequences: number[] = [];
	for (let at = 8; at + 4 <= body.length && sequences.length < RTCP_LIMITS.nackSequences; at += 4) {
		const first = readUint16(body, at);
		const following = readUint16(body, at + 2);
		sequences.push(first);
		for (let bit = 0; bit < 16 && sequences.length < RTCP_LIMITS.nackSequences; bit++) {
			if (following & (1 << bit)) sequences.push((first + bit + 1) & 0xffff);
		}
	}
	return { type: 'nack', senderSsrc: readUint32(body, 0), mediaSsrc: readUint32(body, 4), sequences };
}

function parsePayloadFeedback(format: number, body: Uint8Array): RtcpPacket | undefined {
	const senderSsrc = readUint32(body, 0);
	if (format === 1) return { type: 'pli', senderSsrc, mediaSsrc: readUint32(body, 4) };
	if (format === 4) {
		const requests: { ssrc: number; sequence: number }[] = [];
		for (let at = 8; at + 8 <= body.length; at += 8) {
			requests.push({ ssrc: readUint32(body, at), sequence: body[at + 4] as number });
		}
		return { type: 'fir', senderSsrc, requests };
	}
	if (format === 15 && body.length >= 16 && readUint32(body, 8) === REMB_NAME) {
		const value = readUint24(body, 13);
		return { type: 'remb', senderSsrc, bitrate: (value & 0x3ffff) * 2 ** (value >> 18) };
	}
	return undefined;
}
