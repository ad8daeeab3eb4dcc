import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { CameraPlaces, type Places } from '../../../src/rtsp/client/camera-places.ts';
import { parseCameraUrl } from '../../../src/rtsp/client/camera-url.ts';
import { Redirections } from '../../../src/rtsp/client/redirection.ts';

const CAMERA = parseCameraUrl('rtsp://camera/a');

/** A name that means these addresses. */
class FakePlaces implements Places {
	readonly #addresses: readonly string[];

	constructor(addresses: readonly string[]) {
		this.#addresses = addresses;
	}

	check(): void {}

	readonly lookup: Places['lookup'] = (_name, _options, callback) => {
		if (this.#addresses.length === 0) return callback(new Error('no such name'), '');
		callback(
			null,
			this.#addresses.map((address) => ({ address, family: isIP(address) })),
		);
	};
}

function found(places: Places | undefined): Promise<string[]> {
	return new Promise((resolve, reject) => {
		places?.lookup('other', { all: true }, (failure, addresses) => {
			if (failure) reject(failure);
			else resolve([addresses].flat().map((one) => (typeof one === 'string' ? one : one.address)));
		});
	});
}

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

	it('are judged before anything is sent: addresses as they stand, names as they are looked up', async () => {
		const redirections = new Redirections(CAMERA, false);
		redirections.check(CAMERA, '192.0.2.1');
		const next = redirections.next('rtsp://other/b');
		const places = redirections.placesOf(next, new FakePlaces(['127.0.0.1', '192.0.2.7', '::1']));
		expect(() => places?.check('127.0.0.1')).toThrow('not followed');
		expect(() => places?.check('::1')).toThrow('not followed');
		expect(() => places?.check('192.0.2.7')).not.toThrow();
		expect(() => places?.check('other')).not.toThrow();
		expect(await found(places)).toEqual(['192.0.2.7']);
		await expect(found(redirections.placesOf(next, new FakePlaces(['127.0.0.1'])))).rejects.toThrow('not followed');
		await expect(found(redirections.placesOf(next, new FakePlaces([])))).rejects.toThrow('no such name');
	});

	it('go where cameras may be, too', async () => {
		const redirections = new Redirections(CAMERA, false);
		redirections.check(CAMERA, '192.0.2.1');
		const configured = new CameraPlaces({ allowed: ['198.51.100.0/24'], local: false });
		const places = redirections.placesOf(redirections.next('rtsp://other/b'), configured);
		expect(() => places?.check('192.0.2.7')).toThrow('camera_hosts');
		expect(() => places?.check('198.51.100.7')).not.toThrow();
	});

	it('change nothing for the first place, and for a camera of this machine', () => {
		const configured = new CameraPlaces({ allowed: [], local: true });
		const redirections = new Redirections(CAMERA, false);
		expect(redirections.placesOf(CAMERA, configured)).toBe(configured);
		redirections.check(CAMERA, '127.0.0.1');
		expect(redirections.placesOf(redirections.next('rtsp://other/b'), configured)).toBe(configured);
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

	it.each([
		['of an escape sequence', '\x1bc'],
		['outside ASCII', '\u202e'],
		['longer than any', 'x'.repeat(254)],
	])('do not repeat a host %s', (_, host) => {
		const read = () => new Redirections(CAMERA, false).next(`rtsp://${host}/`);
		expect(read).toThrow('what is no camera URL (rtsp:)');
		expect(read).not.toThrow(host);
	});
});
