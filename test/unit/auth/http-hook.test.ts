import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FailedAttempts } from '../../../src/auth/failed-attempts.ts';
import { type HookRequest, HttpHook, type HttpHookOptions } from '../../../src/auth/http-hook.ts';
import { MAX_REMEMBERED_TOKENS } from '../../../src/auth/limits.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const VIEWER: HookRequest = {
	...{ user: 'ann', password: 'good', token: '', ip: '192.0.2.1', action: 'read', path: 'yard' },
	...{ protocol: 'hls', id: '', query: 'key=good' },
};

function hook(changes: Partial<HttpHookOptions>): HttpHook {
	const clock = new VirtualClock();
	const failures = new FailedAttempts(clock);
	const url = 'http://auth.test/';
	return new HttpHook({
		url,
		timeout: 60_000,
		cache: 10_000,
		failures,
		clock,
		logger: silentLogger,
		fetch,
		...changes,
	});
}

/** A hook whose service says yes to everybody. */
function kind(answer = () => new Response()) {
	const asked: HookRequest[] = [];
	const ask: typeof fetch = async (_url, init) => {
		asked.push(JSON.parse(String(init?.body)) as HookRequest);
		return answer();
	};
	return { hook: hook({ fetch: ask }), asked };
}

/** @returns its address */
async function serve(listener: RequestListener): Promise<string> {
	const server = createServer(listener).listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => {
		server.close();
		server.closeAllConnections();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('an answer of the service', () => {
	it.each<Partial<HookRequest>>([
		{ user: 'bob' },
		{ password: 'bad' },
		{ token: 'a.b.c' },
		{ ip: '192.0.2.2' },
		{ action: 'playback' },
		{ path: 'gate' },
		{ protocol: 'webrtc' },
		{ query: 'key=bad' },
	])('holds for what was asked alone, not with %j', async (other) => {
		const { hook, asked } = kind();
		for (let time = 0; time < 2; time++) await hook.authorize(VIEWER);
		expect(asked).toEqual([VIEWER]);
		await hook.authorize({ ...VIEWER, ...other });
		expect(asked).toEqual([VIEWER, { ...VIEWER, ...other }]);
	});

	it('is one of a bounded number that are remembered', async () => {
		const { hook, asked } = kind();
		const viewer = (index: number) => ({ ...VIEWER, user: `user${index}` });
		for (let index = 0; index <= MAX_REMEMBERED_TOKENS; index++) await hook.authorize(viewer(index));
		const before = asked.length;
		await hook.authorize(viewer(1));
		expect(asked.length).toBe(before);
		await hook.authorize(viewer(0));
		expect(asked.length).toBe(before + 1);
	});

	it('is not read: its body is let go of', async () => {
		let cancelled = 0;
		const { hook } = kind(() => new Response(new ReadableStream({ cancel: () => void cancelled++ })));
		await hook.authorize(VIEWER);
		expect(cancelled).toBe(1);
	});
});

describe('S1: a service', () => {
	it('that sends elsewhere is not followed, with the credentials of a viewer least of all', async () => {
		const met: (string | undefined)[] = [];
		const elsewhere = await serve((request, response) => {
			met.push(request.method);
			response.end();
		});
		for (const status of [301, 307]) {
			const url = await serve((_request, response) => void response.writeHead(status, { location: elsewhere }).end());
			await expect(hook({ url }).authorize(VIEWER)).rejects.toMatchObject({ code: 'issuer_unreachable' });
		}
		expect(met).toEqual([]);
	});

	it('that gives no answer is waited for so long and no longer', async () => {
		const late = new AbortController();
		const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(late.signal);
		onTestFinished(() => timeout.mockRestore());
		let asked = () => {};
		const arrived = new Promise<void>((resolve) => {
			asked = resolve;
		});
		const refused = hook({ url: await serve(() => asked()), timeout: 1234 }).authorize(VIEWER);
		const refusal = expect(refused).rejects.toMatchObject({ code: 'issuer_unreachable' });
		await arrived;
		late.abort();
		await refusal;
		expect(timeout).toHaveBeenCalledWith(1234);
	});
});
