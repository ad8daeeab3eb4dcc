import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtspSyntaxError } from '../../../src/rtsp/errors.ts';
import { RtspSplitter, type RtspStreamHandler } from '../../../src/rtsp/framing.ts';
import { RTSP_LIMITS } from '../../../src/rtsp/limits.ts';
import { request, response, serializeMessage } from '../../../src/rtsp/message.ts';

const text = (value: string) => new TextEncoder().encode(value);

function bytes(...parts: (string | Uint8Array)[]): Uint8Array {
	return Uint8Array.from(parts.flatMap((part) => [...(typeof part === 'string' ? text(part) : part)]));
}

function frame(channel: number, payload: Uint8Array): Uint8Array {
	return bytes(Uint8Array.of(0x24, channel, payload.length >> 8, payload.length & 0xff), payload);
}

function rtp(size: number, type = 1): Uint8Array {
	return Uint8Array.from({ length: size }, (_, index) => (index === 0 ? 0x80 : index === 1 ? type : index & 0xff));
}

/** What comes out, as comparable lines. */
function split(
	stream: Uint8Array,
	cuts: readonly number[] = [],
	isExpected?: RtspStreamHandler['isExpected'],
): { found: string[]; garbage: number } {
	const found: string[] = [];
	const splitter = new RtspSplitter({
		onMessage: (message) => {
			const name = message.kind === 'request' ? message.method : message.status;
			found.push(`${name} ${message.headers.get('cseq')} ${new TextDecoder().decode(message.body)}`);
		},
		onFrame: (channel, payload) => found.push(`$${channel} ${Buffer.from(payload).toString('hex')}`),
		...(isExpected && { isExpected }),
	});
	const ends = [...cuts, stream.length].sort((a, b) => a - b);
	let from = 0;
	for (const to of ends) {
		splitter.push(stream.slice(from, to));
		from = to;
	}
	return { found, garbage: splitter.garbage };
}

const STREAM = bytes(
	serializeMessage(response(200, 'OK', { CSeq: '1' }, text('v=0\r\n\r\ns=x\r\n'))),
	frame(0, rtp(20)),
	'\r\n',
	frame(3, new Uint8Array(0)),
	serializeMessage(request('GET_PARAMETER', 'rtsp://camera/', { CSeq: '7' })),
	frame(1, rtp(300)),
	'RTSP/1.0 200\nCSeq: 2\n\n',
);

describe('RtspSplitter', () => {
	it('finds messages and frames in one chunk', () => {
		expect(split(STREAM)).toEqual({
			found: [
				'200 1 v=0\r\n\r\ns=x\r\n',
				`$0 ${Buffer.from(rtp(20)).toString('hex')}`,
				'$3 ',
				'GET_PARAMETER 7 ',
				`$1 ${Buffer.from(rtp(300)).toString('hex')}`,
				'200 2 ',
			],
			garbage: 0,
		});
	});

	it('finds the same cut at every byte', () => {
		const whole = split(STREAM);
		for (let cut = 1; cut < STREAM.length; cut++) expect(split(STREAM, [cut])).toEqual(whole);
		expect(
			split(
				STREAM,
				Array.from(STREAM, (_, index) => index),
			),
		).toEqual(whole);
	});

	it('finds the same however it is cut', () => {
		const whole = split(STREAM);
		fc.assert(
			fc.property(fc.array(fc.nat(STREAM.length)), (cuts) => {
				expect(split(STREAM, cuts)).toEqual(whole);
			}),
		);
	});

	it('hands out views of the chunk for whole frames', () => {
		const chunk = frame(0, rtp(40));
		let buffer: unknown;
		new RtspSplitter({ onMessage() {}, onFrame: (_, payload) => (buffer = payload.buffer) }).push(chunk);
		expect(buffer).toBe(chunk.buffer);
	});

	it('takes a frame of 65535 bytes', () => {
		const { found } = split(frame(2, rtp(65_535)), [30_000, 60_000]);
		expect(found).toHaveLength(1);
		expect(found[0]).toHaveLength(3 + 65_535 * 2);
	});

	it('passes over garbage to the next frame or message', () => {
		const garbage = bytes('x$$RTSPlay$', Uint8Array.of(0, 255, 0x24, 9, 9, 9));
		const stream = bytes(frame(0, rtp(12)), garbage, frame(0, rtp(13)), garbage, 'RTSP/1.0 454 X\r\nCSeq: 3\r\n\r\n');
		const whole = split(stream);
		expect(whole.found).toContain('454 3 ');
		expect(whole.garbage).toBeGreaterThan(0);
		const noisy = bytes(Uint8Array.of(1, 2, 3), garbage, frame(0, rtp(13)));
		expect(split(noisy)).toEqual({
			found: [`$0 ${Buffer.from(rtp(13)).toString('hex')}`],
			garbage: garbage.length + 3,
		});
		for (let cut = 1; cut < noisy.length; cut++) expect(split(noisy, [cut])).toEqual(split(noisy));
	});

	it('believes a frame after garbage only when it is expected, wherever it is cut', () => {
		const expected = (channel: number, type: number) => channel === 2 && (type & 0x7f) === 96;
		const swallow = (channel: number, type: number) => Uint8Array.of(0x24, channel, 255, 255, 0x80, type);
		const lures = [swallow(3, 96), swallow(0, 96), swallow(2, 97), swallow(2, 17), swallow(255, 200)];
		const stranger = frame(9, rtp(12, 33));
		const stream = bytes(stranger, 'x', ...lures, frame(2, rtp(20, 96)), stranger, 'x', frame(2, rtp(9, 96 | 0x80)));
		const whole = split(stream, [], expected);
		expect(whole.found.map((line) => line.slice(0, 2))).toEqual(['$9', '$2', '$9', '$2']);
		expect(whole.garbage).toBe(2 + lures.length * 6);
		for (let cut = 1; cut < stream.length; cut++) expect(split(stream, [cut], expected)).toEqual(whole);
	});

	it('ends on endless garbage', () => {
		const splitter = new RtspSplitter({ onMessage() {}, onFrame() {} });
		const chunk = new Uint8Array(65_536);
		expect(() => {
			for (let sent = 0; sent <= RTSP_LIMITS.garbageBytes; sent += chunk.length) splitter.push(chunk);
		}).toThrow(RtspSyntaxError);
	});

	it.each([
		['a header of a megabyte', `RTSP/1.0 200 OK\r\nX: ${'x'.repeat(1_000_000)}`],
		['a header above its cap', `RTSP/1.0 200 OK\r\nX: ${'x'.repeat(10_000)}\r\n\r\n`],
		['a thousand headers', `RTSP/1.0 200 OK\r\n${'X: y\r\n'.repeat(1000)}\r\n`],
		['a negative length', 'RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n'],
		['a huge length', 'RTSP/1.0 200 OK\r\nContent-Length: 999999999999\r\n\r\n'],
		['a length above its cap', 'RTSP/1.0 200 OK\r\nContent-Length: 131073\r\n\r\n'],
		['a length that is no number', 'RTSP/1.0 200 OK\r\nContent-Length: ten\r\n\r\n'],
		['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
		['a broken start line', 'RTSP/1.0 OK\r\n\r\n'],
	])('refuses %s', (_, stream) => {
		expect(() => split(text(stream))).toThrow(RtspSyntaxError);
	});

	it('throws nothing but RtspSyntaxError, whatever comes', () => {
		const piece = fc.oneof(
			fc.uint8Array({ maxLength: 40 }),
			fc.constantFrom(
				'RTSP/1.0 200 OK\r\n',
				'Content-Length: 5\r\n',
				'\r\n',
				'$\0\0\x08',
				'PLAY ',
				'DESCRIBE * RTSP/1.0\n',
			),
		);
		fc.assert(
			fc.property(fc.array(piece), fc.array(fc.nat(200)), (pieces, cuts) => {
				try {
					const stream = bytes(...pieces);
					split(
						stream,
						cuts.filter((cut) => cut <= stream.length),
					);
				} catch (thrown) {
					expect(thrown).toBeInstanceOf(RtspSyntaxError);
				}
			}),
		);
	});
});
