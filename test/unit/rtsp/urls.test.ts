import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceError } from '../../../src/base/errors.ts';
import { type CameraUrl, parseCameraUrl } from '../../../src/rtsp/client/camera-url.ts';
import { presentationUrl, requestUri, trackUrl } from '../../../src/rtsp/client/control-url.ts';
import { RtspHeaders } from '../../../src/rtsp/headers.ts';

describe('parseCameraUrl', () => {
	it.each([
		['rtsp://camera/a', 'camera', 554, 'rtsp://camera/a', undefined],
		['RTSP://camera:8554', 'camera', 8554, 'rtsp://camera:8554', undefined],
		['rtsp://camera:/a?b=c', 'camera', 554, 'rtsp://camera/a?b=c', undefined],
		['rtsp://[fe80::1]:555/a', 'fe80::1', 555, 'rtsp://[fe80::1]:555/a', undefined],
		['rtsp://u:p@camera/a@b', 'camera', 554, 'rtsp://camera/a@b', { username: 'u', password: 'p' }],
		['rtsp://u@camera', 'camera', 554, 'rtsp://camera', { username: 'u', password: '' }],
		['rtsp://u:p%40%3a%23@camera', 'camera', 554, 'rtsp://camera', { username: 'u', password: 'p@:#' }],
		['rtsp://u:100%@camera', 'camera', 554, 'rtsp://camera', { username: 'u', password: '100%' }],
		['rtsp://u:a@b:c@camera:1/x', 'camera', 1, 'rtsp://camera:1/x', { username: 'u', password: 'a@b:c' }],
		['rtsp://u:a#b/c?d@camera:1/x', 'camera', 1, 'rtsp://camera:1/x', { username: 'u', password: 'a#b/c?d' }],
		[' rtsp://camera/a b ', 'camera', 554, 'rtsp://camera/a%20b', undefined],
	])('%s', (text, host, port, requestUrl, credentials) => {
		expect(parseCameraUrl(text)).toEqual({ host, port, security: 'none', requestUrl, credentials });
	});

	it.each([
		['rtsp://admin:2024#secret@10.0.0.5/stream', '10.0.0.5', '/stream', 'admin', '2024#secret'],
		['rtsp://admin:12/secret@10.0.0.5/stream', '10.0.0.5', '/stream', 'admin', '12/secret'],
		['rtsp://admin:12?secret@10.0.0.5:554/stream', '10.0.0.5', ':554/stream', 'admin', '12?secret'],
		['rtsp://admin:/secret@10.0.0.5', '10.0.0.5', '', 'admin', '/secret'],
		['rtsp://admin:12/se@cret@[fe80::1]:554/a', 'fe80::1', ':554/a', 'admin', '12/se@cret'],
		['rtsp://admin:554#secret@cam.example.com/a', 'cam.example.com', '/a', 'admin', '554#secret'],
		['rtsp://admin:12/secret@cam.example.com/a', 'cam.example.com', '/a', 'admin', '12/secret'],
		['rtsp://admin:12/secret@localhost:8554/a', 'localhost', ':8554/a', 'admin', '12/secret'],
		['rtsp://admin:12/secret@10.0.0.5/a@b', '10.0.0.5', '/a@b', 'admin', '12/secret'],
		['rtsp://admin:p@ss/word@10.0.0.5/a', '10.0.0.5', '/a', 'admin', 'p@ss/word'],
	])('%s has a password that begins like a port', (text, host, rest, username, password) => {
		const { requestUrl, ...camera } = parseCameraUrl(text);
		expect(camera).toMatchObject({ host, credentials: { username, password } });
		expect(requestUrl).toBe(`rtsp://${host.includes(':') ? `[${host}]` : host}${rest}`);
	});

	it.each([
		['rtsp://10.0.0.5:554/a@10.0.0.6/b', '10.0.0.5'],
		['rtsp://cam.example.com:8000/a@10.0.0.6', 'cam.example.com'],
		['rtsp://[fe80::1]:8000/a@10.0.0.6', 'fe80::1'],
		['rtsp://localhost:8000/a@10.0.0.6', 'localhost'],
		['rtsp://camera/a@10.0.0.6/b', 'camera'],
		['rtsp://camera:554/a@10.0.0.6:554/b', 'camera'],
		['rtsp://camera:8554/a?of=me@example.com/x', 'camera'],
		['rtsp://camera:8000/a?of=me@example.com', 'camera'],
		['rtsp://camera:8000/a?of=me@example.com&x=1', 'camera'],
		['rtsp://camera:8000/a@b', 'camera'],
		['rtsp://u:p@camera/live?of=me@example.com/x', 'camera'],
		['rtsp://u:p@camera:8000/a@b', 'camera'],
		['rtsp://u:p@10.0.0.5/a@10.0.0.6/b', '10.0.0.5'],
	])('%s has an @ in its path', (text, host) => {
		const camera = parseCameraUrl(text);
		expect(camera.host).toBe(host);
		expect(camera.requestUrl).toBe(text.replace('u:p@', ''));
		expect(camera.credentials).toEqual(text.includes('u:p@') ? { username: 'u', password: 'p' } : undefined);
	});

	it.each(['50%', '%', '%zz', '%c3', '100%25%', 'a%20b%'])('takes the password %s as it is written', (password) => {
		for (const url of [`rtsp://${password}:${password}@10.0.0.5/`, `rtsp://${password}:${password}/x@10.0.0.5/`]) {
			const [, secret] = /:([^:]*)@/.exec(url) ?? [];
			expect(parseCameraUrl(url).credentials).toEqual({ username: password, password: secret });
		}
	});

	it.each([
		['rtsps://camera/a', false, 322, 'tls', 'rtsps://camera/a'],
		['rtspx://u:p@camera:7441/a', false, 7441, 'unchecked', 'rtsps://camera:7441/a'],
		['rtsp://camera/a', true, 80, 'none', 'rtsp://camera/a'],
		['rtsps://camera/a', true, 443, 'tls', 'rtsps://camera/a'],
		['rtsp://camera:8554/a', true, 8554, 'none', 'rtsp://camera:8554/a'],
	] as const)('%s, through the web server: %s', (text, tunnelled, port, security, requestUrl) => {
		expect(parseCameraUrl(text, tunnelled)).toMatchObject({ port, security, requestUrl });
	});

	it.each([
		'',
		'camera',
		'http://camera/',
		'rtsp:///a',
		'rtsp://camera:x/',
		'rtsp://camera:0/',
		'rtsp://camera:00/',
		'rtsp://a b/',
	])('refuses %j without repeating it', (text) => {
		expect(() => parseCameraUrl(text)).toThrow(SourceError);
	});

	it('never lets a password into the request line', () => {
		// Both `@` and `/` unencoded in one password leave nothing to tell it from a host and a path.
		const word = fc.oneof(fc.stringMatching(/^[A-Za-z0-9:@%]*$/), fc.stringMatching(/^[A-Za-z0-9:#?/%]*$/));
		fc.assert(
			fc.property(word, (before) => {
				const { requestUrl } = parseCameraUrl(`rtsp://u:p${before}CANARY@camera:8554/path`);
				expect(requestUrl).toBe('rtsp://camera:8554/path');
			}),
		);
	});

	it('never takes a password that begins like a port for one', () => {
		const port = fc.integer({ min: 0, max: 99_999 }).filter((number) => ![80, 322, 443, 554, 8554].includes(number));
		const word = fc.stringMatching(/^[#?/][A-Za-z0-9:#?/%]*$/);
		fc.assert(
			fc.property(port, word, (digits, rest) => {
				const { requestUrl } = parseCameraUrl(`rtsp://u:${digits}${rest}CANARY@10.0.0.5:8554/path`);
				expect(requestUrl).toBe('rtsp://10.0.0.5:8554/path');
			}),
		);
	});

	it('reads the request line as it reads the URL', () => {
		const piece = fc.constantFrom('u', ':', '@', '/', '#', '12', '554', 'cam', '10.0.0.5', 'a.example', '?', '[::1]');
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
				let camera: CameraUrl;
				try {
					camera = parseCameraUrl(`rtsp://${pieces.join('')}`);
				} catch {
					return;
				}
				expect(parseCameraUrl(camera.requestUrl)).toEqual({ ...camera, credentials: undefined });
			}),
			{ numRuns: 2000 },
		);
	});

	it('throws nothing but SourceError', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (text) => {
				try {
					parseCameraUrl(`rtsp://${text}`);
				} catch (thrown) {
					expect(thrown).toBeInstanceOf(SourceError);
				}
			}),
		);
	});
});

describe('presentationUrl', () => {
	const asked = 'rtsp://camera:8554/live?a=1';

	it.each([
		[{}, undefined, asked],
		[{}, '*', asked],
		[{ 'Content-Base': 'rtsp://192.168.1.10/live/' }, '*', 'rtsp://192.168.1.10/live/'],
		[{ 'Content-Base': 'rtsp://u:p@192.168.1.10/live/' }, undefined, 'rtsp://192.168.1.10/live/'],
		[{ 'Content-Location': 'rtsp://camera/x' }, undefined, 'rtsp://camera/x'],
		[{ 'Content-Base': '192.168.1.10:554/s/' }, undefined, 'rtsp://192.168.1.10:554/s/'],
		[{ 'Content-Base': 'rtsp://rtsp://camera/s/' }, undefined, 'rtsp://camera/s/'],
		[{ 'Content-Base': '/s/$1' }, undefined, 'rtsp://camera:8554/s/$1'],
		[{ 'Content-Base': '' }, undefined, asked],
		[{ 'Content-Base': 'rtsp://camera/x/' }, 'rtsp://camera/whole', 'rtsp://camera/whole'],
	] as [Record<string, string>, string | undefined, string][])(
		'with %j and control %s',
		(headers, control, expected) => {
			expect(presentationUrl(asked, new RtspHeaders(headers), control)).toBe(expected);
		},
	);
});

describe('trackUrl', () => {
	it.each([
		['rtsp://camera/live', undefined, 'rtsp://camera/live'],
		['rtsp://camera/live', '*', 'rtsp://camera/live'],
		['rtsp://camera/live', 'trackID=0', 'rtsp://camera/live/trackID=0'],
		['rtsp://camera/live/', 'trackID=0', 'rtsp://camera/live/trackID=0'],
		['rtsp://camera/live/', '/trackID=0', 'rtsp://camera/live/trackID=0'],
		['rtsp://camera/r?channel=1&subtype=0', 'trackID=0', 'rtsp://camera/r?channel=1&subtype=0/trackID=0'],
		['rtsp://camera/live', '?ctype=video', 'rtsp://camera/live?ctype=video'],
		['rtsp://camera/live', 'rtsp://u:p@10.0.0.1/t?x=1', 'rtsp://10.0.0.1/t?x=1'],
		['rtsp://camera/live', 'a b\r\nX: y', 'rtsp://camera/live/a%20b%0D%0AX:%20y'],
	])('of %s and %s', (base, control, expected) => {
		expect(trackUrl(base, control)).toBe(expected);
	});

	it('is always fit for a request line', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (control) => {
				expect(trackUrl('rtsp://camera/', control)).toMatch(/^[\x21-\x7e]+$/);
				expect(requestUri(control)).toMatch(/^[\x21-\x7e]*$/);
			}),
		);
	});
});
