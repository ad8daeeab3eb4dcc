import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { addressBytes } from './ip-address.ts';

/** The messages of STUN (RFC 8489) that ICE (RFC 8445) sends to a lite agent and gets from it. */

export const BINDING_REQUEST = 0x0001;
export const BINDING_SUCCESS = 0x0101;

const HEADER = 20;
const MAGIC_COOKIE = 0x2112a442;
const TRANSACTION_ID = 12;
const ATTRIBUTE_HEADER = 4;

const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const XOR_MAPPED_ADDRESS = 0x0020;
const USE_CANDIDATE = 0x0025;
const FINGERPRINT = 0x8028;

const INTEGRITY_LENGTH = 20;
const FINGERPRINT_LENGTH = 4;
const FINGERPRINT_XOR = 0x5354554e;
const IPV4 = 1;
const IPV6 = 2;

/** What a lite agent reads of a message whose framing and FINGERPRINT are right. */
export type StunMessage = {
	readonly type: number;
	readonly transactionId: Buffer;
	readonly username: string | undefined;
	readonly useCandidate: boolean;
	/** Position of the MESSAGE-INTEGRITY attribute. Nothing after it is read but FINGERPRINT. */
	readonly integrityPosition: number | undefined;
};

/** True for what RFC 7983 gives to STUN by its first byte. */
export function isStun(datagram: Buffer): boolean {
	return (datagram[0] ?? 0xff) < 4;
}

/** @returns undefined for anything that is not a whole STUN message with a correct FINGERPRINT */
export function parseStun(bytes: Buffer): StunMessage | undefined {
	if (bytes.length < HEADER || bytes.length % 4 !== 0 || !isStun(bytes)) return undefined;
	if (bytes.readUInt16BE(2) !== bytes.length - HEADER || bytes.readUInt32BE(4) !== MAGIC_COOKIE) return undefined;
	let username: string | undefined;
	let useCandidate = false;
	let integrityPosition: number | undefined;
	for (let position = HEADER; position + ATTRIBUTE_HEADER <= bytes.length; ) {
		const type = bytes.readUInt16BE(position);
		const length = bytes.readUInt16BE(position + 2);
		const value = position + ATTRIBUTE_HEADER;
		const next = value + Math.ceil(length / 4) * 4;
		if (next > bytes.length) return undefined;
		if (type === FINGERPRINT) {
			const whole = next === bytes.length && length === FINGERPRINT_LENGTH;
			if (!whole || bytes.readUInt32BE(value) !== fingerprint(bytes.subarray(0, position))) return undefined;
			const transactionId = bytes.subarray(HEADER - TRANSACTION_ID, HEADER);
			return { type: bytes.readUInt16BE(0), transactionId, username, useCandidate, integrityPosition };
		}
		if (integrityPosition === undefined) {
			if (type === USERNAME) username = bytes.toString('utf8', value, value + length);
			else if (type === USE_CANDIDATE) useCandidate = true;
			else if (type === MESSAGE_INTEGRITY && length === INTEGRITY_LENGTH) integrityPosition = position;
		}
		position = next;
	}
	return undefined;
}

/** True if the message carries MESSAGE-INTEGRITY and it was made with this password (RFC 8489 14.5). */
export function isAuthentic(bytes: Buffer, message: StunMessage, password: string): boolean {
	const position = message.integrityPosition;
	if (position === undefined) return false;
	const value = position + ATTRIBUTE_HEADER;
	return timingSafeEqual(
		integrity(bytes.subarray(0, position), password),
		bytes.subarray(value, value + INTEGRITY_LENGTH),
	);
}

/** The success response to a binding request that came from this address (RFC 8489 6.3.1.1). */
export function bindingSuccess(
	request: StunMessage,
	remote: { readonly address: string; readonly port: number },
	password: string,
): Buffer {
	const header = Buffer.alloc(HEADER);
	header.writeUInt16BE(BINDING_SUCCESS, 0);
	header.writeUInt32BE(MAGIC_COOKIE, 4);
	header.set(request.transactionId, HEADER - TRANSACTION_ID);

	const address = addressBytes(remote.address);
	const mapped = Buffer.alloc(4 + address.length);
	mapped.writeUInt8(address.length === 4 ? IPV4 : IPV6, 1);
	mapped.writeUInt16BE(remote.port ^ (MAGIC_COOKIE >>> 16), 2);
	address.forEach((byte, index) => {
		mapped.writeUInt8(byte ^ header.readUInt8(4 + index), 4 + index);
	});
	return seal(Buffer.concat([header, attribute(XOR_MAPPED_ADDRESS, mapped)]), password);
}

/**
 * Ends a message with MESSAGE-INTEGRITY and FINGERPRINT.
 *
 * @param message header and attributes; the header's length is set here
 */
export function seal(message: Buffer, password: string): Buffer {
	const signed = Buffer.concat([message, attribute(MESSAGE_INTEGRITY, integrity(message, password))]);
	signed.writeUInt16BE(signed.length - HEADER + ATTRIBUTE_HEADER + FINGERPRINT_LENGTH, 2);
	const checksum = Buffer.alloc(FINGERPRINT_LENGTH);
	checksum.writeUInt32BE(fingerprint(signed));
	return Buffer.concat([signed, attribute(FINGERPRINT, checksum)]);
}

/** An attribute with its padding. */
export function attribute(type: number, value: Uint8Array): Buffer {
	const bytes = Buffer.alloc(ATTRIBUTE_HEADER + Math.ceil(value.length / 4) * 4);
	bytes.writeUInt16BE(type, 0);
	bytes.writeUInt16BE(value.length, 2);
	bytes.set(value, ATTRIBUTE_HEADER);
	return bytes;
}

/** The header's length counts as if the message ended with this attribute. */
function integrity(before: Buffer, password: string): Buffer {
	const header = Buffer.from(before.subarray(0, HEADER));
	header.writeUInt16BE(before.length - HEADER + ATTRIBUTE_HEADER + INTEGRITY_LENGTH, 2);
	return createHmac('sha1', password).update(header).update(before.subarray(HEADER)).digest();
}

function fingerprint(before: Buffer): number {
	return (crc32(before) ^ FINGERPRINT_XOR) >>> 0;
}
