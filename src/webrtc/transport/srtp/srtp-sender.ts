import { type Cipher, createCipheriv } from 'node:crypto';
import { MAX_SSRCS } from '../limits.ts';
import { type HmacKey, hmacKey } from './packet-signer.ts';
import type { SessionKeys } from './srtp-keys.ts';

/** Bytes of an AES block. */
export const AES_BLOCK = 16;

/**
 * The 48 bit index of a packet (RFC 3711 3.3.1): the one with this sequence number that is nearest to the highest
 * index sent, so that a late retransmission keeps the roll-over counter it was first sent with.
 *
 * @param highest -1 before the first packet
 * @returns negative if the packet lies before the first one that was sent
 */
export function nearestIndex(highest: number, sequence: number): number {
	if (highest < 0) return sequence;
	return highest + ((sequence - highest + 0x8000) & 0xffff) - 0x8000;
}

/** The same 32 bit number with its bytes in the other order: a network order word as this machine stores it. */
export function networkOrder(word: number): number {
	return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}

/** A synchronization source, and the highest index sent; -1 before the first packet. */
type Source = { readonly ssrc: number; highest: number };

/** One viewer's sending half of SRTP: keys and roll-over counters. */
export class SrtpSender {
	readonly authentication: HmacKey;
	readonly #cipher: Cipher;
	readonly #salt: readonly [number, number, number, number];
	readonly #sources: Source[] = [];

	constructor(keys: SessionKeys) {
		this.authentication = hmacKey(keys.authentication);
		// AES in counter mode is AES-ECB over the counter blocks: one cipher serves every packet of the viewer, where a
		// counter mode cipher would have to be made anew for each.
		this.#cipher = createCipheriv('aes-128-ecb', keys.encryption, null).setAutoPadding(false);
		const { salt } = keys;
		this.#salt = [salt.readUInt32BE(0), salt.readUInt32BE(4), salt.readUInt32BE(8), salt.readUInt16BE(12)];
	}

	/** The packet's index, noted as sent; negative if it must not be sent. */
	advance(ssrc: number, sequence: number): number {
		const source = this.#source(ssrc);
		if (source === undefined) return -1;
		const index = nearestIndex(source.highest, sequence);
		if (index > source.highest) source.highest = index;
		return index;
	}

	/** Writes the first counter block of a packet (RFC 3711 4.1.1) as four words from `position` on. */
	writeCounter(words: Uint32Array, position: number, ssrc: number, index: number): void {
		const [salt0, salt1, salt2, salt3] = this.#salt;
		words[position] = networkOrder(salt0);
		words[position + 1] = networkOrder(salt1 ^ ssrc);
		words[position + 2] = networkOrder(salt2 ^ Math.floor(index / 0x10000));
		words[position + 3] = networkOrder((salt3 ^ (index & 0xffff)) << 16);
	}

	#source(ssrc: number): Source | undefined {
		// There are two or four: looking at them is quicker than a Map.
		for (let at = 0; at < this.#sources.length; at++) {
			const source = this.#sources[at] as Source;
			if (source.ssrc === ssrc) return source;
		}
		if (this.#sources.length === MAX_SSRCS) return undefined;
		const source = { ssrc, highest: -1 };
		this.#sources.push(source);
		return source;
	}

	/** The key stream of counter blocks. */
	keyStream(counters: Buffer): Buffer {
		return this.#cipher.update(counters);
	}
}
