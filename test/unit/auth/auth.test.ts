import { describe, expect, it } from 'vitest';
import { Auth, type AuthSettings } from '../../../src/auth/auth.ts';
import type { Grant } from '../../../src/auth/grant.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const address = '192.0.2.1';
const COMMON = {
	...{ issuer: 'here', audience: 'here', lifetime: 60, openIssuing: false },
	...{ apiKeys: [], classes: {}, classCodes: {}, issuers: [] },
};
const wish = { action: 'read', stream: 'cam' } as const;

/** Nodes of a cluster, which hear nothing of each other's revocations. */
function scene(classes: AuthSettings['classes'] = {}) {
	const clock = new VirtualClock(Date.UTC(2026, 0, 1) + 250);
	const node = (name: string) =>
		new Auth(
			{
				...{ ...COMMON, classes, read: 'jwt', secret: 's'.repeat(32), node: name },
			},
			{ clock, logger: silentLogger },
		);
	const nodes = { main: node('main'), sub1: node('sub1'), sub2: node('sub2') };
	const right = { subject: 'ann', role: 'student', actions: ['read'], streams: ['cam'], lifetime: 60 } as const;
	const granted = async () => {
		const { token } = await nodes.main.issue({ ...right, node: 'sub1', holder: 'the class' });
		return { token, grant: await nodes.main.access.verify(token, { address }) };
	};
	const enter = (auth: Auth, token: string) =>
		auth.access.authorize({ authorization: `Bearer ${token}`, url: '/', address, protocol: 'hls' }, wish);
	return { clock, ...nodes, granted, enter };
}

describe('a token that stands for another one', () => {
	it('is the same but for its node', async () => {
		const { main, sub2, granted, enter, clock } = scene();
		const { grant } = await granted();
		await clock.advance(12_345);
		expect(await enter(sub2, await main.tokenFor(grant, 'sub2'))).toEqual({ ...grant, node: 'sub2' });
	});

	it('is the same for an issuer that does not say when it gave it, to the millisecond', async () => {
		const { main, sub2, granted, enter } = scene();
		const { grant } = await granted();
		const foreign: Grant = { ...grant, issuedAt: 0, expiresAt: grant.expiresAt + 500 };
		expect(await enter(sub2, await main.tokenFor(foreign, 'sub2'))).toEqual({ ...foreign, node: 'sub2' });
	});

	it('is taken however many streams its classes have', async () => {
		const floor = (level: number) => Array.from({ length: 64 }, (_, room) => `floor${level}/room${room}`);
		const { main, sub2, enter } = scene({ upstairs: floor(1), downstairs: floor(0).with(0, 'cam') });
		const right = { subject: 'ann', role: 'student', actions: ['read'], lifetime: 60 } as const;
		const { token } = await main.issue({ ...right, streams: ['class:upstairs', 'class:downstairs'], node: 'sub1' });
		const grant = await main.access.verify(token, { address });
		expect(await enter(sub2, await main.tokenFor(grant, 'sub2'))).toEqual({ ...grant, node: 'sub2' });
	});

	it('does not live on when it is exchanged again and again', async () => {
		const { main, sub1, sub2, granted, enter, clock } = scene();
		let { token } = await granted();
		const first = await main.access.verify(token, { address });
		for (let left = 55; left > 0; left -= 5) {
			await clock.advance(5000);
			const place = left % 2 === 0 ? 'sub1' : 'sub2';
			token = await main.tokenFor(await main.access.verify(token, { address }), place);
			const grant = await enter(place === 'sub1' ? sub1 : sub2, token);
			expect(grant?.expiresAt).toBe(first.expiresAt);
		}
		await clock.advance(5000);
		const grant = await main.access.verify(token, { address });
		await expect(main.tokenFor(grant, 'sub1')).rejects.toMatchObject({ code: 'token_expired' });
	});

	it('is refused where the subject was revoked meanwhile', async () => {
		const { main, sub2, granted, enter, clock } = scene();
		const { grant } = await granted();
		await clock.advance(5000);
		sub2.revoke({ subject: 'ann' });
		await clock.advance(5000);
		const exchanged = await main.tokenFor(grant, 'sub2');
		await expect(enter(sub2, exchanged)).rejects.toMatchObject({ code: 'token_revoked' });
	});
});

describe('who was revoked', () => {
	it('gets a good token in the same second, while the ones before stay worthless', async () => {
		const { main, sub1, granted, enter, clock } = scene();
		const { token: before } = await granted();
		await clock.advance(100);
		const { token: justBefore, grant } = await granted();
		for (const node of [main, sub1]) node.revoke({ subject: 'ann' });
		await clock.advance(1);
		const { token: after, grant: anew } = await granted();
		expect((await enter(sub1, after))?.subject).toBe('ann');
		for (const old of [before, justBefore]) {
			await expect(enter(sub1, old)).rejects.toMatchObject({ code: 'token_revoked' });
		}
		expect(anew.issuedAt - grant.issuedAt).toBe(1);
		expect([grant.expiresAt, anew.expiresAt].map((end) => end % 1000)).toEqual([0, 0]);
	});
});

describe('what was revoked', () => {
	const DAY = 24 * 3600_000;
	const endsAfter = (lifetime: number) => {
		const clock = new VirtualClock();
		const auth = new Auth(
			{ ...COMMON, read: 'jwt', secret: 's'.repeat(32), lifetime },
			{ clock, logger: silentLogger },
		);
		auth.revoke({ subject: 'ann' });
		auth.revoke({ tokenId: 'a' });
		return auth.revocations.all().map(({ until }) => until - clock.wall());
	};

	it('stays so as long as tokens live, own ones and, as far as can be known, those of others', () => {
		expect(Math.min(...endsAfter(60))).toBeGreaterThan(90 * DAY);
		expect(Math.min(...endsAfter((365 * DAY) / 1000))).toBeGreaterThan(365 * DAY);
	});
});

describe('a secret that was made at the start', () => {
	const settings = { ...COMMON, read: 'jwt' } as const;
	const warnings = (change: Partial<AuthSettings>): string[] => {
		const messages: string[] = [];
		const logger = { ...silentLogger, warn: (_: unknown, message: string) => messages.push(message) };
		new Auth({ ...settings, ...change }, { clock: new VirtualClock(), logger }).close();
		return messages;
	};

	it('is warned of once, as its tokens end with it', () => {
		expect(warnings({})).toEqual([expect.stringContaining('auth.secret')]);
		expect(warnings({ secret: 's'.repeat(32) })).toEqual([]);
		expect(warnings({ read: 'public' })).toEqual([]);
	});
});
