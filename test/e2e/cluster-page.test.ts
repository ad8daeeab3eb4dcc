import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestRedis } from '../fakes/redis-server.ts';
import { launchChromium } from './harness/chromium.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';

const API_KEY = 'key of the school, longer than thirty-two';
const SECRET = 'secret of the cluster, longer than thirty-two';

function config(redis: string, role: 'main' | 'sub', id: string): string {
	return `
server: { host: 127.0.0.1 }
webrtc: { udp_port: 0 }
auth: { secret: "${SECRET}", api_keys: ["${API_KEY}"] }
cluster:
  role: ${role}
  node_id: ${id}
  address: 127.0.0.1
  rtsp_port: 0
  secret: "${SECRET}"
  redis: { url: "${redis}" }
streams: { lesson: demo }
`;
}

let browser: Browser;
let redis: TestRedis;
const gateways: RunningGateway[] = [];

beforeAll(async () => {
	[browser, redis] = await Promise.all([launchChromium(), TestRedis.start()]);
	gateways.push(await startGateway(config(redis.url, 'main', 'main-1')));
	gateways.push(await startGateway(config(redis.url, 'sub', 'sub-1')));
});

afterAll(async () => {
	await browser?.close();
	await Promise.all(gateways.map((gateway) => gateway.stop()));
	await redis?.stop();
});

const base = () => gateways[0]?.url ?? '';

async function open(path: string, width = 1280): Promise<Page> {
	const page = await (await browser.newContext({ viewport: { width, height: 800 } })).newPage();
	await page.goto(base() + path);
	return page;
}

async function adminToken(): Promise<string> {
	const response = await fetch(`${base()}/api/token?user_type=admin&user_id=root&action=admin`, {
		method: 'POST',
		headers: { 'X-API-Key': API_KEY },
	});
	return ((await response.json()) as { token: string }).token;
}

test('the cluster page shows every node as it comes, and drains one with an admin token', async () => {
	const page = await open('/');
	await page.getByRole('link', { name: 'Cluster' }).click();
	const sub = page.locator('[data-node=sub-1]');
	await sub.getByText('Live').waitFor();
	await page.locator('[data-node=main-1]').getByText('lesson').waitFor();
	await page.getByText('0 of 150 places taken').waitFor();

	await sub.getByRole('button', { name: 'Drain' }).click();
	await sub.getByLabel("This takes an admin's token").fill(await adminToken());
	await sub.getByRole('button', { name: 'Go on' }).click();
	await sub.getByText('Draining').waitFor();
	await page.getByText('0 of 0 places taken').waitFor();
	// The token is remembered as long as the page is open.
	await sub.getByRole('button', { name: 'Use again' }).click();
	await sub.getByText('Live').waitFor();
	await page.context().close();
});

test('the names of nodes lead to their pages, with the token', async () => {
	const query = `/cluster?jwt=${await adminToken()}`;
	const page = await open(query);
	await page.getByRole('link', { name: 'sub-1' }).click();
	await page.getByText('seen from sub-1').waitFor();
	expect(page.url()).toBe(`${gateways[1]?.url}${query}`);
	await page.context().close();
});

test('the cluster page fits a telephone', async () => {
	const page = await open('/cluster', 360);
	await page.locator('[data-node=sub-1]').waitFor();
	expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
	await page.context().close();
});

test('the cluster page says when Redis is away, and when it is back', async () => {
	const page = await open('/cluster');
	await page.locator('[data-node=sub-1]').getByText('Live').waitFor();
	await redis.stop();
	await page.getByText('Redis does not answer').waitFor();
	await page.locator('[data-node=sub-1]').getByText('Not heard of').waitFor();
	const ready = await fetch(`${base()}/readyz`);
	expect([ready.status, ((await ready.json()) as { status: string }).status]).toEqual([200, 'degraded']);
	await redis.start();
	await page.locator('[data-node=sub-1]').getByText('Live').waitFor();
	expect(await page.getByText('Redis does not answer').count()).toBe(0);
	await page.context().close();
});
