import { removeEmulationPrevention } from './h264.ts';

/** payloadType of a recovery point, in both codecs (ITU-T H.264 section D.1.8, H.265 section D.2.8). */
const RECOVERY_POINT = 6;
/** Bytes of SEI that are looked at: what may come before is short, user data of makers is not. */
const MAX_SEI = 256;

/**
 * Whether SEI holds a recovery point message (ITU-T H.264 section 7.3.2.3.1, H.265 section 7.3.5).
 *
 * @param header bytes of the NAL unit header
 */
export function hasRecoveryPoint(nalu: Uint8Array, header: number): boolean {
	const bytes = removeEmulationPrevention(nalu.subarray(header, header + MAX_SEI));
	let at = 0;
	const next = () => {
		let value = 0;
		for (; bytes[at] === 0xff; at++) value += 0xff;
		return value + (bytes[at++] ?? 0);
	};
	// Beside type and size there are at least the trailing bits.
	while (at + 2 < bytes.length) {
		if (next() === RECOVERY_POINT) return true;
		const size = next();
		at += size;
	}
	return false;
}
