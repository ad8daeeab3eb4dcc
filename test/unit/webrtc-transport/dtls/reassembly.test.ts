import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	type HandshakeMessage,
	parseFragments,
	serializeMessage,
} from '../../../../src/webrtc/transport/dtls/handshake-message.ts';
import { Reassembly } from '../../../../src/webrtc/transport/dtls/reassembly.ts';
import { MAX_HANDSHAKE_MESSAGE, MAX_MESSAGES_AHEAD } from '../../../../src/webrtc/transport/limits.ts';

const BODY = Buffer.from('0123456789');
const message = (sequence: number, body: Buffer = BODY, type = 11): HandshakeMessage => ({ type, sequence, body });

function add(reassembly: Reassembly, ...records: Buffer[]): HandshakeMessage[] {
	for (const fragment of records.flatMap(parseFragments)) reassembly.add(fragment);
	const whole: HandshakeMessage[] = [];
	for (let next = reassembly.shift(); next !== undefined; next = reassembly.shift()) whole.push(next);
	return whole;
}

describe('Reassembly', () => {
	it('gives messages out in order, each once', () => {
		const reassembly = new Reassembly();
		expect(add(reassembly, serializeMessage(message(1)))).toEqual([]);
		expect(add(reassembly, serializeMessage(message(0)))).toEqual([message(0), message(1)]);
		expect(add(reassembly, serializeMessage(message(0)), serializeMessage(message(1)))).toEqual([]);
		expect(reassembly.next).toBe(2);
	});

	it('takes several messages of one record, and one without a body', () => {
		const record = Buffer.concat([serializeMessage(message(0)), serializeMessage(message(1, Buffer.alloc(0)))]);
		expect(add(new Reassembly(), record)).toEqual([message(0), message(1, Buffer.alloc(0))]);
	});

	it('joins fragments in any order, repeated and overlapping', () => {
		fc.assert(
			fc.property(
				fc.uint8Array({ minLength: 1, maxLength: 300 }),
				fc.array(fc.tuple(fc.nat(300), fc.nat(300))),
				fc.array(fc.nat(300), { minLength: 1 }),
				(bytes, extra, cuts) => {
					const whole = message(0, Buffer.from(bytes));
					const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
					const parts = edges.slice(1).map((end, index) => serializeMessage(whole, edges[index], end));
					const overlaps = extra.map(([a, b]) => {
						const [start = 0, end = 0] = [a, b].map((at) => Math.min(at, bytes.length)).sort((x, y) => x - y);
						return serializeMessage(whole, start, end);
					});
					expect(add(new Reassembly(), ...overlaps, ...parts.reverse())).toEqual([whole]);
				},
			),
		);
	});

	it('keeps to the first word about a message', () => {
		const reassembly = new Reassembly();
		add(reassembly, serializeMessage(message(0), 0, 5));
		add(
			reassembly,
			serializeMessage(message(0, BODY, 16), 5, 10),
			serializeMessage(message(0, Buffer.alloc(99)), 5, 10),
		);
		expect(add(reassembly, serializeMessage(message(0), 5, 10))).toEqual([message(0)]);
	});

	it('drops what is too long or too far ahead', () => {
		const reassembly = new Reassembly();
		add(reassembly, serializeMessage(message(0, Buffer.alloc(MAX_HANDSHAKE_MESSAGE + 1)), 0, 10));
		add(reassembly, serializeMessage(message(MAX_MESSAGES_AHEAD)));
		expect(add(reassembly, serializeMessage(message(0, Buffer.alloc(MAX_HANDSHAKE_MESSAGE))))).toHaveLength(1);
		for (let sequence = 1; sequence < MAX_MESSAGES_AHEAD; sequence++) {
			add(reassembly, serializeMessage(message(sequence)));
		}
		expect(reassembly.next).toBe(MAX_MESSAGES_AHEAD);
	});
});

describe('parseFragments', () => {
	it('stops at a fragment that is cut short or exceeds its message', () => {
		const good = serializeMessage(message(0));
		const beyond = Buffer.from(good);
		beyond.writeUIntBE(1, 6, 3);
		expect(parseFragments(Buffer.concat([good, good.subarray(0, -1)]))).toHaveLength(1);
		expect(parseFragments(Buffer.concat([beyond, good]))).toEqual([]);
		fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseFragments(Buffer.from(bytes))));
	});
});
