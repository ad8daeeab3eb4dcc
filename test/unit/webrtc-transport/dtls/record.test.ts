import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CIPHER_SUITES } from '../../../../src/webrtc/transport/dtls/cipher-suite.ts';
import {
	type DtlsRecord,
	isDtls,
	parseRecords,
	serializeRecord,
} from '../../../../src/webrtc/transport/dtls/record.ts';
import { RecordCipher } from '../../../../src/webrtc/transport/dtls/record-cipher.ts';
import { RecordLayer } from '../../../../src/webrtc/transport/dtls/record-layer.ts';

const BODY = Buffer.from('0123456789');

function record(fragment: Buffer, sequence = 1): DtlsRecord {
	return { type: 22, version: 0xfefd, epoch: 1, sequence, fragment };
}

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

	it('knows DTLS by its first byte', () => {
		expect([19, 20, 22, 63, 64, 128].map((first) => isDtls(Buffer.from([first])))).toEqual([
			false,
			true,
			true,
			true,
			false,
			false,
		]);
		expect(isDtls(Buffer.alloc(0))).toBe(false);
	});
});

describe.each(CIPHER_SUITES)('RecordCipher with $algorithm', (suite) => {
	const key = randomBytes(suite.keyLength);
	const cipher = new RecordCipher(suite, key, randomBytes(suite.ivLength));
	const { fragment: _, ...header } = record(BODY);

	it('opens what it sealed, with the overhead of the suite', () => {
		for (const plain of [Buffer.alloc(0), BODY, randomBytes(1400)]) {
			const sealed = cipher.seal(header, plain);
			expect(sealed.length - plain.length).toBe(suite.explicitNonceLength + 16);
			expect(cipher.open({ ...header, fragment: sealed })).toEqual(plain);
		}
	});

	it('opens nothing of which a bit was changed, in header or fragment', () => {
		const fragment = cipher.seal(header, BODY);
		for (let position = 0; position < fragment.length; position++) {
			const changed = Buffer.from(fragment);
			changed.writeUInt8(changed.readUInt8(position) ^ 1, position);
			expect(cipher.open({ ...header, fragment: changed })).toBeUndefined();
		}
		for (const change of [{ type: 21 }, { version: 0xfeff }, { epoch: 2 }, { sequence: 2 }]) {
			expect(cipher.open({ ...header, ...change, fragment })).toBeUndefined();
		}
	});

	it('opens nothing that is too short', () => {
		for (let length = 0; length < suite.explicitNonceLength + 16; length++) {
			expect(cipher.open(record(randomBytes(length)))).toBeUndefined();
		}
	});
});

describe('RecordLayer', () => {
	const [suite] = CIPHER_SUITES;
	function pair(): { sender: RecordLayer; receiver: RecordLayer } {
		if (suite === undefined) throw new Error('no suite');
		const cipher = new RecordCipher(suite, randomBytes(suite.keyLength), randomBytes(suite.ivLength));
		const [sender, receiver] = [new RecordLayer(), new RecordLayer()];
		sender.setCiphers(cipher, cipher);
		receiver.setCiphers(cipher, cipher);
		return { sender, receiver };
	}
	const sealed = (layer: RecordLayer): DtlsRecord => parseRecords(layer.seal(1, 23, BODY))[0] as DtlsRecord;

	it('numbers the records of each epoch from 0', () => {
		const { sender } = pair();
		const records = [sender.seal(0, 22, BODY), sender.seal(0, 22, BODY), sender.seal(1, 22, BODY)].flatMap(
			parseRecords,
		);
		expect(records.map(({ epoch, sequence }) => [epoch, sequence])).toEqual([
			[0, 0],
			[0, 1],
			[1, 0],
		]);
	});

	it('opens a record once, in any order within the window', () => {
		const { sender, receiver } = pair();
		const records = Array.from({ length: 100 }, () => sealed(sender));
		const [first, ...others] = records.toReversed();
		expect(receiver.open(first as DtlsRecord)).toEqual(BODY);
		expect(receiver.open(first as DtlsRecord)).toBeUndefined();
		const opened = others.map((each) => receiver.open(each) !== undefined);
		// The window holds 64 numbers, the highest included.
		expect(opened.indexOf(false)).toBe(63);
		expect(opened.slice(63)).not.toContain(true);
	});

	it('is not moved by a forged record with a high number', () => {
		const { sender, receiver } = pair();
		const one = sealed(sender);
		expect(receiver.open({ ...one, sequence: 2 ** 47 })).toBeUndefined();
		expect(receiver.open(one)).toEqual(BODY);
	});

	it('opens nothing before there are keys', () => {
		expect(new RecordLayer().open(sealed(pair().sender))).toBeUndefined();
	});
});
