import { createCipheriv } from 'node:crypto';

/** SRTP_AES128_CM_HMAC_SHA1_80 (RFC 5764 4.1.2): the profile's number and its sizes in bytes. */
export const AES128_CM_SHA1_80 = { profile: 1, keyLength: 16, saltLength: 14, tagLength: 10 } as const;

/** A master key and salt of one direction, as exported by DTLS (RFC 5764 4.2). */
export type MasterKey = { readonly key: Uint8Array; readonly salt: Uint8Array };

/** Session keys of RTP or RTCP: 16, 20 and 14 bytes. */
export type SessionKeys = {
	readonly encryption: Buffer;
	readonly authentication: Buffer;
	readonly salt: Buffer;
};

/** Key derivation labels of RFC 3711 4.3.2. */
const RTP_LABELS = [0, 1, 2] as const;
const RTCP_LABELS = [3, 4, 5] as const;

const IV_LENGTH = 16;
const LABEL_POSITION = 7;
const AUTHENTICATION_LENGTH = 20;

/** Session keys of one direction (RFC 3711 4.3, key derivation rate 0). */
export function deriveSessionKeys(master: MasterKey): { rtp: SessionKeys; rtcp: SessionKeys } {
	return { rtp: derive(master, RTP_LABELS), rtcp: derive(master, RTCP_LABELS) };
}

function derive(master: MasterKey, labels: readonly [number, number, number]): SessionKeys {
	const [encryption, authentication, salt] = labels;
	return {
		encryption: deriveKey(master, encryption, AES128_CM_SHA1_80.keyLength),
		authentication: deriveKey(master, authentication, AUTHENTICATION_LENGTH),
		salt: deriveKey(master, salt, AES128_CM_SHA1_80.saltLength),
	};
}

function deriveKey({ key, salt }: MasterKey, label: number, length: number): Buffer {
	const iv = Buffer.alloc(IV_LENGTH);
	iv.set(salt);
	iv.writeUInt8(iv.readUInt8(LABEL_POSITION) ^ label, LABEL_POSITION);
	return createCipheriv('aes-128-ctr', key, iv).update(Buffer.alloc(length));
}

/**
 * The counter block a packet's key stream starts with (RFC 3711 4.1.1).
 *
 * @param index 48 bit of RTP or 31 bit of RTCP
 */
export function initialCounter(salt: Uint8Array, ssrc: number, index: number): Buffer {
	const iv = Buffer.alloc(IV_LENGTH);
	iv.set(salt);
	iv.writeUInt32BE((iv.readUInt32BE(4) ^ ssrc) >>> 0, 4);
	iv.writeUInt32BE((iv.readUInt32BE(8) ^ Math.floor(index / 0x10000)) >>> 0, 8);
	iv.writeUInt16BE(iv.readUInt16BE(12) ^ (index & 0xffff), 12);
	return iv;
}
