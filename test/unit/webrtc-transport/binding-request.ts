import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { attribute, seal } from '../../../src/webrtc/transport/ice/stun.ts';

/** A STUN message as a browser's agent sends it; without a password it has no MESSAGE-INTEGRITY. */
export function bindingRequest(request: {
	username: string;
	password?: string;
	useCandidate?: boolean;
	type?: number;
}): Buffer {
	const header = Buffer.alloc(20);
	header.writeUInt16BE(request.type ?? 0x0001, 0);
	header.writeUInt32BE(0x2112a442, 4);
	header.set(randomBytes(12), 8);
	const message = Buffer.concat([
		header,
		attribute(0x0006, Buffer.from(request.username)),
		attribute(0x0024, Buffer.from([0x6e, 0, 1, 0xff])),
		attribute(0x802a, randomBytes(8)),
		...(request.useCandidate ? [attribute(0x0025, Buffer.alloc(0))] : []),
	]);
	return request.password === undefined ? withFingerprint(message) : seal(message, request.password);
}

/** Gives a message a correct FINGERPRINT, as anyone can. */
export function withFingerprint(message: Buffer): Buffer {
	const whole = Buffer.concat([message, attribute(0x8028, Buffer.alloc(4))]);
	whole.writeUInt16BE(whole.length - 20, 2);
	whole.writeUInt32BE((crc32(whole.subarray(0, -8)) ^ 0x5354554e) >>> 0, whole.length - 4);
	return whole;
}
