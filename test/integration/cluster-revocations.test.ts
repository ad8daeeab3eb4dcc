import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Revocations } from '../../src/auth/revocations.ts';
import { SessionWatch } from '../../src/auth/session-watch.ts';
import { systemClock } from '../../src/base/clock.ts';
import { ClusterScene, until } from '../fakes/cluster-scene.ts';
import { TestRedis } from '../fakes/redis-server.ts';

let redis: TestRedis;
let scene: ClusterScene;

beforeEach(async () => {
	redis = await TestRedis.start();
	scene = new ClusterScene(redis.url);
});
afterEach(async () => {
	await scene.close();
	await redis.stop();
});

const HOUR = 3_600_000;

function list() {
	return new Revocations(() => Date.now());
}

function grant(tokenId: string) {
	const times = { issuedAt: Date.now(), expiresAt: Date.now() + HOUR };
	return {
		subject: 'ann',
		role: 'student',
		actions: ['read'],
		streams: ['*'],
		claimed: ['*'],
		node: undefined,
		tokenId,
		...times,
	} as const;
}

/** Resolves when the list knows the token as revoked. */
function revoked(revocations: Revocations, tokenId: string): Promise<void> {
	return new Promise((resolve) => {
		const look = () => {
			if (revocations.concerns(grant(tokenId))) resolve();
		};
		revocations.watch(look);
		look();
	});
}

describe('a revocation', () => {
	it('on a main ends the sessions of the token on every sub at once', async () => {
		const [onMain, onSub] = [list(), list()];
		const { member: main } = scene.main('main-1', [], { revocations: onMain });
		const { member: sub } = scene.sub('sub-1', 150, { revocations: onSub });
		await until([main, sub], 'each other', () => main.nodes().length === 2 && sub.nodes().length === 2);
		const sessions = new SessionWatch(systemClock, onSub);
		const ended = new Promise((resolve) => sessions.add(grant('one'), resolve));
		onMain.add({ tokenId: 'one', until: Date.now() + HOUR });
		expect(await ended).toBe('token_revoked');
		expect(onSub.concerns(grant('other'))).toBe(false);
		sessions.close();
	});

	it('is known to a node that joins later, as long as it matters', async () => {
		const onMain = list();
		const { member: main } = scene.main('main-1', [], { revocations: onMain });
		await until(main, 'the own record', () => main.connected);
		onMain.add({ tokenId: 'past', until: Date.now() - 1 });
		onMain.add({ subject: 'ben', at: Date.now(), until: Date.now() + HOUR });
		onMain.add({ tokenId: 'one', until: Date.now() + HOUR });
		const onSub = list();
		scene.sub('sub-1', 150, { revocations: onSub });
		await revoked(onSub, 'one');
		expect(onSub.concerns({ ...grant('x'), subject: 'ben', issuedAt: 0 })).toBe(true);
		expect(onSub.concerns(grant('past'))).toBe(false);
	});

	it('given while Redis is away reaches the others when it is back', async () => {
		const [onMain, onSub] = [list(), list()];
		const { member: main } = scene.main('main-1', [], { revocations: onMain });
		const { member: sub } = scene.sub('sub-1', 150, { revocations: onSub });
		await until([main, sub], 'each other', () => main.nodes().length === 2 && sub.nodes().length === 2);
		await redis.stop();
		await until([main, sub], 'both missing Redis', () => !main.connected && !sub.connected);
		onMain.add({ tokenId: 'one', until: Date.now() + HOUR });
		expect(onSub.concerns(grant('one'))).toBe(false);
		await redis.start();
		await revoked(onSub, 'one');
	});

	it('is known to a node that joins after Redis has lost what it knew', async () => {
		const onMain = list();
		const { member: main } = scene.main('main-1', [], { revocations: onMain });
		await until(main, 'the own record', () => main.connected);
		onMain.add({ tokenId: 'one', until: Date.now() + HOUR });
		onMain.add({ subject: 'ben', at: Date.now(), until: Date.now() + HOUR });
		onMain.add({ tokenId: 'past', until: Date.now() - 1 });
		const { member: other } = scene.main('main-2', [], { revocations: list() });
		await until(other, 'the own record', () => other.connected);
		await redis.stop();
		await until([main, other], 'both missing Redis', () => !main.connected && !other.connected);
		await redis.start();
		await until([main, other], 'Redis again', () => main.connected && other.connected);
		const onSub = list();
		scene.sub('sub-1', 150, { revocations: onSub });
		await revoked(onSub, 'one');
		await vi.waitFor(() => expect(onSub.concerns({ ...grant('x'), subject: 'ben', issuedAt: 0 })).toBe(true));
		expect(onSub.concerns(grant('past'))).toBe(false);
	});

	it('is told, once its node is back, to a node that joined while Redis did not know it', async () => {
		const [onMain, onSub] = [list(), list()];
		const { member: main } = scene.main('main-1', [], { revocations: onMain });
		await until(main, 'the own record', () => main.connected);
		const client = await createClient({ url: redis.url }).connect();
		const clients = String(await client.sendCommand(['CLIENT', 'LIST']));
		const [, id = ''] = /^id=(\d+).* name=dualcast /m.exec(clients) ?? [];
		onMain.add({ tokenId: 'one', until: Date.now() + HOUR });
		await vi.waitFor(async () => expect(await client.sendCommand(['DEL', 'test:revocations'])).toBe(1));
		const { member: sub } = scene.sub('sub-1', 150, { revocations: onSub });
		await until([main, sub], 'each other', () => main.nodes().length === 2 && sub.nodes().length === 2);
		expect(onSub.concerns(grant('one'))).toBe(false);
		await client.sendCommand(['CLIENT', 'KILL', 'ID', id]);
		client.destroy();
		await revoked(onSub, 'one');
	});
});
