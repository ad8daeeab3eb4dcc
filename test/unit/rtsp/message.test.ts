import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtspSyntaxError } from '../../../src/rtsp/errors.ts';
import {
	contentLength,
	parseHead,
	request,
	response,
	sequenceOf,
	serializeMessage,
} from '../../../src/rtsp/message.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (value: string) => new TextEncoder().encode(value);

describe('serializeMessage', () => {
	it('writes requests and responses', () => {
		expect(text(serializeMessage(request('PLAY', 'rtsp://camera/', { CSeq: '3', Range: 'npt=0-' })))).toBe(
			'PLAY rtsp://camera/ RTSP/1.0\r\nCSeq: 3\r\nRange: npt=0-\r\n\r\n',
		);
		expect(text(serializeMessage(response(200, 'OK', { CSeq: '3' }, bytes('v=0ö'))))).toBe(
			'RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Length: 5\r\n\r\nv=0ö',
		);
	});

	it('lets nothing smuggle a line', () => {
		expect(() => request('PLAY', '*', { Session: '1\r\nX: y' })).toThrow(TypeError);
		expect(() => serializeMessage(request('PLAY', 'rtsp://camera/ RTSP/1.0\r\nX:', {}))).toThrow(TypeError);
		expect(text(serializeMessage(response(500, 'a\r\nb', {})))).toBe('RTSP/1.0 500 a  b\r\n\r\n');
	});
});

describe('parseHead', () => {
	it('reads a request', () => {
		expect(parseHead('SETUP rtsp://camera/a RTSP/1.0\r\nCSeq: 2')).toMatchObject({
			kind: 'request',
			method: 'SETUP',
			uri: 'rtsp://camera/a',
		});
	});

	it('reads a response with headers of any case and spacing', () => {
		const message = parseHead('RTSP/1.0 401 \r\nCseq:7 \r\nstray\r\nwww-AUTHENTICATE: a\nWWW-Authenticate : b');
		expect(message).toMatchObject({ kind: 'response', status: 401, reason: '' });
		expect(sequenceOf(message)).toBe(7);
		expect(message.headers.all('WWW-Authenticate')).toEqual(['a', 'b']);
		expect(message.headers.get('x')).toBeUndefined();
	});

	it.each([undefined, '', 'x', '-1', '1.5'])('has no CSeq in %j', (value) => {
		expect(sequenceOf(response(200, 'OK', value === undefined ? {} : { CSeq: value }))).toBeUndefined();
	});

	it('reads back what was written', () => {
		const token = fc.stringMatching(/^[A-Za-z-]{1,20}$/);
		const value = fc.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/);
		fc.assert(
			fc.property(fc.array(fc.tuple(token, value), { maxLength: 20 }), (fields) => {
				const message = request('SETUP', 'rtsp://camera/', {});
				for (const [name, content] of fields) message.headers.append(name, content);
				const read = parseHead(text(serializeMessage(message)).replace(/\r\n\r\n$/, ''));
				expect([...read.headers]).toEqual(fields.map(([name, content]) => ({ name, value: content })));
			}),
		);
	});

	it('throws nothing but RtspSyntaxError', () => {
		fc.assert(
			fc.property(
				fc.oneof(
					fc.string(),
					fc.string().map((end) => `RTSP/1.0 200 OK\r\n${end}`),
				),
				(head) => {
					try {
						parseHead(head);
					} catch (thrown) {
						expect(thrown).toBeInstanceOf(RtspSyntaxError);
					}
				},
			),
		);
	});
});

describe('contentLength', () => {
	it('is 0 when it is not said', () => {
		expect(contentLength(response(200, 'OK', {}).headers)).toBe(0);
		expect(contentLength(response(200, 'OK', { 'content-length': ' 12'.trim() }).headers)).toBe(12);
	});
});
