import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { FakeCamera, type FakeCameraScript, status } from '../../camera/fake-camera.ts';
import { recordedOffer } from '../../fakes/offers.ts';
import { streamInfo, webRtcSessions } from '../harness/api.ts';
import { type RunningGateway, startGateway } from '../harness/gateway.ts';
import { eventually } from '../harness/wait.ts';
import { WhepReceiver } from '../harness/whep-receiver.ts';
import { ask, raw } from './raw-http.ts';
import { SlowClients } from './slow-clients.ts';

const REQUESTS = 1000;
const AT_ONCE = 100;

const open: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of open.splice(0).reverse()) await close();
});

async function start(streams: string, more = ''): Promise<RunningGateway> {
	const gateway = await startGateway(`webrtc: { udp_port: 0 }\n${more}\nstreams: ${streams}\n`);
	open.push(() => gateway.stop());
	return gateway;
}

async function startCamera(script: FakeCameraScript): Promise<FakeCamera> {
	const camera = await FakeCamera.start(script);
	open.push(() => camera.close());
	return camera;
}

/** Asks again and again, a hundred at a time. @returns how often each status came */
async function flood(
	url: (index: number) => string,
	init: () => RequestInit = () => ({}),
): Promise<Map<number, number>> {
	const statuses = new Map<number, number>();
	for (let done = 0; done < REQUESTS; done += AT_ONCE) {
		await Promise.all(
			Array.from({ length: AT_ONCE }, async (_, index) => {
				const response = await fetch(url(done + index), init());
				await response.arrayBuffer();
				statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
			}),
		);
	}
	return statuses;
}

async function residentBytes(gateway: RunningGateway): Promise<number> {
	const text = await readFile(`/proc/${gateway.process.pid}/status`, 'utf8');
	return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]) * 1024;
}

const MIB = 1024 * 1024;
const offer = (): RequestInit => ({
	method: 'POST',
	headers: { 'content-type': 'application/sdp' },
	body: recordedOffer('chromium'),
});

describe('S6 a flood of requests', () => {
	test('S6 for cameras that do not exist is answered by 404, and costs no memory', async () => {
		const gateway = await start('{}');
		await flood((index) => `${gateway.url}/hls/warm-up-${index}/index.m3u8`);
		const before = await residentBytes(gateway);
		for (const path of ['/hls/ID/index.m3u8', '/hls/ID/ll.m3u8', '/api/v1/streams/ID', '/whep/ID']) {
			const statuses = await flood((index) => `${gateway.url}${path.replace('ID', `nobody-${index}`)}`);
			expect([...statuses.keys()], path).toEqual([404]);
		}
		expect((await residentBytes(gateway)) - before).toBeLessThan(48 * MIB);
	});

	test('S6 for a cold camera that never answers is one dial', async () => {
		const silent = await startCamera({ on: { OPTIONS: () => undefined, DESCRIBE: () => undefined } });
		const gateway = await start(`{ cam: "${silent.url}" }`, 'on_demand: { start_timeout: 2s }');
		const answers = await Promise.all(
			Array.from({ length: 300 }, async (_, index) => {
				const path = ['/hls/cam/index.m3u8', '/hls/cam/ll.m3u8', '/whep/cam'][index % 3] as string;
				const response = await fetch(`${gateway.url}${path}`, path === '/whep/cam' ? offer() : {});
				return `${response.status} ${((await response.json()) as { code: string }).code}`;
			}),
		);
		expect(new Set(answers)).toEqual(new Set(['504 camera_timeout', '409 camera_timeout']));
		expect(silent.clients.length).toBeLessThanOrEqual(2);
	});

	test('S6 for a cold camera that refuses is few dials: the verdict stands for a while', {
		timeout: 120_000,
	}, async () => {
		const refusing = await startCamera({ on: { DESCRIBE: (request) => status(request, 404) } });
		const locked = await startCamera({ on: { DESCRIBE: (request) => status(request, 403) } });
		const gateway = await start(`{ refusing: "${refusing.url}", locked: "${locked.url}" }`);
		const from = performance.now();
		for (const [id, camera, perSecond] of [
			['refusing', refusing, 1],
			['locked', locked, 1 / 30],
		] as const) {
			const statuses = await flood(
				(index) => `${gateway.url}${index % 2 === 0 ? `/hls/${id}/index.m3u8` : `/hls/${id}/ll.m3u8`}`,
			);
			expect([...statuses.keys()], id).toEqual([502]);
			const seconds = (performance.now() - from) / 1000;
			expect(camera.clients.length, id).toBeLessThanOrEqual(Math.ceil(seconds * perSecond) + 2);
		}
	});

	test('S6 of offers whose viewers never come does not keep viewers out', { timeout: 120_000 }, async () => {
		const gateway = await startGateway('webrtc: { udp_port: 0, max_sessions: 20 }\nstreams: { cam: demo }\n');
		open.push(() => gateway.stop());
		const watching = await WhepReceiver.join(`${gateway.url}/whep/cam`);
		let flooding = true;
		const attack = (async () => {
			const statuses = new Set<number>();
			while (flooding) {
				const answers = await Promise.all(
					Array.from({ length: 5 }, () => fetch(`${gateway.url}/whep/cam`, offer()).then((answer) => answer.status)),
				);
				for (const answer of answers) statuses.add(answer);
				await new Promise((resolve) => setTimeout(resolve, 1000));
			}
			return statuses;
		})();
		await eventually(
			() => webRtcSessions(gateway.url),
			(sessions) => sessions.length === 20,
			30_000,
		);
		// As a player does, whom 503 tells to come again.
		const viewer = await eventually(
			() => WhepReceiver.join(`${gateway.url}/whep/cam`).catch(() => undefined),
			(joined) => joined !== undefined,
			60_000,
			200,
		);
		flooding = false;
		expect([201, 503]).toEqual(expect.arrayContaining([...(await attack)]));
		const packets = watching.packets;
		await eventually(
			() => watching.packets,
			(count) => count > packets + 20,
			10_000,
		);
		expect((await webRtcSessions(gateway.url)).length).toBeLessThanOrEqual(20);
		await viewer?.leave();
		await watching.leave();
	});

	test('S6 of requests that are held is capped, and the others are told', { timeout: 120_000 }, async () => {
		const gateway = await start('{ cam: demo }');
		const url = `${gateway.url}/hls/cam/ll.m3u8`;
		const playlist = await (await fetch(url)).text();
		const sequence = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(playlist)?.[1]);
		const segments = playlist.match(/#EXTINF/g)?.length ?? 0;
		const before = await residentBytes(gateway);
		const answers = await Promise.all(
			Array.from({ length: 1300 }, async () => {
				const response = await fetch(`${url}?_HLS_msn=${sequence + segments + 1}`);
				await response.arrayBuffer();
				return response.status;
			}),
		);
		const counts = new Map<number, number>();
		for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
		expect([...counts.keys()].every((code) => code === 200 || code === 503)).toBe(true);
		expect(counts.get(200) ?? 0).toBeGreaterThan(0);
		expect((await fetch(url)).status).toBe(200);
		expect((await residentBytes(gateway)) - before).toBeLessThan(150 * MIB);
	});
});

describe('S6 what is too large', () => {
	test('S6 is refused before it is read', async () => {
		const { port, url } = await start('{ cam: demo }', `auth: { open_issuing: true }`);
		expect((await ask(port, 'GET', '/', [`X: ${'a'.repeat(20_000)}`])).status).toBe(431);
		expect((await ask(port, 'GET', `/${'a'.repeat(20_000)}`)).status).toBe(431);
		expect(
			(
				await ask(
					port,
					'GET',
					'/',
					Array.from({ length: 3000 }, (_, index) => `X-${index}: a`),
				)
			).status,
		).toBe(431);
		for (const [path, type, limit] of [
			['/whep/cam', 'application/sdp', 64 * 1024],
			['/api/v1/probe', 'application/json', 8 * 1024],
			['/api/token', 'application/json', 16 * 1024],
			['/api/auth/mediamtx', 'application/json', 64 * 1024],
		] as const) {
			const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: ${type}\r\n`;
			const announced = await raw(port, `${head}Content-Length: 10000000000\r\n\r\n`);
			expect(announced.status, path).toBe(413);
			const chunk = `${(limit + 1).toString(16)}\r\n${'a'.repeat(limit + 1)}\r\n`;
			const chunked = await raw(port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`);
			expect(chunked.status, path).toBe(413);
			// Small bodies that unpack to large ones are not unpacked.
			const packed = await raw(port, `${head}Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd`);
			expect(packed.status, path).toBe(415);
		}
		expect((await fetch(`${url}/livez`)).status).toBe(200);
	});

	test('S6 nor are two readings of one request possible', async () => {
		const { port } = await start('{ cam: demo }');
		const head = 'POST /whep/cam HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/sdp\r\n';
		for (const lengths of [
			'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n',
			'Content-Length: 4\r\nContent-Length: 5\r\n',
			'Content-Length: -1\r\n',
			'Transfer-Encoding: xchunked\r\n',
			'Content-Length : 4\r\n',
		]) {
			const { status: code } = await raw(port, `${head}${lengths}\r\n0\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n`);
			expect(code, lengths).toBe(400);
		}
	});
});

describe('S6 slow clients', () => {
	test('S6 are cut off in time, while a viewer keeps playing', { timeout: 180_000 }, async () => {
		const gateway = await start('{ cam: { source: demo, on_demand: false } }');
		const { url, port } = gateway;
		const viewer = await WhepReceiver.join(`${url}/whep/cam`);
		const playlist = async () => (await (await fetch(`${url}/hls/cam/index.m3u8`)).text()).trim().split('\n');
		await eventually(playlist, (lines) => lines.length > 5, 20_000, 500);
		const before = await residentBytes(gateway);
		const segment = (await playlist()).at(-1) ?? '';
		const attacks = [
			new SlowClients(port, 'headers', 300),
			new SlowClients(port, 'body', 300),
			new SlowClients(port, 'read', 100, `/hls/cam/${segment}`),
		];
		for (const attack of attacks) open.push(() => attack.stop());
		await eventually(
			() => attacks.map(({ accepted }) => accepted),
			(counts) => counts.join() === '300,300,100',
			20_000,
		);
		const [headers, body] = attacks as [SlowClients, SlowClients, SlowClients];
		const seen = new Set<string>();
		let packets = viewer.packets;
		/** One look of a player at its playlist, and what WebRTC brought meanwhile. */
		const play = async () => {
			for (const line of await playlist()) if (line.endsWith('.ts')) seen.add(line);
			const before = packets;
			packets = await eventually(
				() => viewer.packets,
				(now) => now > before,
				5000,
			);
			return [headers.cut, body.cut] as const;
		};
		await eventually(play, ([first]) => first === 300, 40_000, 1000);
		await eventually(play, ([, second]) => second === 300, 60_000, 1000);
		expect(seen.size).toBeGreaterThan(8);
		expect(await residentBytes(gateway)).toBeLessThan(before + 150 * MIB);
		expect((await streamInfo(url, 'cam')).state).toBe('live');
		await viewer.leave();
	});

	test('S6 that say nothing at all are cut off too', { timeout: 60_000 }, async () => {
		const { port } = await start('{ cam: demo }');
		const closed = await new Promise<boolean>((resolve) => {
			const socket = connect(port, '127.0.0.1');
			socket.on('error', () => {});
			socket.resume().once('close', () => resolve(true));
			setTimeout(() => resolve(false), 45_000).unref();
		});
		expect(closed).toBe(true);
	});
});
