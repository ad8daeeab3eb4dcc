import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtspSyntaxError } from '../../../src/rtsp/errors.ts';
import { maskedFrame, OPCODE, WebSocketSplitter } from '../../../src/rtsp/websocket-frames.ts';
import { clientFrame, serverFrame } from '../../camera/front-door.ts';

/** What a splitter finds in these chunks: data joined, control frames apart. */
function split(chunks: readonly Uint8Array[]): { data: Buffer; controls: [number, string][] } {
	const data: Uint8Array[] = [];
	const controls: [number, string][] = [];
	const splitter = new WebSocketSplitter({
		onData: (bytes) => data.push(bytes.slice()),
		onControl: (opcode, payload) => controls.push([opcode, new TextDecoder().decode(payload)]),
	});
	for (const chunk of chunks) splitter.push(chunk);
	return { data: Buffer.concat(data), controls };
}

const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => at & 0xff);

describe('WebSocketSplitter', () => {
	it.each([0, 1, 125, 126, 65_535, 65_536, 100_000])('reads a frame of %i bytes', (length) => {
		expect(split([serverFrame(0x82, bytes(length))]).data).toEqual(Buffer.from(bytes(length)));
	});

	it('joins fragments, with control frames between them, and reads text as bytes', () => {
		const frames = [
			serverFrame(0x02, Buffer.from('a')),
			serverFrame(0x89, Buffer.from('ping')),
			serverFrame(0x80, Buffer.from('b')),
			serverFrame(0x81, Buffer.from('c')),
			serverFrame(0x88, Uint8Array.of()),
		];
		const found = split([Buffer.concat(frames)]);
		expect(found.data.toString()).toBe('abc');
		expect(found.controls).toEqual([
			[OPCODE.ping, 'ping'],
			[OPCODE.close, ''],
		]);
	});

	it('finds the same wherever the stream is cut', () => {
		const stream = Buffer.concat([
			serverFrame(0x82, bytes(300)),
			serverFrame(0x8a, bytes(5)),
			serverFrame(0x82, bytes(70_000)),
		]);
		const whole = split([stream]);
		expect(whole.data).toHaveLength(70_300);
		fc.assert(
			fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
				const at = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
				const cut = split(at.slice(1).map((end, index) => stream.subarray(at[index], end)));
				expect(cut.controls).toEqual(whole.controls);
				expect(cut.data.equals(whole.data)).toBe(true);
			}),
			{ numRuns: 30 },
		);
		expect(split([...stream.subarray(0, 400)].map((byte) => Uint8Array.of(byte))).data).toHaveLength(
			300 + 400 - 304 - 7 - 10,
		);
	});

	it.each([
		['a masked frame', [0x82, 0x81]],
		['an extension', [0xc2, 0x01]],
		['an unknown opcode', [0x83, 0x01]],
		['a fragmented ping', [0x09, 0x00]],
		['a long ping', [0x89, 126]],
	])('refuses %s', (_, head) => {
		expect(() => split([Uint8Array.from(head)])).toThrow(RtspSyntaxError);
	});

	it('throws nothing else, whatever comes', () => {
		fc.assert(
			fc.property(fc.array(fc.uint8Array()), (chunks) => {
				try {
					split(chunks);
				} catch (thrown) {
					expect(thrown).toBeInstanceOf(RtspSyntaxError);
				}
			}),
		);
	});
});

describe('maskedFrame', () => {
	it.each([0, 1, 125, 126, 65_535, 65_536])('of %i bytes is read by a server', (length) => {
		const frame = maskedFrame(OPCODE.binary, bytes(length), Uint8Array.of(1, 2, 3, 255));
		expect(clientFrame(Buffer.from(frame))).toEqual({
			opcode: OPCODE.binary,
			payload: Buffer.from(bytes(length)),
			size: frame.length,
		});
	});

	it('is the masked Hello of RFC 6455 section 5.7', () => {
		const frame = maskedFrame(1, Buffer.from('Hello'), Uint8Array.of(0x37, 0xfa, 0x21, 0x3d));
		expect([...frame]).toEqual([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
	});
});
