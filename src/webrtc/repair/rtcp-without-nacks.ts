import { readUint16 } from '../../media/bytes/big-endian.ts';
import { RTCP_LIMITS } from '../../media/limits.ts';

const HEADER = 4;
const TRANSPORT_FEEDBACK = 205;

/** A compound RTCP packet without its NACKs (RFC 4585 section 6.2), none of which is read. */
export function rtcpWithoutNacks(bytes: Uint8Array): Uint8Array {
	const kept: Uint8Array[] = [];
	let at = 0;
	for (let count = 0; count < RTCP_LIMITS.packets && at + HEADER <= bytes.length; count++) {
		const end = at + HEADER + 4 * readUint16(bytes, at + 2);
		if (bytes[at + 1] !== TRANSPORT_FEEDBACK) kept.push(bytes.subarray(at, end));
		at = end;
	}
	return Buffer.concat(kept);
}
