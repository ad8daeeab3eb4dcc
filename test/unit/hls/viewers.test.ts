import { describe, expect, it } from 'vitest';
import { Viewers } from '../../../src/hls/serving/viewers.ts';

describe('viewers', () => {
	it('are counted once each, and forgotten', () => {
		const viewers = new Viewers();
		viewers.see('10.0.0.1', 'VLC', 0);
		viewers.see('10.0.0.1', 'VLC', 500);
		viewers.see('10.0.0.1', 'Safari', 1000);
		viewers.see('10.0.0.2', undefined, 1500);
		viewers.see(undefined, undefined, 1600);
		expect(viewers.count(0)).toBe(4);
		expect(viewers.count(1000)).toBe(3);
		viewers.see('10.0.0.1', 'Safari', 2000);
		expect(viewers.count(1601)).toBe(1);
		expect(viewers.count(3000)).toBe(0);
	});

	it('are known as long as they were seen lately', () => {
		const viewers = new Viewers();
		viewers.see('10.0.0.1', 'VLC', 1000);
		const known = (address: string, agent: string | undefined, since: number) => viewers.knows(address, agent, since);
		expect(known('10.0.0.1', 'VLC', 1000)).toBe(true);
		expect(known('10.0.0.1', 'VLC', 1001)).toBe(false);
		expect(known('10.0.0.1', undefined, 0)).toBe(false);
		expect(known('10.0.0.2', 'VLC', 0)).toBe(false);
		expect(viewers.count(0)).toBe(1);
	});

	it('are bounded in number and in size', () => {
		const viewers = new Viewers();
		for (let client = 0; client < 12_000; client++) viewers.see(`10.0.0.${client}`, undefined, client);
		expect(viewers.count(0)).toBe(10_000);
		const long = new Viewers();
		long.see('10.0.0.1', `${'x'.repeat(200)}1`, 0);
		long.see('10.0.0.1', `${'x'.repeat(200)}2`, 0);
		expect(long.count(0)).toBe(1);
	});
});
