import { describe, expect, it, vi } from 'vitest';
import { Access, type Caller } from '../../../src/auth/access.ts';
import { FailedAttempts } from '../../../src/auth/failed-attempts.ts';
import { type HookRequest, HttpHook } from '../../../src/auth/http-hook.ts';
import { KeySet } from '../../../src/auth/key-set.ts';
import { DualcastError } from '../../../src/base/errors.ts';
import { type LogFacts, silentLogger } from '../../../src/base/logger.ts';
import { redact } from '../../../src/base/redact.ts';
import { freePort } from '../../camera/free-port.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { recordingLogger } from '../api/api-fixture.ts';
import { tokenScene } from './scene.ts';

const caller = (token?: string): Caller => ({
	authorization: token === undefined ? undefined : `Bearer ${token}`,
	url: '/hls/yard/index.m3u8',
	address: '192.0.2.1',
	protocol: 'hls',
});

function scene(read: 'public' | 'jwt' = 'jwt', node?: string) {
	const { verifier, forge, clock, revocations } = tokenScene();
	return { access: new Access({ read, verifier, node, failures: new FailedAttempts(clock) }), forge, revocations };
}

describe('Access', () => {
	it('lets everybody read when that is public, and nothing else', async () => {
		const { access } = scene('public');
		expect(await access.authorize(caller(), { action: 'read', stream: 'yard' })).toBeUndefined();
		await expect(access.authorize(caller(), { action: 'admin' })).rejects.toMatchObject({ code: 'token_missing' });
	});

	it('reads with a token for the stream only', async () => {
		const { access, forge } = scene();
		const token = await forge();
		expect((await access.authorize(caller(token), { action: 'read', stream: 'yard' }))?.subject).toBe('ann');
		await expect(access.authorize(caller(token), { action: 'read', stream: 'gate' })).rejects.toMatchObject({
			code: 'forbidden',
		});
		await expect(access.authorize(caller(token), { action: 'admin' })).rejects.toMatchObject({ code: 'forbidden' });
		await expect(access.authorize(caller(), { action: 'read', stream: 'yard' })).rejects.toMatchObject({
			code: 'token_missing',
		});
	});

	it('asks for a token in words that hold no secret to hide', async () => {
		const { access } = scene();
		const refusal = await access.authorize(caller(), { action: 'read', stream: 'yard' }).catch((error: Error) => error);
		const { message } = refusal as Error;
		expect(message).toMatch(/^a token is needed/);
		expect(redact(message)).toBe(message);
	});

	it('refuses a token for another node, unless the answer is for any', async () => {
		const { access, forge } = scene('jwt', 'sub-1');
		const wish = { action: 'read', stream: 'yard' } as const;
		expect((await access.authorize(caller(await forge({ node: 'sub-1' })), wish))?.node).toBe('sub-1');
		expect((await access.authorize(caller(await forge()), wish))?.node).toBeUndefined();
		expect((await access.authorize(caller(await forge({ node: 'sub-2' })), { ...wish, anyNode: true }))?.node).toBe(
			'sub-2',
		);
		await expect(access.authorize(caller(await forge({ node: 'sub-2' })), wish)).rejects.toMatchObject({
			code: 'forbidden',
		});
	});

	it('decides at once about a token it has seen', async () => {
		const { access, forge } = scene();
		const token = await forge();
		const wish = { action: 'read', stream: 'yard' } as const;
		expect(access.authorizeRemembered(token, wish)).toBeUndefined();
		await access.authorize(caller(token), wish);
		expect(access.authorizeRemembered(token, wish)?.subject).toBe('ann');
		expect(() => access.authorizeRemembered(token, { action: 'read', stream: 'gate' })).toThrow(
			expect.objectContaining({ code: 'forbidden' }),
		);
	});
});

describe('the query that addresses carry on', () => {
	it.each<readonly [string, string | undefined, string]>([
		['the token', undefined, 'jwt=a.b.c'],
		...['Basic ', 'Basic dXNlcjo=', 'Digest x', 'Bearer ', 'Negotiate abc'].map(
			(header) => [`the token, with ${header} for somebody in front,`, header, 'jwt=a.b.c'] as const,
		),
		['nothing, with a token in the header,', 'Bearer d.e.f', ''],
		['nothing, with a token as the password,', `Basic ${Buffer.from('ann:d.e.f').toString('base64')}`, ''],
	])('is %s', (_what, authorization, expected) => {
		const { access } = scene();
		expect(access.carried({ authorization, url: '/hls/yard/index.m3u8?a=b&jwt=a.b.c' })).toBe(expected);
		expect(access.carried({ authorization, url: '/hls/yard/index.m3u8?a=b' })).toBe('');
	});
});

describe('Access by an external service', () => {
	function hooked(answer: () => Response | Promise<Response>, logger = silentLogger) {
		const asked: HookRequest[] = [];
		const clock = new VirtualClock();
		const failures = new FailedAttempts(clock);
		const hook = new HttpHook({
			...{ url: 'http://auth.example.org/', timeout: 1000, cache: 10_000, clock, logger, failures },
			fetch: async (_url, init) => {
				asked.push(JSON.parse(String(init?.body)));
				return answer();
			},
		});
		const access = new Access({ read: 'http', verifier: tokenScene().verifier, hook, failures });
		return { access, asked, clock };
	}
	const wish = { action: 'read', stream: 'yard' } as const;

	it("asks in MediaMTX's format and remembers the answer for a while", async () => {
		const { access, asked, clock } = hooked(() => new Response('', { status: 200 }));
		const authorization = `Basic ${Buffer.from('ann:pass:word').toString('base64')}`;
		const ann: Caller = { ...caller(), authorization, url: '/whep/yard?a=b', protocol: 'webrtc' };
		expect(await access.authorize(ann, wish)).toBeUndefined();
		await access.authorize(ann, wish);
		expect(asked).toEqual([
			{
				...{ user: 'ann', password: 'pass:word', token: 'pass:word', ip: '192.0.2.1', action: 'read' },
				...{ path: 'yard', protocol: 'webrtc', id: '', query: 'a=b' },
			},
		]);
		await clock.advance(10_001);
		await access.authorize(ann, wish);
		expect(asked).toHaveLength(2);
	});

	it('decides alone about watching, whatever token was seen here', async () => {
		const { verifier, forge, clock } = tokenScene();
		const failures = new FailedAttempts(clock);
		const hook = { authorize: () => Promise.reject(new DualcastError('forbidden', 'the service says no')) };
		const access = new Access({ read: 'http', verifier, hook, failures });
		const token = await forge();
		await access.verify(token, caller(token));
		expect(access.authorizeRemembered(token, wish)).toBeUndefined();
		await expect(access.authorize(caller(token), wish)).rejects.toMatchObject({ code: 'forbidden' });
	});

	it('S6: is not asked for one user who guesses, but for others from the same address', async () => {
		const { access, asked } = hooked(() => new Response('', { status: 401 }));
		const guess = (user: string, password: number): Caller => ({
			...caller(),
			authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
		});
		for (let time = 0; time < 100; time++) {
			await expect(access.authorize(guess('ann', time), wish)).rejects.toMatchObject({ code: 'forbidden' });
		}
		await expect(access.authorize(guess('ann', 100), wish)).rejects.toMatchObject({ code: 'rate_limited' });
		expect(asked).toHaveLength(100);
		await expect(access.authorize(guess('bob', 0), wish)).rejects.toMatchObject({ code: 'forbidden' });
	});

	it('S6: is asked no more often for who sends all guesses at the same time', async () => {
		const { access, asked } = hooked(() => new Response('', { status: 401 }));
		const guesses = Array.from({ length: 1000 }, (_, index) => access.authorize(caller(`guess${index}`), wish));
		const codes = await Promise.all(guesses.map((guess) => guess.catch(({ code }: DualcastError) => code)));
		expect(asked).toHaveLength(100);
		expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(900);
	});

	it('is asked for everybody of a school that comes at the same time', async () => {
		let [now, most] = [0, 0];
		const { access, asked } = hooked(async () => {
			most = Math.max(most, ++now);
			await new Promise(setImmediate);
			now--;
			return new Response('', { status: asked.length % 10 === 0 ? 503 : 200 });
		});
		const viewers = Array.from({ length: 500 }, (_, index) => access.authorize(caller(`good${index}`), wish));
		const codes = await Promise.all(viewers.map((viewer) => viewer.catch(({ code }: DualcastError) => code)));
		expect(asked).toHaveLength(500);
		expect(codes).not.toContain('rate_limited');
		expect(most).toBeLessThanOrEqual(100);
	});

	it('S6: is not asked for one user who guesses from many addresses of one IPv6 network', async () => {
		const { access, asked } = hooked(() => new Response('', { status: 401 }));
		const guess = (index: number) =>
			access.authorize({ ...caller(`guess${index}`), address: `2001:db8::${index.toString(16)}` }, wish);
		for (let index = 0; index < 100; index++) await expect(guess(index)).rejects.toMatchObject({ code: 'forbidden' });
		await expect(guess(100)).rejects.toMatchObject({ code: 'rate_limited' });
		expect(asked).toHaveLength(100);
		expect(asked.at(-1)?.ip).toBe('2001:db8::63');
	});

	it('lets in whom the service takes while others behind the same address come again with what it refused', async () => {
		const { access, asked, clock } = hooked(
			() => new Response('', { status: asked.at(-1)?.token === 'good' ? 200 : 401 }),
		);
		for (let round = 0; round < 9; round++) {
			for (let viewer = 0; viewer < 40; viewer++) {
				await expect(access.authorize(caller(`old${viewer}`), wish)).rejects.toMatchObject({ code: 'forbidden' });
			}
			await clock.advance(10_001);
		}
		await access.authorize(caller('good'), wish);
	});

	describe('by what the address holds', () => {
		/** Like a service that knows viewers by `?key=`. */
		const byKey = () => {
			const scene = hooked(() => {
				const { query } = scene.asked.at(-1) as HookRequest;
				return new Response('', { status: new URLSearchParams(query).get('key') === 'good' ? 200 : 401 });
			});
			const ask = (query: string, path = '/hls/yard/ll.m3u8') =>
				scene.access.authorize({ ...caller(), url: `${path}${query}` }, wish).then(
					() => 'let in',
					(error: { code: string }) => error.code,
				);
			return { ...scene, ask };
		};

		it("does not let in by another one's key, nor refuse for its lack", async () => {
			const { ask } = byKey();
			expect(await ask('?key=good')).toBe('let in');
			expect(await ask('?key=bad')).toBe('token_missing');
			expect(await ask('')).toBe('token_missing');
			expect(await ask('?key=bad&_HLS_msn=7')).toBe('token_missing');
			expect(await ask('?key=good')).toBe('let in');
		});

		it('does not take for a directive what holds more', async () => {
			const { ask } = byKey();
			expect(await ask('?_HLS_msn=7&key=good')).toBe('let in');
			for (const query of ['?key=good;_HLS_msn=7', '?_HLS_msn=7;key=good', '?avoid=a;key=good', '?x_HLS_msn=1&key=']) {
				expect(await ask(query), query).toBe('token_missing');
			}
		});

		it('asks once for a player that polls a playlist, in each time that an answer is remembered', async () => {
			const { ask, asked, clock } = byKey();
			for (const after of [0, 10_001]) {
				await clock.advance(after);
				asked.length = 0;
				for (let msn = 0; msn < 20; msn++) {
					const reload = `_HLS_msn=${msn}&_HLS_part=${msn % 5}`;
					expect(await ask(`?key=good&${reload}`)).toBe('let in');
					expect(await ask(`?${reload}&key=good&_HLS_skip=YES`)).toBe('let in');
					expect(await ask(`?avoid=sub${msn}&avoid=sub&key=good`)).toBe('let in');
					expect(await ask('?key=good', `/hls/yard/part${msn}.m4s`)).toBe('let in');
				}
				expect(asked).toHaveLength(1);
			}
		});

		it('remembers little of a long one', async () => {
			const { ask, access } = byKey();
			const remembered = vi.spyOn(Map.prototype, 'set');
			const long = 'x'.repeat(10_000);
			await ask(`?key=${long}`);
			const authorization = `Basic ${Buffer.from(`${long}:${long}`).toString('base64')}`;
			await access.authorize({ ...caller(), authorization }, wish).catch(() => undefined);
			const keys = remembered.mock.calls.map(([key]) => String(key).length);
			remembered.mockRestore();
			expect(Math.max(...keys)).toBeLessThanOrEqual(64);
		});
	});

	it('asks once for many at the same time', async () => {
		const { access, asked } = hooked(() => new Response());
		await Promise.all(Array.from({ length: 9 }, () => access.authorize(caller(), wish)));
		expect(asked).toHaveLength(1);
	});

	it('refuses when the service does, and asks for credentials where there were none', async () => {
		const { access } = hooked(() => new Response('', { status: 401 }));
		await expect(access.authorize(caller(), wish)).rejects.toMatchObject({ code: 'token_missing' });
		await expect(access.authorize(caller('a.b.c'), wish)).rejects.toMatchObject({ code: 'forbidden' });
	});

	describe('that', () => {
		const WAYS = [
			['cannot be reached', () => Promise.reject(new Error('ECONNREFUSED'))],
			['fails', async () => new Response('', { status: 500 })],
			['is away behind its proxy', async () => new Response('', { status: 502 })],
			['sends elsewhere', async () => new Response('', { status: 302, headers: { location: 'http://example.org' } })],
		] as const;

		it.each(WAYS)('%s lets nobody in, and has nobody take it for a no', async (_name, answer) => {
			const { access } = hooked(answer);
			for (const token of ['a.b.c', undefined]) {
				await expect(access.authorize(caller(token), wish)).rejects.toMatchObject({ code: 'issuer_unreachable' });
			}
		});

		it.each(WAYS)('%s is asked again with the next request, and told of once', async (_name, failure) => {
			const lines: Parameters<typeof recordingLogger>[0] = [];
			let answer: () => Promise<Response> = failure;
			const { access } = hooked(() => answer(), recordingLogger(lines));
			for (let viewer = 0; viewer < 150; viewer++) {
				await expect(access.authorize(caller(`good${viewer}`), wish)).rejects.toThrow('cannot be asked');
			}
			expect(lines).toHaveLength(1);
			answer = async () => new Response();
			for (let viewer = 0; viewer < 150; viewer++) await access.authorize(caller(`good${viewer}`), wish);
			expect(lines.map(({ message }) => message)).toEqual([
				'the authentication service cannot be asked',
				'the authentication service answers again',
			]);
		});
	});
});

describe('a service or issuer that cannot be asked', () => {
	it('is told of with the cause', async () => {
		const port = await freePort();
		const reasons: unknown[] = [];
		const logger = { ...silentLogger, warn: ({ reason }: LogFacts) => void reasons.push(reason) };
		const clock = new VirtualClock();
		for (const host of ['127.0.0.1', 'localhost']) {
			const url = `http://${host}:${port}/`;
			const failures = new FailedAttempts(clock);
			const hook = new HttpHook({ url, timeout: 10_000, cache: 0, failures, clock, logger, fetch });
			const access = new Access({ read: 'http', verifier: tokenScene().verifier, hook, failures });
			const asked = access.authorize(caller(), { action: 'read', stream: 'yard' });
			await expect(asked).rejects.toMatchObject({ code: 'issuer_unreachable' });
			const keys = new KeySet({ url, clock, logger, fetch }).keyFor({ alg: 'RS256' });
			await expect(keys).rejects.toMatchObject({ code: 'issuer_unreachable' });
		}
		expect(reasons).toEqual(Array.from({ length: 4 }, () => expect.stringContaining('ECONNREFUSED')));
	});
});

describe('S6: who guesses', () => {
	const wish = { action: 'read', stream: 'yard' } as const;

	it('is refused unchecked for a while, while those with good tokens come in', async () => {
		const { access, forge } = scene();
		const known = await forge();
		await access.authorize(caller(known), wish);
		for (let guess = 0; guess < 100; guess++) {
			await expect(access.authorize(caller(`e30.e30.${guess}`), wish)).rejects.toMatchObject({ code: 'token_invalid' });
		}
		await expect(access.authorize(caller('e30.e30.x'), wish)).rejects.toMatchObject({
			code: 'rate_limited',
			facts: { retry_after_s: 1 },
		});
		expect((await access.authorize(caller(known), wish))?.subject).toBe('ann');
		const elsewhere = { ...caller(await forge({ sub: 'bob' })), address: '192.0.2.2' };
		expect((await access.authorize(elsewhere, wish))?.subject).toBe('bob');
	});

	it('is a whole network of IPv6 (/64), whose addresses a client chooses as it likes', async () => {
		const { access, forge } = scene();
		const from = (address: string, token: string) => access.authorize({ ...caller(token), address }, wish);
		for (let guess = 0; guess < 100; guess++) {
			const refused = from(`2001:db8:1:2::${guess.toString(16)}`, `e30.e30.${guess}`);
			await expect(refused).rejects.toMatchObject({ code: 'token_invalid' });
		}
		const other = from('2001:db8:1:2:a:b:c:d', 'e30.e30.x');
		await expect(other).rejects.toMatchObject({ code: 'rate_limited' });
		expect((await from('2001:db8:1:3::1', await forge()))?.subject).toBe('ann');
		expect((await from('::ffff:192.0.2.1', await forge({ sub: 'bob' })))?.subject).toBe('bob');
	});

	it('is not who brings a refused token again and again, as a room full of old links does', async () => {
		const { access, forge } = scene();
		const ask = (token: string) => access.authorize(caller(token), wish);
		await Promise.allSettled(Array.from({ length: 150 }, () => ask('e30.e30.old')));
		for (let time = 0; time < 150; time++) {
			await expect(ask('e30.e30.old')).rejects.toMatchObject({ code: 'token_invalid' });
		}
		expect((await ask(await forge()))?.subject).toBe('ann');
		// It was a guess once, and every other one is another.
		for (let guess = 1; guess < 100; guess++) {
			await expect(ask(`e30.e30.${guess}`)).rejects.toMatchObject({ code: 'token_invalid' });
		}
		await expect(ask('e30.e30.x')).rejects.toMatchObject({ code: 'rate_limited' });
	});

	it('is not who brings an expired or revoked token, none, or a good one for something else', async () => {
		const { access, forge, revocations } = scene();
		const [old, other] = [await forge({ exp: 1 }), await forge({ streams: ['gate'] })];
		revocations.add({ tokenId: 'back', until: Number.MAX_SAFE_INTEGER });
		for (let time = 0; time < 150; time++) {
			await expect(access.authorize(caller(old), wish)).rejects.toMatchObject({ code: 'token_expired' });
			const revoked = caller(await forge({ jti: 'back', nonce: time }));
			await expect(access.authorize(revoked, wish)).rejects.toMatchObject({ code: 'token_revoked' });
			await expect(access.authorize(caller(), wish)).rejects.toMatchObject({ code: 'token_missing' });
			await expect(access.authorize(caller(other), wish)).rejects.toMatchObject({ code: 'forbidden' });
		}
		expect((await access.authorize(caller(await forge()), wish))?.subject).toBe('ann');
	});
});
