import { describe, expect, it } from 'vitest';
import { Networks, parseNetwork } from '../../../src/base/networks.ts';
import { TrustedProxies } from '../../../src/base/trusted-proxies.ts';

describe('Networks', () => {
	it.each([
		['10.0.0.0/8', '10.255.0.1', true],
		['10.0.0.0/8', '11.0.0.1', false],
		['10.0.0.0/8', '::ffff:10.1.2.3', true],
		['10.0.0.0/8', '::ffff:a01:203', true],
		['192.0.2.7', '192.0.2.7', true],
		['192.0.2.7', '192.0.2.8', false],
		['0.0.0.0/0', '2001:db8::1', false],
		['::/0', '192.0.2.7', false],
		['::/0', '::ffff:192.0.2.7', false],
		['::/0', '2001:db8::1', true],
		['fe80::/10', 'fe80::1%eth0', true],
		['fe80::/10', 'camera.example', false],
		['fe80::/10', '', false],
	])('%s has %s: %s', (network, address, has) => {
		expect(new Networks([network]).has(address)).toBe(has);
	});

	it.each(['', 'camera.example', '10.0.0.0/33', '::/129', '10.0.0/8', '10.0.0.0/-1', '10.0.0.0/8/8', '1.2.3.4:80'])(
		'are not read from %j',
		(text) => {
			expect(parseNetwork(text)).toBeUndefined();
			expect(() => new Networks([text])).toThrow(RangeError);
		},
	);
});

describe('TrustedProxies', () => {
	const proxies = new TrustedProxies(['127.0.0.1', '10.0.0.0/8']);

	it.each([
		['192.0.2.1', '203.0.113.9', '192.0.2.1'],
		['127.0.0.1', undefined, '127.0.0.1'],
		['127.0.0.1', '', '127.0.0.1'],
		['127.0.0.1', '203.0.113.9', '203.0.113.9'],
		['::ffff:127.0.0.1', '203.0.113.9', '203.0.113.9'],
		['127.0.0.1', '198.51.100.7, 203.0.113.9', '203.0.113.9'],
		['127.0.0.1', '198.51.100.7, 10.2.3.4', '198.51.100.7'],
		['127.0.0.1', 'unknown, 10.2.3.4', '10.2.3.4'],
		['127.0.0.1', '10.9.9.9, 10.2.3.4', '10.9.9.9'],
	])('of %s with X-Forwarded-For %s let %s ask', (remote, forwarded, client) => {
		expect(proxies.clientOf(remote, forwarded)).toBe(client);
	});

	it('are none by default', () => {
		expect(new TrustedProxies([]).clientOf('127.0.0.1', '203.0.113.9')).toBe('127.0.0.1');
	});
});
