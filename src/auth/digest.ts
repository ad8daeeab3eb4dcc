import { createHash } from 'node:crypto';

/** Stands for a text of any length as the key of a map, whose memory is then bounded. */
export function digestOf(text: string): string {
	return createHash('sha256').update(text).digest('base64url');
}
