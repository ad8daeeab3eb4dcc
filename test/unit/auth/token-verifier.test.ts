import { createHmac, createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MAX_REMEMBERED_TOKENS, MAX_TOKEN_LENGTH } from '../../../src/auth/limits.ts';
import { keysFromPem, keysFromSecret } from '../../../src/auth/signing-keys.ts';
import { AUDIENCE, ISSUER, KEYS, RSA, tokenScene } from './scene.ts';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const request = { subject: 'ann', role: 'student', actions: ['read'], streams: ['yard'], lifetime: 60 } as const;

describe('TokenVerifier', () => {
	it.each(Object.entries(KEYS))('takes what the issuer signs with %s', async (_algorithm, keys) => {
		const { verifier, issuer, now } = tokenScene(keys());
		const { token, tokenId, expiresIn } = await issuer.issue({ ...request, node: 'sub-1' });
		expect(expiresIn).toBe(60);
		expect(await verifier.verify(token)).toEqual({
			...{ subject: 'ann', role: 'student', actions: ['read'], streams: ['yard'], node: 'sub-1', tokenId },
			...{ claimed: ['yard'], issuedAt: now() * 1000, expiresAt: (now() + 60) * 1000 },
		});
	});

	it('resolves classes, and takes an unknown one for none', async () => {
		const { verifier, forge } = tokenScene();
		const token = await forge({ streams: ['class:5b', 'class:6a', 'class:__proto__', 'hall'] });
		const { streams, claimed } = await verifier.verify(token);
		expect(streams).toEqual(['room/5/*', 'yard', 'hall']);
		expect(claimed).toEqual(['class:5b', 'class:6a', 'class:__proto__', 'hall']);
	});

	it('remembers a token until it expires', async () => {
		const { verifier, forge, clock } = tokenScene();
		const token = await forge();
		expect(verifier.remembered(token)).toBeUndefined();
		const grant = await verifier.verify(token);
		expect(verifier.remembered(token)).toBe(grant);
		await clock.advance(700_000);
		expect(() => verifier.remembered(token)).toThrow(expect.objectContaining({ code: 'token_expired' }));
	});

	it('remembers so many and no more', async () => {
		const { verifier, forge } = tokenScene();
		const tokens: string[] = [];
		for (let index = 0; index <= MAX_REMEMBERED_TOKENS; index++) tokens.push(await forge({ jti: `${index}` }));
		for (const token of tokens) await verifier.verify(token);
		const known = tokens.map((token) => verifier.remembered(token) !== undefined);
		expect([known[0], known[1], known.at(-1)]).toEqual([false, true, true]);
	}, 60_000);

	it('refuses a revoked token, also one it remembers', async () => {
		const { verifier, issuer, revocations, clock } = tokenScene();
		const first = await issuer.issue(request);
		await verifier.verify(first.token);
		revocations.add({ tokenId: first.tokenId, until: clock.wall() + 60_000 });
		await expect(verifier.verify(first.token)).rejects.toMatchObject({ code: 'token_revoked' });
		const second = await issuer.issue(request);
		await verifier.verify(second.token);
		revocations.add({ subject: 'ann', at: clock.wall(), until: clock.wall() + 60_000 });
		await expect(verifier.verify(second.token)).rejects.toMatchObject({ code: 'token_revoked' });
		await clock.advance(1000);
		const third = await issuer.issue(request);
		expect((await verifier.verify(third.token)).subject).toBe('ann');
	});
});

describe('S4: attacks on tokens', () => {
	it.each(['none', 'None', 'NONE', '', 'nOnE'])('refuses the algorithm "%s"', async (alg) => {
		const { verifier, now } = tokenScene();
		const payload = part({ iss: ISSUER, aud: AUDIENCE, sub: 'eve', exp: now() + 60, actions: ['admin'] });
		for (const signature of ['', 'AAAA']) {
			const token = `${part({ alg, typ: 'JWT' })}.${payload}.${signature}`;
			await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token_invalid' });
		}
	});

	it('refuses an HS256 token signed with the public RSA key', async () => {
		const { verifier, forge } = tokenScene(keysFromPem(RSA.privateKey));
		for (const text of [RSA.publicKey, RSA.publicKey.trim()]) {
			const token = await forge({}, { alg: 'HS256' }, createSecretKey(Buffer.from(text)));
			await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token_invalid' });
		}
	});

	it('does not read keys from the header', async () => {
		const { verifier, forge } = tokenScene();
		const eve = keysFromSecret('the secret of somebody else, long enough');
		const jwk = { kty: 'oct', k: Buffer.from('the secret of somebody else, long enough').toString('base64url') };
		const headers = [
			{ jwk },
			{ jku: 'http://127.0.0.1:9/keys' },
			{ x5u: 'http://127.0.0.1:9/cert' },
			{ kid: '../../etc/passwd' },
		];
		for (const header of headers) {
			const token = await forge({}, header, eve.signing);
			await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token_invalid' });
		}
	});

	it('takes an odd key id for what it is: nothing to this issuer', async () => {
		const { verifier, forge } = tokenScene();
		for (const kid of ['../../../etc/passwd', 'http://192.0.2.1/', "' OR 1=1 --", '__proto__']) {
			expect((await verifier.verify(await forge({}, { kid }))).subject).toBe('ann');
		}
	});

	it('refuses critical extensions it does not know', async () => {
		const { verifier, now } = tokenScene();
		const signed = `${part({ alg: 'HS256', crit: ['x'], x: 1 })}.${part({ iss: ISSUER, aud: AUDIENCE, sub: 'eve', exp: now() + 60 })}`;
		const mac = createHmac('sha256', 'a secret of at least thirty-two bytes').update(signed).digest('base64url');
		await expect(verifier.verify(`${signed}.${mac}`)).rejects.toMatchObject({ code: 'token_invalid' });
	});

	it.each([
		['an audience of another', { aud: 'others' }, 'token_invalid'],
		['no audience', { aud: undefined }, 'token_invalid'],
		['an issuer that is not trusted', { iss: 'eve' }, 'token_invalid'],
		['no issuer', { iss: undefined }, 'token_invalid'],
		['an issuer that is not text', { iss: ['dualcast'] }, 'token_invalid'],
		['an issuer named like a property', { iss: '__proto__' }, 'token_invalid'],
		['no subject', { sub: undefined }, 'token_invalid'],
		['an empty subject', { sub: '' }, 'token_invalid'],
		['no expiry', { exp: undefined }, 'token_invalid'],
		['an expiry that is text', { exp: '9999999999' }, 'token_invalid'],
		['an expiry that no date can hold', { exp: 8.64e12 + 1 }, 'token_invalid'],
		['an issue that no date can hold', { iat: 8.64e12 + 1 }, 'token_invalid'],
		['an issue before all time', { iat: -1 }, 'token_invalid'],
		['an unknown role', { role: 'root' }, 'token_invalid'],
		['an unknown action', { actions: ['read', 'all'] }, 'token_invalid'],
		['a pattern that is none', { streams: ['../*'] }, 'token_invalid'],
		['too many patterns', { streams: Array.from({ length: 65 }, (_, index) => `s${index}`) }, 'token_invalid'],
	])('refuses %s', async (_name, claims, code) => {
		const { verifier, forge } = tokenScene();
		await expect(verifier.verify(await forge(claims))).rejects.toMatchObject({ code });
	});

	it('allows clocks to differ by half a minute, not more', async () => {
		const { verifier, forge, now } = tokenScene();
		expect((await verifier.verify(await forge({ exp: now() - 20 }))).subject).toBe('ann');
		expect((await verifier.verify(await forge({ nbf: now() + 20 }))).subject).toBe('ann');
		await expect(verifier.verify(await forge({ exp: now() - 40 }))).rejects.toMatchObject({ code: 'token_expired' });
		await expect(verifier.verify(await forge({ nbf: now() + 40 }))).rejects.toMatchObject({ code: 'token_invalid' });
	});

	it('refuses a token that will be issued: it would outlive the revocation of its subject', async () => {
		const { verifier, forge, now, clock } = tokenScene();
		const refused = { code: 'token_invalid', message: expect.stringMatching(/"iat".*future.*seconds/) };
		await expect(verifier.verify(await forge({ iat: now() + 40 }))).rejects.toMatchObject(refused);
		await expect(verifier.verify(await forge({ iat: clock.wall() }))).rejects.toMatchObject(refused);
	});

	it('takes a token for issued when it came at the latest, by an issuer whose clock is ahead', async () => {
		const { verifier, revocations, forge, now, clock } = tokenScene();
		const token = await forge({ iat: now() + 20 });
		const grant = await verifier.verify(token);
		await clock.advance(1);
		revocations.add({ subject: 'ann', at: clock.wall(), until: clock.wall() + 60_000 });
		expect(revocations.concerns(grant)).toBe(true);
		await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token_revoked' });
		await clock.advance(1);
		expect((await verifier.verify(await forge({ iat: now() + 20, jti: 'anew' }))).subject).toBe('ann');
	});

	it('takes a token of another issuer for issued when it may have been at the earliest, wherever and whenever it comes', async () => {
		const keys = keysFromSecret('another secret of thirty-two bytes');
		const school = { issuer: 'school', audience: AUDIENCE, algorithms: [keys.algorithm], keys, foreign: true };
		const { verifier, revocations, forge, now, clock } = tokenScene(undefined, [school]);
		const issue = (iat: number, jti: string) => forge({ iss: 'school', iat, jti }, {}, keys.signing);
		const ahead = [await issue(now() + 20, 'a'), await issue(now() + 20, 'b')];
		await clock.advance(1000);
		revocations.add({ subject: 'ann', at: clock.wall(), until: clock.wall() + 600_000 });
		for (const token of ahead) {
			await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token_revoked' });
			await clock.advance(30_000);
		}
		expect((await verifier.verify(await issue(now(), 'anew'))).subject).toBe('ann');
		expect((await verifier.verify(await forge({ iss: 'school', sub: 'bob', iat: 0 }, {}, keys.signing))).issuedAt).toBe(
			0,
		);
	});

	it('refuses a token of a megabyte without reading it', async () => {
		const { verifier, forge } = tokenScene();
		const token = await forge({ note: 'x'.repeat(1_000_000) });
		await expect(verifier.verify(token)).rejects.toThrow(`longer than ${MAX_TOKEN_LENGTH}`);
	});

	it.each(['', '.', '..', 'a.b.c', 'a.b', `${part({ alg: 'HS256' })}..`, '\0', '{"alg":"HS256"}'])(
		'refuses %j',
		async (token) => {
			await expect(tokenScene().verifier.verify(token)).rejects.toMatchObject({ code: 'token_invalid' });
		},
	);

	it('refuses a token whose payload or signature was changed', async () => {
		const { verifier, forge, now } = tokenScene();
		const [header, , signature] = (await forge()).split('.');
		const payload = part({ iss: ISSUER, aud: AUDIENCE, sub: 'ann', exp: now() + 600, actions: ['admin'] });
		await expect(verifier.verify(`${header}.${payload}.${signature}`)).rejects.toMatchObject({ code: 'token_invalid' });
	});

	it('refuses a token of another type', async () => {
		const { verifier, forge } = tokenScene();
		await expect(verifier.verify(await forge({}, { typ: 'refresh+jwt' }))).rejects.toMatchObject({
			code: 'token_invalid',
		});
	});
});
