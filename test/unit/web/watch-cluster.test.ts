import { afterEach, expect, test, vi } from 'vitest';
import { clusterUrls, watchCluster } from '../../../src/web/gateway/cluster.ts';
import { FakeClock } from './fake-clock.ts';

afterEach(() => vi.unstubAllGlobals());

test.each([
	['token_invalid', 1],
	['rate_limited', 3],
])('a cluster that answers %s is asked %d times', async (code, times) => {
	const clock = new FakeClock();
	const stop = new AbortController();
	let asked = 0;
	vi.stubGlobal('fetch', async () => {
		asked++;
		return new Response(JSON.stringify({ code, detail: 'no' }), { status: 401 });
	});
	const told: (string | undefined)[] = [];
	const done = watchCluster({
		urls: clusterUrls('http://gateway', 'old'),
		onAnswer: ({ problem }) => told.push(problem?.code),
		clock,
		signal: stop.signal,
	});
	await clock.advance(6000);
	expect(asked).toBe(times);
	expect(told).toEqual(Array(times).fill(code));
	stop.abort();
	await done;
});
