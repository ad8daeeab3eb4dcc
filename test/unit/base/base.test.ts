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
		['Authorization: Basic Q0FOQVJZ', 'Authorization: Basic ***'],
		['authorization: Digest username="a", response="CANARY"\r\nCSeq: 1', 'authorization: Digest ***\r\nCSeq: 1'],
	])('%s', (text, expected) => {
		expect(redact(text)).toBe(expected);
	});

	it('leaves plain text alone', () => {
		expect(redact('camera at 10.0.0.1:554 said 404')).toBe('camera at 10.0.0.1:554 said 404');
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
