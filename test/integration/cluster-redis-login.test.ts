import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LogFacts, Logger } from '../../src/base/logger.ts';
import { ClusterScene, until } from '../fakes/cluster-scene.ts';
import { TestRedis } from '../fakes/redis-server.ts';

let redis: TestRedis;
let scene: ClusterScene;

beforeEach(async () => {
	redis = await TestRedis.start({ password: 'right password' });
	scene = new ClusterScene(redis.url);
});
afterEach(async () => {
	await scene.close();
	await redis.stop();
});

const node = (password: string) => ({ redis: { url: redis.url, prefix: 'test:', password } });

it('a node joins with the password of Redis', async () => {
	const { member } = scene.sub('sub-1', 150, node('right password'));
	await until(member, 'the own record', () => member.joined);
	expect(member.node('sub-1')).toBeDefined();
});

it('a node with another password says why it is alone, once, without the password', async () => {
	const lines: { facts: LogFacts; message: string }[] = [];
	const warned = new Promise<void>((resolve) => {
		const keep = (facts: LogFacts, message: string) => {
			lines.push({ facts, message });
			resolve();
		};
		const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep, child: () => logger };
		scene.sub('sub-1', 150, { ...node('wrong password'), logger });
	});
	await warned;
	const { member: other } = scene.sub('sub-2', 150, node('right password'));
	await until(other, 'a node that joined', () => other.joined);
	expect(other.node('sub-1')).toBeUndefined();
	expect(lines).toEqual([{ facts: { reason: expect.stringContaining('WRONGPASS') }, message: expect.any(String) }]);
	expect(JSON.stringify(lines)).not.toContain('wrong password');
});
