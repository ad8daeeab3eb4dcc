import { describe, expect, test } from 'vitest';
import { baseAddress } from '../../../src/web/player/base-address.ts';

const PAGE = 'https://school.example/rooms/yard.html?x=1';

describe('baseAddress', () => {
	test.each([
		[undefined, 'https://school.example/'],
		[null, 'https://school.example/'],
		['', 'https://school.example/'],
		['/cameras', 'https://school.example/cameras'],
		['../cameras/', 'https://school.example/cameras/'],
		['.', 'https://school.example/rooms/'],
		['//cameras.example', 'https://cameras.example/'],
		['https://cameras.example:8443/here', 'https://cameras.example:8443/here'],
		[' HTTP://192.0.2.5:8080 ', 'http://192.0.2.5:8080/'],
		['http://[2001:db8::5]:8080', 'http://[2001:db8::5]:8080/'],
	])('%s is an address', (given, address) => {
		expect(baseAddress(given, PAGE)).toBe(address);
	});

	test.each(
		// Taken as a path below the page's, as a scheme, or by no browser.
		[
			'cameras.example',
			'cameras.example:8080',
			'localhost:8080',
			'192.0.2.5',
			'192.0.2.5:8080',
			'http:cameras.example',
		],
	)('%s is none, although it can be resolved', (given) => {
		expect(() => baseAddress(given, PAGE)).toThrow(
			expect.objectContaining({
				code: 'src_base_invalid',
				message: `src-base is no address: ${given}. One begins with https://, http:// or /.`,
			}),
		);
	});

	test.each(['http://', 'https://a b/', 'rtsp://cameras.example/', 'file:///cameras', 'javascript:alert(1)'])(
		'%s is none',
		(given) => {
			expect(() => baseAddress(given, PAGE)).toThrow(`src-base is no address: ${given}.`);
		},
	);

	test.each([
		'https://u:CANARY@cameras.example',
		'https://cameras.example/?jwt=CANARY',
		'https://cameras.example/#CANARY',
	])('%s holds what cannot go along', (given) => {
		expect(() => baseAddress(given, PAGE)).toThrow(
			'src-base may hold no user name, password, query or fragment. A token has an attribute of its own.',
		);
	});

	test.each(['file:///home/anna/yard.html', 'about:srcdoc'])('a page at %s has to be told its gateway', (page) => {
		expect(() => baseAddress('', page)).toThrow('src-base is missing: this page does not come from a gateway.');
		expect(() => baseAddress('/cameras', page)).toThrow('src-base is no address: /cameras.');
		expect(baseAddress('https://cameras.example', page)).toBe('https://cameras.example/');
	});
});
