import { hash } from 'node:crypto';
import { readUint32 } from '../media/bytes/big-endian.ts';

/** Cryptographically strong random bytes. */
export type RandomBytes = (size: number) => Uint8Array;

/** Bytes that are fetched at once. */
const POOL = 4_096;

/** The same source, asked for many bytes at a time: a few cost it as much as thousands. No byte is given out twice. */
export function pooled(randomBytes: RandomBytes): RandomBytes {
	let pool: Uint8Array = new Uint8Array(0);
	let end = 0;
	return (size) => {
		if (size > POOL) return randomBytes(size);
		if (end + size > pool.length) {
			pool = randomBytes(POOL);
			end = 0;
		}
		end += size;
		return pool.subarray(end - size, end);
	};
}

/** 0 … 2^32-1 */
export function randomUint32(randomBytes: RandomBytes): number {
	return readUint32(randomBytes(4), 0);
}

/**
 * The last part of a WHEP session's URL: 144 random bits in 24 characters that need no escaping. Who knows it may end
 * the session, so only its viewer is told.
 */
export function randomResource(randomBytes: RandomBytes): string {
	return Buffer.from(randomBytes(18)).toString('base64url');
}

/** The name by which others know the session: 96 bit that do not lead back to the resource. */
export function sessionIdOf(resource: string): string {
	return hash('sha256', resource, 'base64url').slice(0, 16);
}

/** 62 random bits in decimal, as `o=` of a session description wants them (RFC 9429 section 5.2.1). */
export function randomOriginId(randomBytes: RandomBytes): string {
	return (Buffer.from(randomBytes(8)).readBigUInt64BE() >> 2n).toString();
}
