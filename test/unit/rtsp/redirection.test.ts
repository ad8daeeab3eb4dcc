import { describe, expect, it } from 'vitest';
import { parseCameraUrl } from '../../../src/rtsp/client/camera-url.ts';
import { Redirections } from '../../../src/rtsp/client/redirection.ts';

const CAMERA = parseCameraUrl('rtsp://camera/a');

function redirected(from: string, to: string): () => void {
	const redirections = new Redirections(CAMERA, false);
	redirections.check(CAMERA, from);
	const next = redirections.next('rtsp://other/b');
	return () => redirections.check(next, to);
}

describe('Redirections', () => {
	it.each(['127.0.0.1', '127.9.9.9', '169.254.169.254', '0.0.0.0', '::1', '::', 'fe80::1', '::ffff:127.0.0.1'])(
		'do not lead from the network to %s',
		(address) => {
			expect(redirected('192.0.2.1', address)).toThrow('not followed');
		},
	);

	it.each([
		['192.0.2.1', '198.51.100.1'],
		['192.0.2.1', '2001:db8::1'],
		['127.0.0.1', '127.0.0.1'],
	])('lead from %s to %s', (from, to) => {
		expect(redirected(from, to)).not.toThrow();
	});

	it.each([
		['rtsp://CAMERA/b', true],
		['rtsp://camera:554/', true],
		['rtsp://camera:8554/', false],
		['rtsp://other/', false],
		['rtsps://camera:554/', false],
	])('to %s stay at home: %s', (location, home) => {
		const redirections = new Redirections(CAMERA, false);
		expect(redirections.isHome(redirections.next(location))).toBe(home);
	});

	it('end after five, and say whether it was a circle', () => {
		const straight = new Redirections(CAMERA, false);
		for (let step = 0; step < 5; step++) straight.next(`rtsp://camera/${step}`);
		expect(() => straight.next('rtsp://camera/5')).toThrow(/more than 5 times$/);
		expect(() => straight.next('rtsp://camera/a')).toThrow(/in a circle$/);
	});

	it('never give up TLS', () => {
		const redirections = new Redirections(parseCameraUrl('rtsps://camera/'), false);
		expect(redirections.next('rtsps://camera/b').security).toBe('tls');
		expect(() => redirections.next('rtsp://camera/b')).toThrow('not encrypted');
	});

	it('do not repeat what the camera wrote', () => {
		const read = () => new Redirections(CAMERA, false).next('gopher://user:CANARY@host/');
		expect(read).toThrow('(gopher:)');
		expect(read).not.toThrow('CANARY');
	});
});
