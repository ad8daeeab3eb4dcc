import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffDelay } from '../../../src/base/backoff.ts';
import { RateMeter } from '../../../src/base/rate-meter.ts';
import { redact } from '../../../src/base/redact.ts';
import { Scope } from '../../../src/base/scope.ts';

describe('backoffDelay', () => {
	it('doubles up to the cap and never leaves half to all of it', () => {
		const options = { first: 500, cap: 8_000 };
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 10_000 }),
				fc.double({ min: 0, max: 0.999, noNaN: true }),
				(attempt, random) => {
					const ceiling = Math.min(8_000, 500 * 2 ** (Math.min(attempt, 40) - 1));
					const delay = backoffDelay(options, attempt, random);
					expect(delay).toBeGreaterThanOrEqual(ceiling / 2);
					expect(delay).toBeLessThanOrEqual(ceiling);
				},
			),
		);
	});
});

describe('Scope', () => {
	it('closes in reverse order, waits, and only once', async () => {
		const order: string[] = [];
		const scope = new Scope();
		scope.defer(() => void order.push('first'));
		scope.defer(async () => {
			await Promise.resolve();
			order.push('second');
		});
		await Promise.all([scope.close(), scope.close()]);
		expect(order).toEqual(['second', 'first']);
	});

	it('closes the rest when one closer fails, and says so', async () => {
		let closed = false;
		const scope = new Scope();
		scope.defer(() => {
			closed = true;
		});
		scope.defer(() => Promise.reject(new Error('stuck')));
		await expect(scope.close()).rejects.toThrow(AggregateError);
		expect(closed).toBe(true);
	});

	it('runs a closer that comes late', async () => {
		const scope = new Scope();
		await scope.close();
		let closed = false;
		scope.defer(() => {
			closed = true;
		});
		await scope.close();
		expect(closed).toBe(true);
	});
});

describe('redact', () => {
	it.each([
		['rtsp://admin:CANARY@10.0.0.1/s', 'rtsp://***@10.0.0.1/s'],
		['rtsp://admin:CAN%40ARY@[::1]:554/s?x=1', 'rtsp://***@[::1]:554/s?x=1'],
		['rtsp://admin:CAN@ARY@10.0.0.1/s', 'rtsp://***@10.0.0.1/s'],
		['rtsp://cam/s?user=a&password=CANARY&channel=1', 'rtsp://cam/s?user=***&password=***&channel=1'],
		['GET /hls/a.ts?jwt=CANARY HTTP/1.1', 'GET /hls/a.ts?jwt=*** HTTP/1.1'],
		['/live?usr=CANARY&pwd=CANARY&passw=CANARY&stream=1', '/live?usr=***&pwd=***&passw=***&stream=1'],
		['/cgi?loginuse=CANARY&loginpas=CANARY;pw=CANARY#CANARY', '/cgi?loginuse=***&loginpas=***;pw=***'],
		['/live?u=CANARY&p=CANARY&c=1', '/live?u=***&p=***&c=1'],
		['/user=CANARY_password=CANARY_channel=1_stream=0.sdp?real', '/user=***_password=***_channel=1_stream=0.sdp?real'],
		['/user=CANARY_password=CAN_ARY_channel=1', '/user=***_password=***_channel=1'],
		['/user=CANARY&password=CANARY&channel=1', '/user=***&password=***&channel=1'],
		['/av0/password=CANARY/main', '/av0/password=***/main'],
		['/live?token=CANARY_CANARY=', '/live?token=***'],
		['rtsp://cam/0/CANARY:CANARY/main', 'rtsp://cam/0/***/main'],
		['rtsp://cam:554/0/CANARY%3ACANARY/main', 'rtsp://cam:554/0/***/main'],
		['rtsp://cam/11?CANARY:CANARY&', 'rtsp://cam/11?***&'],
		['rtsp://cam/CAN/ARY@10.0.0.5:554/main', 'rtsp://cam/***@10.0.0.5:554/main'],
		['Authorization: Basic Q0FOQVJZ', 'Authorization: Basic ***'],
		['authorization: Digest username="a", response="CANARY"\r\nCSeq: 1', 'authorization: Digest ***\r\nCSeq: 1'],
	])('%s', (text, expected) => {
		expect(redact(text)).toBe(expected);
	});

	it.each([
		'camera at 10.0.0.1:554 said 404',
		'    at run (file:///srv/dualcast/dist/rtsp/user.js:12:34)',
		'    at /srv/dualcast/dist/main.js:12:34',
		'http://10.0.0.1:8080/hls/a:b/index.m3u8',
		'rtsp://10.0.0.1:554/cam/realmonitor?channel=1&subtype=0',
		'rtsp://10.0.0.1:554/h264Preview_01_main',
		'rtsp://10.0.0.1/live_channel=1_stream=0.sdp?profile=2',
		'rtsp://proxy:8554/10.0.0.1:554/main',
		'rtsp://proxy:8554/rtsp://10.0.0.1:554/main',
		'rtsp://[fe80::1]:554/a?start=10:00:00',
		'rtsp://cam/a@b',
	])('leaves alone %s', (text) => {
		expect(redact(text)).toBe(text);
	});

	it('reads a long text in a time that grows with it', () => {
		for (const piece of ['/user', '_pas', '&u=', ':a', '@a.', 'rtsp://', '/a:', 'user=_']) {
			const text = `rtsp://h/${piece.repeat(200_000)}`;
			expect(redact(text).length).toBeGreaterThan(0);
		}
	});
});

describe('RateMeter', () => {
	it('reads a steady rate, and nothing after a silence', () => {
		const meter = new RateMeter();
		let now = 1_234;
		for (; now < 11_234; now += 10) meter.add(20, now);
		expect(meter.perSecond(now)).toBeGreaterThan(1_900);
		expect(meter.perSecond(now)).toBeLessThan(2_100);
		expect(meter.perSecond(now + 10_000)).toBe(0);
	});
});
