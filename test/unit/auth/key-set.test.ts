import { createPrivateKey, createPublicKey } from 'node:crypto';
import { exportJWK } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { KeySet } from '../../../src/auth/key-set.ts';
import { MAX_KEY_SET_BYTES } from '../../../src/auth/limits.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { P256, RSA, tokenScene } from './scene.ts';

const URL = 'https://id.example.org/keys';
const FOREIGN = 'https://id.example.org';

/** An issuer's key set that can be changed and taken down, and a verifier that trusts it. */
async function foreignIssuer() {
	const jwk = async (pem: string, kid: string) => ({ ...(await exportJWK(createPublicKey(pem))), kid, use: 'sig' });
	const state = {
		keys: [await jwk(P256.publicKey, 'one')] as object[],
		fetches: 0,
		answer: undefined as Response | undefined,
	};
	const keys = new KeySet({
		url: URL,
		clock: new VirtualClock(),
		logger: silentLogger,
		fetch: async () => {
			state.fetches += 1;
			return state.answer ?? Response.json({ keys: state.keys });
		},
	});
	return { state, keys, jwk };
}

async function scene() {
	const clock = new VirtualClock();
	const { state, jwk } = await foreignIssuer();
	const keys = new KeySet({
		url: URL,
		clock,
		logger: silentLogger,
		fetch: async () => {
			state.fetches += 1;
			if (state.answer) throw new Error('connection refused');
			return Response.json({ keys: state.keys });
		},
	});
	const trusted = { issuer: FOREIGN, audience: 'viewers', algorithms: ['ES256'] as const, keys };
	const own = tokenScene(undefined, [trusted]);
	const foreign = (header: object = {}, pem = P256.privateKey, claims: object = {}) =>
		own.forge({ iss: FOREIGN, ...claims }, { alg: 'ES256', kid: 'one', ...header }, createPrivateKey(pem));
	return { ...own, keyClock: clock, state, jwk, foreign };
}

describe('KeySet', () => {
	it('is fetched once for many tokens', async () => {
		const { verifier, foreign, state } = await scene();
		const subjects = await Promise.all(
			['ann', 'bob', 'cid'].map(
				async (sub) => (await verifier.verify(await foreign({}, P256.privateKey, { sub }))).subject,
			),
		);
		expect(subjects).toEqual(['ann', 'bob', 'cid']);
		expect(state.fetches).toBe(1);
	});

	it('S4: is not fetched for a token that cannot be right', async () => {
		const { verifier, forge, state } = await scene();
		const wrong = [
			await forge({ iss: FOREIGN }),
			await forge({ iss: FOREIGN }, { typ: 'other' }),
			await forge({ iss: 'https://elsewhere.example.org' }),
			'a.b.c',
		];
		for (const token of wrong) await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token_invalid' });
		expect(state.fetches).toBe(0);
	});

	it('S4: is not fetched again for each unknown key id', async () => {
		const { verifier, foreign, state } = await scene();
		await verifier.verify(await foreign());
		for (let index = 0; index < 20; index++) {
			await expect(verifier.verify(await foreign({ kid: `unknown${index}` }))).rejects.toMatchObject({
				code: 'token_invalid',
			});
		}
		expect(state.fetches).toBe(1);
	});

	it('finds a key that the issuer has added, after a pause', async () => {
		const { verifier, foreign, state, jwk, keyClock } = await scene();
		await verifier.verify(await foreign());
		state.keys = [await jwk(P256.publicKey, 'two')];
		const token = await foreign({ kid: 'two' });
		await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token_invalid' });
		await keyClock.advance(31_000);
		expect((await verifier.verify(token)).subject).toBe('ann');
	});

	it('serves old keys while the issuer cannot be asked', async () => {
		const { verifier, foreign, state, keyClock } = await scene();
		await verifier.verify(await foreign());
		state.answer = new Response();
		await keyClock.advance(24 * 3600_000);
		expect((await verifier.verify(await foreign({}, P256.privateKey, { sub: 'bob' }))).subject).toBe('bob');
		expect(state.fetches).toBe(2);
	});

	it('says so when the issuer was never reached', async () => {
		const { verifier, foreign, state } = await scene();
		state.answer = new Response();
		await expect(verifier.verify(await foreign())).rejects.toMatchObject({ code: 'issuer_unreachable' });
	});

	it('refuses a token signed with another key under a known id', async () => {
		const { verifier, foreign, state, jwk } = await scene();
		state.keys = [await jwk(RSA.publicKey, 'one')];
		await expect(verifier.verify(await foreign())).rejects.toMatchObject({ code: 'token_invalid' });
	});

	it.each<[string, (keys: object[]) => Response]>([
		['too long', (keys) => Response.json({ keys, more: 'x'.repeat(MAX_KEY_SET_BYTES) })],
		['not JSON', () => new Response('<html>')],
		['no key set', () => Response.json({ keys: 'none' })],
		['too many keys', (keys) => Response.json({ keys: [...keys, ...Array(64).fill({ kty: 'EC' })] })],
		['an error', (keys) => Response.json({ keys }, { status: 500 })],
	])('takes nothing from an answer that is %s', async (_name, answer) => {
		const { state, keys } = await foreignIssuer();
		const asked = { alg: 'ES256', kid: 'one' };
		await expect(keys.keyFor(asked)).resolves.toBeDefined();
		const { state: other, keys: refused } = await foreignIssuer();
		other.answer = answer(state.keys);
		await expect(refused.keyFor(asked)).rejects.toMatchObject({ code: 'issuer_unreachable' });
	});

	it('S4: is asked for no more than twice a minute, and for known keys every ten minutes', async () => {
		const { verifier, foreign, state, keyClock } = await scene();
		const good = async (sub: string) => verifier.verify(await foreign({}, P256.privateKey, { sub }));
		const unknown = async () => verifier.verify(await foreign({ kid: 'unknown' })).catch(() => undefined);
		await good('ann');
		await keyClock.advance(29_999);
		await unknown();
		expect(state.fetches).toBe(1);
		await keyClock.advance(1);
		await unknown();
		expect(state.fetches).toBe(2);
		await keyClock.advance(600_000);
		await good('bob');
		expect(state.fetches).toBe(2);
		await keyClock.advance(1);
		await good('cid');
		expect(state.fetches).toBe(3);
	});

	it('S1: is looked for where the configuration says, and in bounded time', async () => {
		const asked: (RequestInit | undefined)[] = [];
		const late = new AbortController();
		const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(late.signal);
		onTestFinished(() => timeout.mockRestore());
		const fetch = async (_url: unknown, init?: RequestInit) => {
			asked.push(init);
			return Response.json({ keys: [] });
		};
		const keys = new KeySet({ url: URL, clock: new VirtualClock(), logger: silentLogger, fetch });
		await keys.keyFor({ alg: 'ES256' }).catch(() => undefined);
		expect(asked).toEqual([{ redirect: 'error', signal: late.signal }]);
		expect(timeout).toHaveBeenCalledWith(5_000);
	});
});
