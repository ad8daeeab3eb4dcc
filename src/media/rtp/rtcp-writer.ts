import { writeUint16, writeUint24, writeUint32 } from '../bytes/big-endian.ts';
import { compactNtp } from './ntp.ts';
import type { ReceiverReferenceTime, ReceiverReport, ReportBlock, SenderReport } from './rtcp.ts';

const HEADER = 4;
const SENDER_INFO = 20;
const REPORT_BLOCK = 24;
/** The count field has five bits. */
const MAX_BLOCKS = 31;
const MAX_CNAME = 255;

/**
 * A sender report with its SDES CNAME, as a compound packet (RFC 3550 section 6.1).
 *
 * @param cname cut at 255 bytes
 */
export function buildSenderReport(report: Omit<SenderReport, 'type'>, cname: string): Uint8Array {
	const name = encodeCname(cname);
	const bytes = new Uint8Array(reportLength(report.blocks) + SENDER_INFO + sdesLength(name));
	let at = writeHeader(bytes, 0, 200, blockCount(report.blocks), reportLength(report.blocks) + SENDER_INFO);
	writeUint32(bytes, at, report.ssrc);
	writeUint32(bytes, at + 4, report.ntp.seconds);
	writeUint32(bytes, at + 8, report.ntp.fraction);
	writeUint32(bytes, at + 12, report.rtpTimestamp);
	writeUint32(bytes, at + 16, report.packets);
	writeUint32(bytes, at + 20, report.octets);
	at = writeBlocks(bytes, at + 4 + SENDER_INFO, report.blocks);
	writeSdes(bytes, at, report.ssrc, name);
	return bytes;
}

/**
 * A receiver report with its SDES CNAME, as a compound packet (RFC 3550 section 6.1).
 *
 * @param cname cut at 255 bytes
 */
export function buildReceiverReport(report: Omit<ReceiverReport, 'type'>, cname: string): Uint8Array {
	const name = encodeCname(cname);
	const bytes = new Uint8Array(reportLength(report.blocks) + sdesLength(name));
	writeSdes(bytes, writeReceiverReport(bytes, report), report.ssrc, name);
	return bytes;
}

/** The farewell of one source: an empty receiver report, its SDES CNAME and BYE (RFC 3550 section 6.6). */
export function buildGoodbye(ssrc: number, cname: string): Uint8Array {
	const name = encodeCname(cname);
	const bytes = new Uint8Array(reportLength([]) + sdesLength(name) + HEADER + 4);
	let at = writeReceiverReport(bytes, { ssrc, blocks: [] });
	at = writeSdes(bytes, at, ssrc, name);
	at = writeHeader(bytes, at, 203, 1, HEADER + 4);
	writeUint32(bytes, at, ssrc);
	return bytes;
}

/**
 * Quotes a receiver's reference time back at once, so that it knows the round trip: an extended report with one DLRR
 * block and no delay (RFC 3611 section 4.5).
 *
 * @param ssrc of the sender of this report
 */
export function buildReferenceTimeEcho(ssrc: number, quoted: ReceiverReferenceTime): Uint8Array {
	const bytes = new Uint8Array(2 * HEADER + 4 + 12);
	const at = writeHeader(bytes, 0, 207, 0, bytes.length);
	writeUint32(bytes, at, ssrc);
	bytes[at + 4] = 5;
	writeUint16(bytes, at + 6, 3);
	writeUint32(bytes, at + 8, quoted.ssrc);
	writeUint32(bytes, at + 12, compactNtp(quoted.ntp));
	return bytes;
}

function writeReceiverReport(bytes: Uint8Array, report: Omit<ReceiverReport, 'type'>): number {
	const at = writeHeader(bytes, 0, 201, blockCount(report.blocks), reportLength(report.blocks));
	writeUint32(bytes, at, report.ssrc);
	return writeBlocks(bytes, at + 4, report.blocks);
}

function blockCount(blocks: readonly ReportBlock[]): number {
	return Math.min(blocks.length, MAX_BLOCKS);
}

function reportLength(blocks: readonly ReportBlock[]): number {
	return HEADER + 4 + blockCount(blocks) * REPORT_BLOCK;
}

function encodeCname(cname: string): Uint8Array {
	return new TextEncoder().encode(cname).subarray(0, MAX_CNAME);
}

/** SSRC, item type and length, the name, and one to four zero bytes that end the item list on a word. */
function sdesLength(name: Uint8Array): number {
	return HEADER + 4 + (Math.floor((2 + name.length) / 4) + 1) * 4;
}

function writeHeader(bytes: Uint8Array, at: number, type: number, count: number, length: number): number {
	bytes[at] = 0x80 | count;
	bytes[at + 1] = type;
	writeUint16(bytes, at + 2, length / 4 - 1);
	return at + HEADER;
}

function writeBlocks(bytes: Uint8Array, start: number, blocks: readonly ReportBlock[]): number {
	let at = start;
	for (const block of blocks.slice(0, MAX_BLOCKS)) {
		writeUint32(bytes, at, block.ssrc);
		bytes[at + 4] = block.fractionLost;
		writeUint24(bytes, at + 5, block.cumulativeLost);
		writeUint32(bytes, at + 8, block.highestSequence);
		writeUint32(bytes, at + 12, block.jitter);
		writeUint32(bytes, at + 16, block.lastSenderReport);
		writeUint32(bytes, at + 20, block.delaySinceLastSenderReport);
		at += REPORT_BLOCK;
	}
	return at;
}

function writeSdes(bytes: Uint8Array, start: number, ssrc: number, name: Uint8Array): number {
	const length = sdesLength(name);
	const at = writeHeader(bytes, start, 202, 1, length);
	writeUint32(bytes, at, ssrc);
	bytes[at + 4] = 1;
	bytes[at + 5] = name.length;
	bytes.set(name, at + 6);
	return start + length;
}
