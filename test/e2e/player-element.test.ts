import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchChromium } from './harness/chromium.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import { moreFrames, playing, statsOf } from './harness/player.ts';
import { eventually } from './harness/wait.ts';

const API_KEY = 'the key of the school, thirty-two bytes';
const DEADLINE_MS = 30_000;

let browser: Browser;
let gateway: RunningGateway;
let page: Page;
/** Media that was asked for. */
let asked: string[];

beforeAll(async () => {
	const config = `
webrtc: { udp_port: 0 }
auth: { read: jwt, api_keys: ["${API_KEY}"] }
streams: { room: { source: demo, on_demand: false } }
`;
	[browser, gateway] = await Promise.all([launchChromium(), startGateway(config)]);
});

afterAll(async () => {
	await browser?.close();
	await gateway?.stop();
});

/** A page of somebody else's making. */
beforeEach(async () => {
	page = await (await browser.newContext()).newPage();
	asked = [];
	page.on('request', (request) => {
		const { pathname, search } = new URL(request.url());
		if (/^\/(?:whep|hls)\//.test(pathname)) asked.push(pathname + search);
	});
	await page.goto(`${gateway.url}/livez`);
	await page.evaluate(`import('/player.js')`);
});

afterEach(async () => {
	await page.context().close();
});

async function post(path: string, headers: Record<string, string>, body?: object): Promise<Response> {
	const json = body && { body: JSON.stringify(body) };
	const type = { 'content-type': 'application/json' };
	const response = await fetch(gateway.url + path, { method: 'POST', headers: { ...headers, ...type }, ...json });
	if (!response.ok) throw new Error(await response.text());
	return response;
}

async function tokenFor(fields: Record<string, string>): Promise<string> {
	const response = await post(`/api/token?${new URLSearchParams(fields)}`, { 'x-api-key': API_KEY });
	return ((await response.json()) as { token: string }).token;
}

/** Does something with the player, which is made when it is not there. */
async function tell(script: string): Promise<void> {
	await page.evaluate(`{
		const player = document.querySelector('dualcast-player') ?? document.createElement('dualcast-player');
		${script}
	}`);
}

function became(state: string) {
	return eventually(
		() => statsOf(page),
		(stats) => stats.state === state,
		DEADLINE_MS,
	);
}

describe('the player element in a page that has no token yet', () => {
	test.each([
		['undefined', 'player.token = undefined; player.mode = undefined;'],
		['null', 'player.token = null; player.mode = null;'],
		[
			'taken away',
			'player.setAttribute("mode", "hls"); player.removeAttribute("mode"); player.removeAttribute("token");',
		],
	])('sends none when it is %s, and plays when it comes', { timeout: 2 * DEADLINE_MS }, async (_, script) => {
		await tell(`player.stream = 'room'; ${script} document.body.append(player);`);
		const { mode } = await became('failed');
		expect([mode, ...asked]).toEqual(['webrtc', '/whep/room']);
		const token = await tokenFor({ user_id: 'ann', stream: 'room' });
		await tell(`player.token = '${token}';`);
		await playing(page, 'webrtc', DEADLINE_MS);
		expect(asked).toContain(`/whep/room?jwt=${token}`);
	});

	test('uses what is set right after it was put in', { timeout: DEADLINE_MS }, async () => {
		const token = await tokenFor({ user_id: 'ann', stream: 'room' });
		await tell(
			`player.stream = 'room'; document.body.append(player); player.token = '${token}'; player.mode = 'webrtc';`,
		);
		await playing(page, 'webrtc', DEADLINE_MS);
	});
});

test.each(['webrtc', 'hls'] as const)(
	'a new token is taken up without a break, by %s',
	{
		timeout: 4 * DEADLINE_MS,
	},
	async (mode) => {
		const [old, next] = [`old-${mode}`, `new-${mode}`];
		const token = await tokenFor({ user_id: old, stream: 'room' });
		await tell(`player.stream = 'room'; player.mode = '${mode}'; player.token = '${token}'; document.body.append(player);
		globalThis.heard = [];
		for (const name of ['playing', 'error', 'moved'])
			player.addEventListener('dualcast-' + name, () => heard.push(name));`);
		await playing(page, mode, DEADLINE_MS);
		await tell(`player.token = '${await tokenFor({ user_id: next, stream: 'room' })}';`);
		const heard = () => page.evaluate<string[]>('heard');
		await eventually(heard, (names) => names.includes('moved'), DEADLINE_MS);
		const admin = await tokenFor({ user_id: 'head', user_type: 'admin', action: 'admin' });
		await post('/api/token/revoke', { authorization: `Bearer ${admin}` }, { subject: old });
		await moreFrames(page, await playing(page, mode, DEADLINE_MS), 60, DEADLINE_MS);
		expect(await heard()).toEqual(['playing', 'moved']);

		// One that is refused costs nothing that plays.
		const before = asked.length;
		await tell("player.token = 'none';");
		await eventually(
			async () => asked.slice(before).filter((url) => url.endsWith('jwt=none')).length,
			(count) => count > 0,
			DEADLINE_MS,
		);
		await moreFrames(page, await playing(page, mode, DEADLINE_MS), 60, DEADLINE_MS);
		expect(
			asked.slice(before).filter((url) => url.startsWith('/whep/') && url.endsWith('jwt=none')).length,
		).toBeLessThan(2);
	},
);

test('an address that is none is said', { timeout: DEADLINE_MS }, async () => {
	await tell(`player.stream = 'room'; player.srcBase = 'cameras.example'; document.body.append(player);`);
	const reason = 'src-base is no address: cameras.example. One begins with https://, http:// or /.';
	expect((await became('failed')).reason).toBe(reason);
	await tell('player.srcBase = undefined; player.stream = undefined;');
	await became('idle');
});
