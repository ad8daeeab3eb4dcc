import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../fakes/certificates.ts';
import { launchChromium } from './harness/chromium.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import { moreFrames, playing } from './harness/player.ts';
import { eventually } from './harness/wait.ts';

const DEADLINE_MS = 30_000;
/** No loopback by its name: of such, browsers let pages over TLS ask everything. */
const NAME = 'cameras.example';
const PROBLEM = 'application/problem+json';

let folder: string;
let browser: Browser;
let gateway: RunningGateway;
let secure: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'dualcast-https-'));
	const { cert, key } = await makeCertificate(folder, 'gateway');
	const config = `
server: { host: 127.0.0.1, tls: { port: 0, cert: ${cert}, key: ${key} } }
webrtc: { udp_port: 0 }
`;
	[browser, gateway] = await Promise.all([
		launchChromium(['--ignore-certificate-errors', `--host-resolver-rules=MAP ${NAME} 127.0.0.1`]),
		startGateway(config),
	]);
	const told = () => /over TLS: (https:\S+?)\/?\s/.exec(gateway.output())?.[1] ?? '';
	secure = await eventually(told, (url) => url !== '', DEADLINE_MS);
});

afterAll(async () => {
	await browser?.close();
	await gateway?.stop();
	await rm(folder, { recursive: true, force: true });
});

/** Protocols by which the page's requests for such paths came. */
const PROTOCOLS = `(pattern) => [...new Set(performance.getEntriesByType('resource')
	.filter(({ name, responseStatus }) => responseStatus === 200 && new RegExp(pattern).test(name)).map(({ nextHopProtocol }) => nextHopProtocol))]`;

describe('over TLS, Chromium', () => {
	test.each([
		['hls', '/hls/demo/ll.*(m3u8|m4s)'],
		['webrtc', '/(assets|api|whep)/'],
	] as const)('plays by %s, everything by HTTP/2', async (mode, pattern) => {
		const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
		if (mode === 'hls') {
			const body = JSON.stringify({ code: 'webrtc_disabled' });
			await page.route('**/whep/**', (route) => route.fulfill({ status: 503, contentType: PROBLEM, body }));
		}
		await page.goto(`${secure}/watch/demo`);
		const stats = await playing(page, mode, DEADLINE_MS);
		await moreFrames(page, stats, 60, DEADLINE_MS);
		expect(await page.evaluate(`(${PROTOCOLS})(${JSON.stringify(pattern)})`)).toEqual(['h2']);
		await page.context().close();
	});
});

test.each(['webrtc', 'hls'])(
	'a page that may not ask an http:// address is told so, and the cure, by %s',
	async (mode) => {
		const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
		await page.goto(`${secure}/livez`);
		await page.evaluate(`import('/player.js').then(() => {
		document.body.innerHTML = '<dualcast-player stream="demo" mode="${mode}" src-base="http://${NAME}:${gateway.port}">';
	})`);
		const card = page.locator('dualcast-player .card');
		expect(await card.textContent()).toMatch(/may not ask http:.*Give src-base an https:/);
		await page.context().close();
	},
);

test('a page over plain http, where browsers keep the clipboard from scripts, copies addresses, too', async () => {
	const page = await (await browser.newContext({ permissions: ['clipboard-read'] })).newPage();
	await page.goto(`http://${NAME}:${gateway.port}/`);
	const field = page.locator('copy-field').first();
	const button = field.locator('.copy-button');
	await button.click();
	expect(await page.evaluate('navigator.clipboard')).toBeUndefined();
	await eventually(
		() => button.textContent(),
		(text) => text?.trim() === 'Copied',
		5000,
	);
	const address = await field.locator('.copy-value').textContent();
	await page.setContent('<textarea autofocus></textarea>');
	await page.locator('textarea').press('ControlOrMeta+V');
	expect(await page.locator('textarea').inputValue()).toBe(address);
	await page.context().close();
});

test('a gateway does not start with a certificate it cannot use, and says what to change', async () => {
	const config = `
server: { host: 127.0.0.1, tls: { port: 0, cert: /none.pem, key: /none.pem } }
webrtc: { udp_port: 0 }
`;
	const failure = await startGateway(config).then(
		() => 'it started',
		(error: Error) => error.message,
	);
	expect(failure).toContain('server.tls.cert: cannot read /none.pem (ENOENT); give the path');
});
