import { beforeEach, describe, expect, test } from 'vitest';
import { findPlaylist } from '../../../src/web/player/hls/find-playlist.ts';
import { type Fetch, postOffer } from '../../../src/web/player/webrtc/whep-client.ts';
import { FakeClock, settle } from './fake-clock.ts';

type Asked = { url: string; at: number; signal: AbortSignal; answer: (response: Response) => void; refuse: () => void };

let clock: FakeClock;
let asked: Asked[];
let deleted: string[];
let stop: AbortController;

/** Every place is silent until the test speaks for it. */
const fetch: Fetch = (input, init) => {
	const url = String(input);
	if (init?.method === 'DELETE') {
		deleted.push(url);
		return Promise.resolve(new Response());
	}
	return new Promise((answer, reject) => {
		const signal = init?.signal ?? new AbortController().signal;
		signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
		asked.push({ url, at: clock.now(), signal, answer, refuse: () => reject(new TypeError('Failed to fetch')) });
	});
};

beforeEach(() => {
	clock = new FakeClock();
	asked = [];
	deleted = [];
	stop = new AbortController();
});

const created = (session: string) => new Response('v=0', { status: 201, headers: { Location: session } });
const problem = (code: string, status: number) => Response.json({ code, detail: code }, { status });
const at = (index: number) => asked[index] as Asked;
const when = () => asked.map(({ url, at: time }) => [url, time]);

function ask(...mains: string[]) {
	const [first = '', ...others] = mains;
	const result: { url?: string | undefined; code?: string } = {};
	postOffer(first, 'v=0', { fetch, clock, signal: stop.signal, others }).then(
		({ url }) => {
			result.url = url;
		},
		({ code }: { code: string }) => {
			result.code = code;
		},
	);
	return result;
}

describe('a viewer who looks for another place', () => {
	test('asks the next main beside one that is silent, and has a place far within five seconds', async () => {
		const result = ask('http://main1', 'http://main2', 'http://main1');
		await clock.advance(1499);
		expect(when()).toEqual([['http://main1', 0]]);
		await clock.advance(1);
		expect(when()).toEqual([
			['http://main1', 0],
			['http://main2', 1500],
		]);
		await clock.advance(300);
		at(1).answer(created('http://sub2/s'));
		await settle();
		expect([result.url, clock.now()]).toEqual(['http://sub2/s', 1800]);
		await clock.advance(5000);
		expect([at(0).signal.aborted, clock.pending]).toEqual([true, 0]);
	});

	test('asks the only main again: it may send to another node', async () => {
		const result = ask('http://main', 'http://main');
		await clock.advance(1500);
		at(1).answer(created('http://sub2/s'));
		await settle();
		expect(result.url).toBe('http://sub2/s');
	});

	test('asks the next one at once when one is gone, or knows no place', async () => {
		const result = ask('http://main1', 'http://main2', 'http://main3', 'http://main4');
		at(0).refuse();
		await settle();
		at(1).answer(problem('no_node', 503));
		await settle();
		at(2).answer(problem('cluster_unreachable', 503));
		await settle();
		expect(when()).toEqual([
			['http://main1', 0],
			['http://main2', 0],
			['http://main3', 0],
			['http://main4', 0],
		]);
		at(3).answer(created('http://sub3/s'));
		await settle();
		expect(result.url).toBe('http://sub3/s');
	});

	test('takes the slow answer of the first one when that is the first to come', async () => {
		const result = ask('http://main1', 'http://main2');
		await clock.advance(3000);
		at(0).answer(created('http://sub1/s'));
		await settle();
		expect(result.url).toBe('http://sub1/s');
		// What the other one opened meanwhile is not left behind.
		at(1).answer(created('http://sub2/s'));
		await settle();
		expect(deleted).toEqual(['http://sub2/s']);
	});

	test('does not ask others what they would refuse as well', async () => {
		const result = ask('http://main1', 'http://main2');
		at(0).answer(problem('token_expired', 401));
		await settle();
		await clock.advance(10_000);
		expect([result.code, asked.length]).toEqual(['token_expired', 1]);
	});

	test('is told when nobody is there, and asks nobody when it has left', async () => {
		const result = ask('http://main1', 'http://main2');
		at(0).refuse();
		await settle();
		at(1).refuse();
		await settle();
		expect(result.code).toBe('gateway_unreachable');
		ask('http://main1', 'http://main2');
		stop.abort();
		await clock.advance(10_000);
		expect([asked.length, at(2).signal.aborted, clock.pending]).toEqual([3, true, 0]);
	});
});

describe('a playlist', () => {
	const find = (...addresses: [string, ...string[]]) =>
		findPlaylist(addresses, { fetch, clock, signal: stop.signal }).then((found) => [found]);
	const redirected = (url: string) => Object.defineProperty(new Response(), 'url', { value: url });

	test('is loaded where it is when there is one address', async () => {
		expect(await find('http://main/ll.m3u8')).toEqual(['http://main/ll.m3u8']);
		expect(asked).toEqual([]);
	});

	test('is loaded from the place that was found first', async () => {
		const found = find('http://main1/ll.m3u8', 'http://main2/ll.m3u8');
		await clock.advance(1500);
		at(1).answer(redirected('http://sub2/ll.m3u8?jwt=t'));
		expect(await found).toEqual(['http://sub2/ll.m3u8?jwt=t']);
	});

	test('is asked for again by who plays when nobody has it', async () => {
		const found = find('http://main1/ll.m3u8', 'http://main2/ll.m3u8');
		at(0).answer(problem('hls_disabled', 404));
		await settle();
		at(1).refuse();
		expect(await found).toEqual(['http://main1/ll.m3u8']);
	});
});
