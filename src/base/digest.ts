import { createHash } from 'node:crypto';

/** Stands for a text of any length, as in the keys of a map whose memory is to be bounded: SHA-256, 43 characters. */
export function digestOf(text: string): string {
	return createHash('sha256').update(text).digest('base64url');
}
