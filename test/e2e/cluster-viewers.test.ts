import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StreamInfo, StreamStats } from '../../src/api/ports.ts';
import { RunningCluster } from './harness/cluster.ts';
import { eventually } from './harness/wait.ts';
import { WhepReceiver } from './harness/whep-receiver.ts';

const DEADLINE_MS = 20_000;

let cluster: RunningCluster;
const receivers: WhepReceiver[] = [];

beforeAll(async () => {
	cluster = await RunningCluster.start({ mains: ['main1'], subs: ['sub1', 'sub2'], streams: 'cam: demo, other: demo' });
}, 3 * DEADLINE_MS);

afterAll(async () => {
	for (const receiver of receivers) receiver.vanish();
	await cluster?.stop();
});

const nodeAt = (url: string) => ['sub1', 'sub2', 'main1'].find((id) => cluster.node(id).url === new URL(url).origin);

async function join(url: string): Promise<WhepReceiver> {
	const receiver = await WhepReceiver.join(url);
	receivers.push(receiver);
	return receiver;
}

describe('a viewer of a cluster', () => {
	test('gets a token and the addresses of a sub, and plays there', { timeout: 2 * DEADLINE_MS }, async () => {
		const place = await cluster.place('main1', 'ann');
		expect(['sub1', 'sub2']).toContain(place.node);
		for (const url of [place.webrtc_url, place.hls_url, place.ll_hls_url]) expect(nodeAt(url)).toBe(place.node);
		expect(nodeAt(place.watch_url)).toBe('main1');
		await join(place.webrtc_url);
		const playlist = await fetch(place.hls_url);
		expect([playlist.status, await playlist.text()]).toEqual([200, expect.stringContaining('#EXTINF')]);
		await eventually(
			() => cluster.nodes('main1'),
			(nodes) => nodes.find(({ id }) => id === place.node)?.streams.some(({ id }) => id === 'cam') === true,
			DEADLINE_MS,
		);
	});

	test('makes a sub pull the stream once, and the main serve nobody', { timeout: 2 * DEADLINE_MS }, async () => {
		const { node, webrtc_url } = await cluster.place('main1', 'ann');
		await join(webrtc_url);
		for (let count = 0; count < 4; count++) {
			const place = await cluster.place('main1', `student ${count}`);
			await join(place.webrtc_url);
		}
		const info = await cluster.get<StreamInfo>(node ?? '', '/api/v1/streams/cam');
		expect(info).toMatchObject({ state: 'live', source: 'main main1', transport: 'tcp' });
		const main = await cluster.get<StreamInfo>('main1', '/api/v1/streams/cam');
		expect(main.viewers).toMatchObject({ webrtc: 0, hls: 0 });
		const stats = await cluster.get<StreamStats>('main1', '/api/v1/streams/cam/stats');
		// One relay, whatever the number of subs that pull.
		expect(stats.readers).toEqual(['rtsp']);
	});

	test('who asks the main for media is sent to a sub by 307, with a token for it', {
		timeout: DEADLINE_MS,
	}, async () => {
		const { token } = await cluster.place('main1', 'bob');
		const main = cluster.node('main1').url;
		const ask = (path: string, method = 'GET', headers = {}) =>
			fetch(`${main}${path}`, { method, headers, redirect: 'manual' });
		for (const path of [`/whep/cam?jwt=${token}`, `/cam/whep?jwt=${token}`]) {
			const whep = await ask(path, 'POST', { 'content-type': 'application/sdp' });
			const location = new URL(whep.headers.get('location') ?? '');
			expect([whep.status, whep.headers.get('access-control-allow-origin')]).toEqual([307, '*']);
			expect(nodeAt(location.href)).toMatch(/^sub/);
			expect(location.searchParams.get('jwt')).toMatch(/^eyJ/);
		}
		const bearer = { authorization: `Bearer ${token}` };
		const hls = await ask('/hls/cam/index.m3u8', 'GET', bearer);
		expect([hls.status, new URL(hls.headers.get('location') ?? '').searchParams.get('jwt')]).toEqual([307, token]);
		expect((await fetch(`${main}/hls/cam/index.m3u8`, { headers: bearer })).status).toBe(200);
		await join(`${main}/whep/cam?jwt=${token}`);
	});

	test('who may not watch is sent nowhere', { timeout: DEADLINE_MS }, async () => {
		const main = cluster.node('main1').url;
		const { token } = await cluster.place('main1', 'bob', 'other');
		const status = async (path: string) => (await fetch(`${main}${path}`, { redirect: 'manual' })).status;
		expect(await status('/hls/cam/index.m3u8')).toBe(401);
		expect(await status(`/hls/cam/index.m3u8?jwt=${token}`)).toBe(403);
		expect(await status(`/hls/nobody/index.m3u8?jwt=${token}`)).toBe(403);
	});

	test('can avoid a node that it cannot use, and keeps its right there', { timeout: DEADLINE_MS }, async () => {
		const { token, node } = await cluster.place('main1', 'cid');
		const url = `${cluster.node('main1').url}/hls/cam/index.m3u8?jwt=${token}&avoid=${node}`;
		const response = await fetch(url);
		expect(response.status).toBe(200);
		expect(nodeAt(response.url)).not.toBe(node);
		expect(response.url).not.toContain('avoid');
		// The first token is for the first node only.
		const elsewhere = await fetch(`${new URL(response.url).origin}/hls/cam/index.m3u8?jwt=${token}`);
		expect(elsewhere.status).toBe(403);
	});

	test('sees what its stream is on the page of the main, with a token for a sub', {
		timeout: DEADLINE_MS,
	}, async () => {
		const { token } = await cluster.place('main1', 'fay');
		const ask = (path: string) => fetch(`${cluster.node('main1').url}${path}?jwt=${token}`);
		expect((await ask('/api/v1/streams/cam')).status).toBe(200);
		expect((await ask('/api/v1/streams/other')).status).toBe(403);
	});

	test('is told where to go by the node that serves it', { timeout: DEADLINE_MS }, async () => {
		const { webrtc_url, token, node } = await cluster.place('main1', 'dan');
		const stop = new AbortController();
		const guide = await fetch(`${new URL(webrtc_url).origin}/api/v1/cluster/guide?jwt=${token}`, {
			signal: stop.signal,
		});
		expect(guide.headers.get('content-type')).toBe('text/event-stream');
		const { value } = (await guide.body?.getReader().read()) ?? {};
		stop.abort();
		const said = new TextDecoder().decode(value as Uint8Array);
		expect(said).toBe(`event: place\ndata: ${JSON.stringify({ node, mains: [cluster.node('main1').url] })}\n\n`);
		const closed = await fetch(`${new URL(webrtc_url).origin}/api/v1/cluster/guide`);
		expect(closed.status).toBe(401);
	});

	test('streams are pulled by nobody without the secret of the cluster', { timeout: DEADLINE_MS }, async () => {
		const nodes = await cluster.get<{ id: string; rtsp_url: string }[]>('main1', '/api/v1/cluster/nodes');
		const rtsp = new URL(nodes.find(({ id }) => id === 'main1')?.rtsp_url ?? '');
		const { token } = await cluster.place('main1', 'eve');
		const answers = await describeWith(Number(rtsp.port), [
			'',
			`Authorization: Bearer ${token}\r\n`,
			`Authorization: Basic ${Buffer.from(`cluster:${token}`).toString('base64')}\r\n`,
		]);
		expect(answers).toEqual([401, 401, 401]);
	});
});

test('a main that serves viewers takes those whose sub is gone, and those of another main', {
	timeout: 6 * DEADLINE_MS,
}, async () => {
	const small = await RunningCluster.start({
		mains: ['main1', 'main2'],
		subs: ['sub1'],
		cluster: '  serve_from_main: true',
	});
	try {
		const owner = async (asked: string) =>
			(await small.nodes(asked)).find(({ cameras }) => cameras.length > 0)?.id ?? 'none';
		const joinAt = async (main: string, token: string) => {
			receivers.push(await WhepReceiver.join(`${small.node(main).url}/whep/cam?jwt=${token}`));
			const { status } = await fetch(`${small.node(main).url}/hls/cam/index.m3u8?jwt=${token}`);
			expect(status).toBe(200);
		};
		const { token, node } = await small.place('main1', 'ann');
		expect(node).toBe('sub1');
		await small.kill('sub1');
		await small.settled();
		const first = await owner('main1');
		await joinAt(first, token);
		const { token: later, node: main } = await small.place('main1', 'bob');
		expect(main).toBe(first);
		const heir = first === 'main1' ? 'main2' : 'main1';
		await small.kill(first);
		await eventually(
			() => owner(heir),
			(id) => id === heir,
			DEADLINE_MS,
		);
		await joinAt(heir, later);
	} finally {
		await small.stop();
	}
});

async function describeWith(port: number, headers: readonly string[]): Promise<number[]> {
	const { connect } = await import('node:net');
	return Promise.all(
		headers.map(
			(header) =>
				new Promise<number>((resolve, reject) => {
					const socket = connect(port, '127.0.0.1', () =>
						socket.write(`DESCRIBE rtsp://127.0.0.1:${port}/cam RTSP/1.0\r\nCSeq: 1\r\n${header}\r\n`),
					);
					socket.once('error', reject);
					socket.once('data', (text) => {
						socket.destroy();
						resolve(Number(/^RTSP\/1\.0 (\d+)/.exec(String(text))?.[1]));
					});
				}),
		),
	);
}
