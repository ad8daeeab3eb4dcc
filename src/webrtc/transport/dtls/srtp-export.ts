import { AES128_CM_SHA1_80, type MasterKey } from '../srtp/srtp-keys.ts';
import type { KeySchedule } from './key-schedule.ts';

const LABEL = 'EXTRACTOR-dtls_srtp';

/** The SRTP master keys of both directions (RFC 5764 4.2). */
export function exportSrtpKeys(keys: KeySchedule): { readonly client: MasterKey; readonly server: MasterKey } {
	const { keyLength, saltLength } = AES128_CM_SHA1_80;
	const material = keys.export(LABEL, 2 * (keyLength + saltLength));
	const side = (index: 0 | 1): MasterKey => {
		const salt = 2 * keyLength + index * saltLength;
		return {
			key: material.subarray(index * keyLength, (index + 1) * keyLength),
			salt: material.subarray(salt, salt + saltLength),
		};
	};
	return { client: side(0), server: side(1) };
}
