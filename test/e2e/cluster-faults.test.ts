import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { WebRtcSession } from '../../src/api/whep/webrtc-port.ts';
import { launchChromium } from './harness/chromium.ts';
import { RunningCluster } from './harness/cluster.ts';
import { longestGap, watchPictures } from './harness/picture-gap.ts';
import { playing, statsOf } from './harness/player.ts';
import { eventually } from './harness/wait.ts';
import { WhepReceiver } from './harness/whep-receiver.ts';

const DEADLINE_MS = 20_000;
const TEST = { timeout: 6 * DEADLINE_MS };
/** Viewers of a node that is gone play elsewhere by then. */
const ELSEWHERE_MS = 5_000;

const SUBS = ['sub1', 'sub2', 'sub3'];

let browser: Browser;
let cluster: RunningCluster;
let receivers: WhepReceiver[] = [];

beforeAll(async () => {
	[browser, cluster] = await Promise.all([
		launchChromium(),
		RunningCluster.start({ mains: ['main1', 'main2'], subs: SUBS }),
	]);
}, 6 * DEADLINE_MS);

afterAll(async () => {
	await browser?.close();
	await cluster?.stop();
});

afterEach(async () => {
	for (const receiver of receivers) receiver.vanish();
	receivers = [];
	await Promise.all(browser.contexts().map((context) => context.close()));
	await cluster.restore();
}, 6 * DEADLINE_MS);

async function open(url: string): Promise<Page> {
	const page = await (await browser.newContext()).newPage();
	await page.goto(url);
	return page;
}

/** A page that plays, and the node that serves it. */
async function watch(mode: 'webrtc' | 'hls', main = 'main1'): Promise<{ page: Page; node: string }> {
	const { watch_url, node } = await cluster.place(main, 'ann');
	const page = await open(`${watch_url}&mode=${mode}`);
	await playing(page, mode, DEADLINE_MS);
	await watchPictures(page);
	return { page, node: node ?? '' };
}

async function sessions(node: string): Promise<WebRtcSession[]> {
	return cluster.get(node, '/api/v1/webrtc/sessions');
}

async function join(count: number, main = 'main1'): Promise<WhepReceiver[]> {
	for (let index = 0; index < count; index++) {
		const { webrtc_url } = await cluster.place(main, `student ${index}`);
		receivers.push(await WhepReceiver.join(webrtc_url));
	}
	return receivers;
}

/** Waits until every receiver got more packets than `since` says. */
async function allReceive(deadlineMs: number): Promise<void> {
	const before = receivers.map(({ packets }) => packets);
	await eventually(
		() => receivers.map(({ packets }, index) => packets - (before[index] ?? 0)),
		(more) => more.every((packets) => packets > 10),
		deadlineMs,
	);
}

const others = (node: string | null) => SUBS.filter((id) => id !== node);

describe('when a sub is killed', () => {
	test.each(['webrtc', 'hls'] as const)('its viewers by %s are elsewhere within five seconds', TEST, async (mode) => {
		const { page, node } = await watch(mode);
		// The other sub has the stream already when somebody watches there.
		await cluster.kill(node);
		const before = await longestGap(page);
		await eventually(
			() => longestGap(page),
			({ pictures }) => pictures > before.pictures + (mode === 'hls' ? 60 : 15),
			DEADLINE_MS,
		);
		const { longest } = await longestGap(page);
		expect(longest).toBeLessThan(ELSEWHERE_MS);
		const { state } = await statsOf(page);
		expect(state).toBe('playing');
		await eventually(
			() => cluster.nodes('main1'),
			(nodes) =>
				nodes.some(({ id, viewers }) => others(node).includes(id) && viewers === 1) &&
				!nodes.some(({ id }) => id === node),
			DEADLINE_MS,
		);
	});

	test('there is a place for new viewers as long as a sub lives, and else a time to come back', TEST, async () => {
		const left = (count: number) =>
			eventually(
				() => cluster.nodes('main1'),
				(nodes) => nodes.filter(({ role }) => role === 'sub').length === count,
				DEADLINE_MS,
			);
		await Promise.all(['sub1', 'sub3'].map((id) => cluster.kill(id)));
		await left(1);
		expect((await cluster.place('main1', 'ann')).node).toBe('sub2');
		await cluster.kill('sub2');
		await left(0);
		await expect(cluster.place('main1', 'ann')).rejects.toThrow(/503 \d+: .*no_node/);
	});
});

describe('when a sub is drained', () => {
	test.each(['webrtc', 'hls'] as const)('its viewers by %s move without a gap', TEST, async (mode) => {
		const { page, node } = await watch(mode);
		const before = await longestGap(page);
		await cluster.drain('main1', node);
		expect(others(node)).toContain((await cluster.place('main1', 'new')).node);
		await eventually(
			() => cluster.nodes('main1'),
			(nodes) => nodes.some(({ id, state, viewers }) => id === node && state === 'draining' && viewers === 0),
			2 * DEADLINE_MS,
		);
		// It never let go of the old place before it had the new one.
		const moved = await longestGap(page);
		expect(moved.events).toEqual(['moved']);
		expect(moved.pictures).toBeGreaterThan(before.pictures);
		expect(await cluster.end(node)).toBe(0);
		const { longest } = await eventually(
			() => longestGap(page),
			({ pictures }) => pictures > moved.pictures + 30,
			DEADLINE_MS,
		);
		process.stdout.write(`moved by ${mode}: at most ${Math.round(longest)} ms without a new picture\n`);
	});

	test('a viewer who comes there is sent elsewhere', TEST, async () => {
		const { node, webrtc_url } = await cluster.place('main1', 'ann');
		await cluster.drain('main1', node ?? '');
		await eventually(
			() => cluster.nodes(node ?? ''),
			(nodes) => nodes.some(({ id, state }) => id === node && state === 'draining'),
			DEADLINE_MS,
		);
		receivers.push(await WhepReceiver.join(webrtc_url));
		expect(await sessions(node ?? '')).toEqual([]);
		expect((await Promise.all(others(node).map(sessions))).flat()).toHaveLength(1);
	});

	test('by ending it, its viewers move first', TEST, async () => {
		const { page, node } = await watch('webrtc');
		expect(await cluster.end(node)).toBe(0);
		const before = await longestGap(page);
		expect(before.events).toEqual(['moved']);
		await eventually(
			() => longestGap(page),
			({ pictures }) => pictures > before.pictures + 30,
			DEADLINE_MS,
		);
	});
});

describe('when a main is killed', () => {
	test('viewers stay, another main takes its cameras over and gives out tokens', TEST, async () => {
		await join(4);
		const ids = async () => (await Promise.all(SUBS.map(sessions))).flat().map(({ id }) => id);
		const before = await ids();
		const owner = (await cluster.nodes('sub1')).find(({ cameras }) => cameras.length > 0)?.id ?? '';
		const heir = owner === 'main1' ? 'main2' : 'main1';
		await cluster.kill(owner);
		const { webrtc_url } = await cluster.place(heir, 'new');
		await allReceive(DEADLINE_MS);
		expect((await ids()).sort()).toEqual(before.sort());
		receivers.push(await WhepReceiver.join(webrtc_url));
	});
});

describe('when Redis is killed', () => {
	test('viewers stay, the last table routes, and all is well when it is back', TEST, async () => {
		await join(2);
		const ready = async (id: string) => {
			const response = await fetch(`${cluster.node(id).url}/readyz`);
			return `${response.status} ${((await response.json()) as { status: string }).status}`;
		};
		const before = await ready('main1');
		await cluster.redis.stop();
		await eventually(
			() => ready('main1'),
			(answer) => answer !== before,
			DEADLINE_MS,
		);
		await allReceive(DEADLINE_MS);
		const { node, webrtc_url } = await cluster.place('main1', 'new');
		expect(SUBS).toContain(node);
		receivers.push(await WhepReceiver.join(webrtc_url));
		await cluster.redis.start();
		await eventually(
			() => ready('main1'),
			(answer) => answer === before,
			DEADLINE_MS,
		);
		await cluster.settled();
		await allReceive(DEADLINE_MS);
	});
});
