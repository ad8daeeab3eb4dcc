import { describe, expect, test } from 'vitest';
import { deleteSession, type Fetch, postOffer } from '../../../src/web/player/webrtc/whep-client.ts';
import { FakeClock } from './fake-clock.ts';

const ENDPOINT = 'http://gateway/whep/demo';

function answering(response: () => Response | Promise<Response>) {
	const calls: { url: string; init: RequestInit }[] = [];
	const fetch: Fetch = async (url, init) => {
		calls.push({ url: String(url), init: init ?? {} });
		return response();
	};
	return { fetch, calls };
}

function post(fetch: Fetch, clock = new FakeClock(), signal = new AbortController().signal) {
	return postOffer(ENDPOINT, 'v=0 offer', { fetch, clock, signal });
}

describe('WHEP', () => {
	test('posts the offer and keeps where the session is', async () => {
		const { fetch, calls } = answering(
			() => new Response('v=0 answer', { status: 201, headers: { Location: '/whep/demo/sessions/abc' } }),
		);
		const clock = new FakeClock();
		expect(await post(fetch, clock)).toEqual({ answer: 'v=0 answer', url: 'http://gateway/whep/demo/sessions/abc' });
		expect(calls).toMatchObject([
			{
				url: ENDPOINT,
				init: { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: 'v=0 offer' },
			},
		]);
		expect(clock.pending).toBe(0);
	});

	test('takes a Location of another host and none at all', async () => {
		const elsewhere = answering(
			() => new Response('v=0', { status: 201, headers: { Location: 'https://node-2.example/session/1' } }),
		);
		expect((await post(elsewhere.fetch)).url).toBe('https://node-2.example/session/1');
		expect((await post(answering(() => new Response('v=0', { status: 201 })).fetch)).url).toBeUndefined();
	});

	test('a refusal carries the code and the sentence of the gateway', async () => {
		const { fetch } = answering(() =>
			Response.json({ code: 'webrtc_disabled', detail: 'WebRTC is off; set webrtc.enabled.' }, { status: 503 }),
		);
		await expect(post(fetch)).rejects.toMatchObject({
			name: 'PlaybackError',
			code: 'webrtc_disabled',
			message: 'WebRTC is off; set webrtc.enabled.',
		});
	});

	test('a camera that is away is told by its code, whatever the status', async () => {
		const { fetch } = answering(() =>
			Response.json(
				{ code: 'camera_unreachable', detail: 'there is no way to it' },
				{ status: 409, headers: { 'Retry-After': '2' } },
			),
		);
		await expect(post(fetch)).rejects.toMatchObject({ code: 'camera_unreachable' });
	});

	test.each([
		['a page instead of an answer', () => new Response('<html>', { status: 201 })],
		['the wrong status', () => new Response('v=0', { status: 200 })],
	])('%s is no WHEP', async (_, response) => {
		await expect(post(answering(response).fetch)).rejects.toMatchObject({ code: 'answer_invalid' });
	});

	test('an unreachable gateway is named', async () => {
		const fetch: Fetch = async () => {
			throw new TypeError('Failed to fetch');
		};
		await expect(post(fetch)).rejects.toMatchObject({ code: 'gateway_unreachable' });
	});

	test('a cold camera has twenty seconds, then the request is ended', async () => {
		const clock = new FakeClock();
		let ended = false;
		const fetch: Fetch = (_, init) =>
			new Promise((_resolve, reject) => {
				init?.signal?.addEventListener('abort', () => {
					ended = true;
					reject(new DOMException('aborted', 'AbortError'));
				});
			});
		const result = expect(post(fetch, clock)).rejects.toMatchObject({ code: 'gateway_unreachable' });
		await clock.advance(19_999);
		expect(ended).toBe(false);
		await clock.advance(1);
		await result;
	});

	test('an answer that is on its way when the player leaves has its session ended', async () => {
		const clock = new FakeClock();
		const leave = new AbortController();
		const deleted: string[] = [];
		const waiting: { answer: (response: Response) => void; signal: AbortSignal | null | undefined }[] = [];
		const fetch: Fetch = (url, init) => {
			if (init?.method === 'DELETE') deleted.push(String(url));
			return new Promise((answer, reject) => {
				waiting.push({ answer, signal: init?.signal });
				init?.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
			});
		};
		for (const signal of [leave.signal, leave.signal]) post(fetch, clock, signal).catch(() => undefined);
		leave.abort();
		await clock.advance(4999);
		waiting[0]?.answer(new Response('v=0', { status: 201, headers: { Location: '/whep/sessions/abc' } }));
		await clock.advance(1);
		expect(deleted).toEqual(['http://gateway/whep/sessions/abc']);
		// Nobody waits for the start of a camera any more.
		expect([waiting[1]?.signal?.aborted, clock.pending]).toEqual([true, 0]);
	});

	test('a session is deleted by a request that outlives the page, and nothing comes of its failure', async () => {
		const calls: unknown[] = [];
		const fetch: Fetch = async (url, init) => {
			calls.push([url, init]);
			throw new TypeError('gone');
		};
		deleteSession('http://gateway/s/1', fetch);
		expect(calls).toEqual([['http://gateway/s/1', { method: 'DELETE', keepalive: true }]]);
	});
});
