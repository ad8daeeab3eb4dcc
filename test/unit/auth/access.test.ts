import { describe, expect, it } from 'vitest';
import { Access } from '../../../src/auth/access.ts';
import { tokenScene } from './scene.ts';

function scene(read: 'public' | 'jwt' = 'jwt', node?: string) {
	const { verifier, forge } = tokenScene();
	return { access: new Access({ read, verifier, node }), forge };
}

describe('Access', () => {
	it('lets everybody read when that is public, and nothing else', async () => {
		const { access } = scene('public');
		expect(await access.authorize(undefined, { action: 'read', stream: 'yard' })).toBeUndefined();
		await expect(access.authorize(undefined, { action: 'admin' })).rejects.toMatchObject({ code: 'token_missing' });
	});

	it('reads with a token for the stream only', async () => {
		const { access, forge } = scene();
		const token = await forge();
		expect((await access.authorize(token, { action: 'read', stream: 'yard' }))?.subject).toBe('ann');
		await expect(access.authorize(token, { action: 'read', stream: 'gate' })).rejects.toMatchObject({
			code: 'forbidden',
		});
		await expect(access.authorize(token, { action: 'admin' })).rejects.toMatchObject({ code: 'forbidden' });
		await expect(access.authorize(undefined, { action: 'read', stream: 'yard' })).rejects.toMatchObject({
			code: 'token_missing',
		});
	});

	it('refuses a token for another node', async () => {
		const { access, forge } = scene('jwt', 'sub-1');
		const wish = { action: 'read', stream: 'yard' } as const;
		expect((await access.authorize(await forge({ node: 'sub-1' }), wish))?.node).toBe('sub-1');
		expect((await access.authorize(await forge(), wish))?.node).toBeUndefined();
		await expect(access.authorize(await forge({ node: 'sub-2' }), wish)).rejects.toMatchObject({ code: 'forbidden' });
	});

	it('decides at once about a token it has seen', async () => {
		const { access, forge } = scene();
		const token = await forge();
		const wish = { action: 'read', stream: 'yard' } as const;
		expect(access.authorizeRemembered(token, wish)).toBeUndefined();
		await access.authorize(token, wish);
		expect(access.authorizeRemembered(token, wish)?.subject).toBe('ann');
		expect(() => access.authorizeRemembered(token, { action: 'read', stream: 'gate' })).toThrow(
			expect.objectContaining({ code: 'forbidden' }),
		);
	});
});
