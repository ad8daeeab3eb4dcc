import { expect, test } from 'vitest';
import { poll } from '../../../src/web/pages/poll.ts';
import { FakeClock } from './fake-clock.ts';

test('asks at once and every period, not while nobody looks, and no more after the end', async () => {
	const clock = new FakeClock();
	const end = new AbortController();
	const values: number[] = [];
	let asked = 0;
	let hidden = false;
	const done = poll({
		load: async () => ++asked,
		onValue: (value) => {
			values.push(value);
			return 'go-on';
		},
		periodMs: 1000,
		clock,
		hidden: () => hidden,
		signal: end.signal,
	});
	await clock.advance(0);
	expect(values).toEqual([1]);
	await clock.advance(2000);
	expect(values).toEqual([1, 2, 3]);
	hidden = true;
	await clock.advance(5000);
	expect(asked).toBe(3);
	end.abort();
	await done;
	expect(clock.pending).toBe(0);
});

test('gives up a request that hangs', async () => {
	const clock = new FakeClock();
	const end = new AbortController();
	const values: string[] = [];
	void poll({
		load: (signal) =>
			new Promise<string>((resolve) => signal.addEventListener('abort', () => resolve('given up'), { once: true })),
		onValue: (value) => {
			values.push(value);
			return 'go-on';
		},
		periodMs: 1000,
		clock,
		hidden: () => false,
		signal: end.signal,
	});
	await clock.advance(4999);
	expect(values).toEqual([]);
	await clock.advance(1);
	expect(values).toEqual(['given up']);
	end.abort();
});

test('asks no more once it knows enough', async () => {
	const clock = new FakeClock();
	let asked = 0;
	const done = poll({
		load: async () => ++asked,
		onValue: (value) => (value === 2 ? 'end' : 'go-on'),
		periodMs: 1000,
		clock,
		hidden: () => false,
		signal: new AbortController().signal,
	});
	await clock.advance(60_000);
	await done;
	expect(asked).toBe(2);
	expect(clock.pending).toBe(0);
});
