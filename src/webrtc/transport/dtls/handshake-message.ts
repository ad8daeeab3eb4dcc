import { number } from './vector.ts';

export const HandshakeType = {
	clientHello: 1,
	serverHello: 2,
	certificate: 11,
	serverKeyExchange: 12,
	certificateRequest: 13,
	serverHelloDone: 14,
	certificateVerify: 15,
	clientKeyExchange: 16,
	finished: 20,
} as const;

/** Bytes in front of each fragment of a message (RFC 6347 4.2.2). */
export const FRAGMENT_HEADER = 12;

/** A whole handshake message. */
export type HandshakeMessage = {
	readonly type: number;
	/** `message_seq`, 16 bit. */
	readonly sequence: number;
	readonly body: Buffer;
};

/** A part of a message: `bytes` belong at `offset` of a body of `length`. */
export type Fragment = {
	readonly type: number;
	readonly sequence: number;
	readonly length: number;
	readonly offset: number;
	readonly bytes: Buffer;
};

/** A part of a message on the wire; the whole of it by default, which is also what both sides hash (RFC 6347 4.2.6). */
export function serializeMessage(message: HandshakeMessage, start = 0, end = message.body.length): Buffer {
	const { type, sequence, body } = message;
	return Buffer.concat([
		number(1, type),
		number(3, body.length),
		number(2, sequence),
		number(3, start),
		number(3, end - start),
		body.subarray(start, end),
	]);
}

/** The fragments in a record, as views of it. What follows a malformed one is dropped. */
export function parseFragments(record: Buffer): Fragment[] {
	const fragments: Fragment[] = [];
	for (let position = 0; position + FRAGMENT_HEADER <= record.length; ) {
		const start = position + FRAGMENT_HEADER;
		const end = start + record.readUIntBE(position + 9, 3);
		const length = record.readUIntBE(position + 1, 3);
		const offset = record.readUIntBE(position + 6, 3);
		if (end > record.length || offset + end - start > length) break;
		fragments.push({
			type: record.readUInt8(position),
			sequence: record.readUInt16BE(position + 4),
			length,
			offset,
			bytes: record.subarray(start, end),
		});
		position = end;
	}
	return fragments;
}
