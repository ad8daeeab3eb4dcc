import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DtlsRecord, parseRecords, serializeRecord } from '../../../src/webrtc/transport/dtls-record.ts';
import { HandshakeGate } from '../../../src/webrtc/transport/handshake-gate.ts';
import { MAX_HANDSHAKE_MESSAGE } from '../../../src/webrtc/transport/limits.ts';

function record(fragment: Buffer, epoch = 0): DtlsRecord {
	return { type: 22, version: 0xfefd, epoch, sequence: 1, fragment };
}

/** A handshake message or a part of it. */
function message(type: number, sequence: number, body: Buffer, from = 0, to = body.length): Buffer {
	const header = Buffer.alloc(12);
	header.writeUInt8(type, 0);
	header.writeUIntBE(body.length, 1, 3);
	header.writeUInt16BE(sequence, 4);
	header.writeUIntBE(from, 6, 3);
	header.writeUIntBE(to - from, 9, 3);
	return Buffer.concat([header, body.subarray(from, to)]);
}

const BODY = Buffer.from('0123456789');
const HELLO = 1;
const FLIGHT = [11, 16, 15] as const;

/** `type:sequence` of the messages in what was let through. */
function names(datagrams: Buffer[]): string[] {
	return datagrams.flatMap((datagram) =>
		parseRecords(datagram).map(({ epoch, fragment }) =>
			epoch > 0 ? 'encrypted' : `${fragment.readUInt8(0)}:${fragment.readUInt16BE(4)}`,
		),
	);
}

function take(gate: HandshakeGate, ...messages: Buffer[]): string[] {
	return names(gate.take(record(Buffer.concat(messages))));
}

describe('HandshakeGate', () => {
	it('lets a handshake through in order', () => {
		const gate = new HandshakeGate();
		expect(take(gate, message(HELLO, 0, BODY))).toEqual(['1:0']);
		expect(take(gate, message(HELLO, 1, BODY))).toEqual(['1:1']);
		expect(take(gate, ...FLIGHT.map((type, index) => message(type, 2 + index, BODY)))).toEqual([
			'11:2',
			'16:3',
			'15:4',
		]);
		expect(gate.complete).toBe(true);
		expect(names(gate.takeEncrypted(record(BODY, 1)))).toEqual(['encrypted']);
	});

	it('lets repeated hellos through until the client goes on, but not an older one', () => {
		const gate = new HandshakeGate();
		take(gate, message(HELLO, 0, BODY));
		expect(take(gate, message(HELLO, 0, BODY))).toEqual(['1:0']);
		take(gate, message(HELLO, 1, BODY));
		expect(take(gate, message(HELLO, 1, BODY))).toEqual(['1:1']);
		expect(take(gate, message(HELLO, 0, BODY))).toEqual([]);
		take(gate, message(11, 2, BODY));
		expect(take(gate, message(HELLO, 1, BODY))).toEqual([]);
	});

	it('lets each message of the last flight through once', () => {
		const gate = new HandshakeGate();
		take(gate, message(HELLO, 1, BODY));
		expect(take(gate, message(11, 2, BODY), message(11, 2, BODY))).toEqual(['11:2']);
		expect(take(gate, message(16, 3, BODY))).toEqual(['16:3']);
		expect(take(gate, message(16, 3, BODY), message(16, 4, BODY), message(11, 4, BODY))).toEqual([]);
	});

	it('puts messages and an early Finished in order', () => {
		const gate = new HandshakeGate();
		take(gate, message(HELLO, 1, BODY));
		expect(gate.takeEncrypted(record(BODY, 1))).toEqual([]);
		expect(take(gate, message(15, 4, BODY))).toEqual([]);
		expect(take(gate, message(16, 3, BODY))).toEqual([]);
		expect(take(gate, message(11, 2, BODY))).toEqual(['11:2', '16:3', '15:4', 'encrypted']);
	});

	it('joins fragments', () => {
		const gate = new HandshakeGate();
		expect(take(gate, message(HELLO, 0, BODY, 0, 4))).toEqual([]);
		expect(take(gate, message(HELLO, 0, BODY, 2, 7))).toEqual([]);
		const [whole] = gate.take(record(message(HELLO, 0, BODY, 7)));
		expect(whole?.subarray(13)).toEqual(message(HELLO, 0, BODY));
	});

	it('drops messages that are too long, out of the window or before any hello', () => {
		const gate = new HandshakeGate();
		expect(take(gate, message(11, 2, BODY))).toEqual([]);
		expect(take(gate, message(HELLO, 0, Buffer.alloc(MAX_HANDSHAKE_MESSAGE + 1), 0, 100))).toEqual([]);
		expect(take(gate, message(HELLO, 2, BODY), message(HELLO, 900, BODY))).toEqual([]);
	});

	it('never throws, and lets only whole messages out', () => {
		const part = fc
			.record({
				type: fc.constantFrom(1, 11, 15, 16, 20, 200),
				sequence: fc.integer({ min: 0, max: 6 }),
				from: fc.integer({ min: 0, max: 10 }),
				to: fc.integer({ min: 0, max: 10 }),
			})
			.map(({ type, sequence, from, to }) => message(type, sequence, BODY, Math.min(from, to), Math.max(from, to)));
		fc.assert(
			fc.property(fc.array(fc.oneof(part, fc.uint8Array({ maxLength: 40 }))), (fragments) => {
				const gate = new HandshakeGate();
				for (const fragment of fragments) {
					for (const datagram of gate.take(record(Buffer.from(fragment)))) {
						const [{ fragment: whole }] = parseRecords(datagram) as [DtlsRecord];
						expect(whole.readUIntBE(1, 3)).toBe(whole.length - 12);
					}
				}
			}),
		);
	});
});

describe('parseRecords', () => {
	it('reads what serializeRecord writes', () => {
		const one = { type: 22, version: 0xfefd, epoch: 3, sequence: 2 ** 40 + 5, fragment: BODY };
		const two = { ...one, type: 21, fragment: Buffer.alloc(0) };
		expect(parseRecords(Buffer.concat([serializeRecord(one), serializeRecord(two)]))).toEqual([one, two]);
	});

	it('stops at a record that is cut short or of another protocol', () => {
		const whole = serializeRecord(record(BODY));
		expect(parseRecords(Buffer.concat([whole, whole.subarray(0, -1)]))).toHaveLength(1);
		expect(parseRecords(Buffer.concat([whole, Buffer.alloc(20)]))).toHaveLength(1);
		fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseRecords(Buffer.from(bytes))));
	});
});
