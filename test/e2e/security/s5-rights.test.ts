import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WebRtcSession } from '../../../src/api/whep/webrtc-port.ts';
import { recordedOffer } from '../../fakes/offers.ts';
import { type RunningGateway, startGateway } from '../harness/gateway.ts';
import { ask } from './raw-http.ts';

const API_KEY = 'the key of the school, thirty-two bytes';
const FRAGMENT = 'application/trickle-ice-sdpfrag';

let gateway: RunningGateway;
let token: { ann: string; bob: string; admin: string };
let segment: string;

beforeAll(async () => {
	gateway = await startGateway(`
webrtc: { udp_port: 0 }
auth: { read: jwt, api_keys: ["${API_KEY}"] }
streams:
  room/5: { source: demo, on_demand: false }
  room/55: demo
  staff: { source: demo, on_demand: false }
`);
	token = {
		ann: await tokenFor({ user_id: 'ann', stream: 'room/5' }),
		bob: await tokenFor({ user_id: 'bob', stream: 'staff' }),
		admin: await tokenFor({ user_id: 'head', user_type: 'admin', action: 'admin' }),
	};
	const playlist = await (await fetch(`${gateway.url}/hls/staff/index.m3u8?jwt=${token.bob}`)).text();
	segment =
		playlist
			.split('\n')
			.find((line) => line !== '' && !line.startsWith('#'))
			?.split('?')[0] ?? '';
});

afterAll(async () => {
	await gateway?.stop();
});

async function tokenFor(fields: Record<string, string>): Promise<string> {
	const init = { method: 'POST', headers: { 'x-api-key': API_KEY } };
	const response = await fetch(`${gateway.url}/api/token?${new URLSearchParams(fields)}`, init);
	return ((await response.json()) as { token: string }).token;
}

const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

async function join(stream: string, who: string): Promise<{ url: string; etag: string }> {
	const response = await fetch(`${gateway.url}/whep/${stream}`, {
		method: 'POST',
		headers: { 'content-type': 'application/sdp', ...bearer(who) },
		body: recordedOffer('chromium'),
	});
	expect(response.status, await response.clone().text()).toBe(201);
	const url = new URL(response.headers.get('location') ?? '', gateway.url).href;
	return { url, etag: response.headers.get('etag') ?? '' };
}

async function sessions(): Promise<WebRtcSession[]> {
	const response = await fetch(`${gateway.url}/api/v1/webrtc/sessions`, { headers: bearer(token.admin) });
	return (await response.json()) as WebRtcSession[];
}

describe('S5 what belongs to another', () => {
	test("S5 another viewer's session is neither ended, changed nor looked at", async () => {
		const { url, etag } = await join('staff', token.bob);
		const attempts = [
			{ method: 'DELETE' },
			{ method: 'GET' },
			{ method: 'HEAD' },
			{ method: 'PATCH', headers: { 'content-type': FRAGMENT, 'if-match': etag }, body: 'a=ice-ufrag:abcd\r\n' },
			{ method: 'PATCH', headers: { 'content-type': FRAGMENT, 'if-match': '*' }, body: 'a=ice-ufrag:abcd\r\n' },
		];
		for (const { headers = {}, ...attempt } of attempts) {
			const foreign = await fetch(url, { ...attempt, headers: { ...headers, ...bearer(token.ann) } });
			expect(foreign.status, attempt.method).toBe(403);
			const nobody = await fetch(url.split('?')[0] ?? '', { ...attempt, headers });
			expect(nobody.status, attempt.method).toBe(401);
		}
		const [session] = await sessions();
		expect(session?.stream_id).toBe('staff');
		// The name under which an admin sees a session is not the one that ends it.
		const { status } = await fetch(`${gateway.url}/whep/sessions/${session?.id}`, {
			method: 'DELETE',
			headers: bearer(token.bob),
		});
		expect(status).toBe(404);
		expect(await sessions()).toHaveLength(1);
		expect((await fetch(url, { method: 'DELETE', headers: bearer(token.bob) })).status).toBe(200);
	});

	test('S5 what admins may do is not for viewers, by any method or spelling', async () => {
		await join('staff', token.bob);
		const [session] = await sessions();
		const one = `/api/v1/webrtc/sessions/${session?.id}`;
		for (const [method, path] of [
			['DELETE', one],
			['DELETE', `${one}/`],
			['GET', one],
			['HEAD', one],
			['GET', '/api/v1/webrtc/sessions'],
			['GET', '/api/v1/webrtc/sessions/'],
			['HEAD', '/api/v1/webrtc/sessions'],
			['POST', '/api/v1/probe'],
			['POST', '/api/v1/probe/'],
			['POST', '/api/token/revoke'],
			['GET', '/api/v1/streams/staff'],
			['GET', '/api/v1/streams/staff/'],
			['HEAD', '/api/v1/streams/staff/stats'],
			['GET', '/api/v1/streams/st%61ff'],
			['GET', '/api/v1/hls/streams/staff'],
			['GET', '/api/v1//streams/staff'],
			['GET', '/API/V1/STREAMS/staff'],
		] as const) {
			const json = ['Content-Type: application/json', 'Content-Length: 0'];
			const viewer = await ask(gateway.port, method, path, [`Authorization: Bearer ${token.ann}`, ...json]);
			expect([403, 404], `${method} ${path} as a viewer`).toContain(viewer.status);
			const nobody = await ask(gateway.port, method, path, json);
			expect([401, 404], `${method} ${path} as nobody`).toContain(nobody.status);
		}
		expect(await sessions()).toHaveLength(1);
		const list = await fetch(`${gateway.url}/api/v1/streams`, { headers: bearer(token.ann) });
		expect(((await list.json()) as { id: string }[]).map(({ id }) => id)).toEqual(['room/5']);
	});

	test('S5 media of another stream does not come out by another method or spelling', async () => {
		const good = await fetch(`${gateway.url}/hls/staff/${segment}`, { headers: bearer(token.bob) });
		expect(good.status).toBe(200);
		const paths = [
			`/hls/staff/${segment}`,
			`/hls/staff//${segment}`,
			`/hls//staff/${segment}`,
			`//hls/staff/${segment}`,
			`/hls/staff/./${segment}`,
			`/hls/room/5/../../staff/${segment}`,
			`/hls/room/5/%2e%2e/%2e%2e/staff/${segment}`,
			`/hls/st%61ff/${segment}`,
			`/hls/staff%2f${segment}`,
			`/hls/staff/${segment}/`,
			`/hls/staff/${segment}%00`,
			`/hls/staff/${segment}?jwt=`,
			`/HLS/staff/${segment}`,
			`/hls/STAFF/${segment}`,
			`/hls/room/5/${segment}`,
			'/hls/staff/index.m3u8',
			'/hls/staff/ll.m3u8',
			'/hls/staff/master.m3u8',
			'/hls/room/55/index.m3u8',
			'/hls/room/5x/index.m3u8',
		];
		for (const path of paths) {
			for (const method of ['GET', 'HEAD'] as const) {
				for (const who of [[`Authorization: Bearer ${token.ann}`], []]) {
					const { status, body } = await ask(gateway.port, method, path, who);
					expect([401, 403, 404], `${method} ${path} with ${who.length} token`).toContain(status);
					expect(body.length).toBeLessThan(1000);
				}
			}
		}
		for (const range of ['bytes=0-9', 'bytes=-1']) {
			const { status } = await ask(gateway.port, 'GET', `/hls/staff/${segment}`, [`Range: ${range}`]);
			expect(status).toBe(401);
		}
		const options = await ask(gateway.port, 'OPTIONS', `/hls/staff/${segment}`);
		expect([options.status, options.body.length]).toEqual([204, 0]);
	});

	test('S5 WHEP does not give a stream away by HEAD, a slash or the other order of its path', async () => {
		for (const [method, path] of [
			['GET', '/whep/staff'],
			['HEAD', '/whep/staff'],
			['POST', '/whep/staff'],
			['POST', '/whep/staff/'],
			['POST', '/whep/st%61ff'],
			['POST', '/staff/whep'],
			['POST', '/whep/room/55'],
			['POST', '/room/55/whep'],
		] as const) {
			for (const [who, expected] of [
				[[`Authorization: Bearer ${token.ann}`], [403, 404]],
				[[], [401, 404]],
			] as const) {
				const headers = [...who, 'Content-Type: application/sdp', 'Content-Length: 0'];
				const { status } = await ask(gateway.port, method, path, headers);
				expect(expected, `${method} ${path}`).toContain(status);
			}
		}
	});

	test('S5 whether there is a stream is not told to who may not see it', async () => {
		for (const prefix of ['/hls/ID/index.m3u8', '/whep/ID', '/api/v1/streams/ID', '/api/v1/streams/ID/stats']) {
			const answers = await Promise.all(
				['staff', 'nobody'].map((id) =>
					ask(gateway.port, 'GET', prefix.replace('ID', id), [`Authorization: Bearer ${token.ann}`]),
				),
			);
			expect(answers[0]?.status, prefix).toBe(403);
			expect(answers[0]?.body.toString(), prefix).toBe(answers[1]?.body.toString());
		}
	});
});

describe('S5 who asks from this machine', () => {
	let proxy: Server;

	beforeAll(async () => {
		// A reverse proxy as people write it: everything it hands on comes from 127.0.0.1.
		proxy = createServer((request, response) => {
			const { method, url: path, headers } = request;
			const forwarded = { ...headers, 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' };
			const onward = httpRequest(
				{ port: gateway.port, host: '127.0.0.1', method, path, headers: forwarded },
				(answer) => {
					response.writeHead(answer.statusCode ?? 502, answer.headers);
					answer.pipe(response);
				},
			);
			request.pipe(onward);
		}).listen(0, '127.0.0.1');
		await new Promise((resolve) => proxy.once('listening', resolve));
	});

	afterAll(async () => {
		proxy.closeAllConnections();
		await new Promise((resolve) => proxy.close(resolve));
	});

	test('S5 needs a token like everybody else, also through a proxy', async () => {
		const { port } = proxy.address() as AddressInfo;
		for (const path of ['/hls/staff/index.m3u8', '/api/v1/streams', '/api/v1/webrtc/sessions', '/whep/staff']) {
			for (const to of [port, gateway.port]) {
				const { status } = await ask(to, 'GET', path, ['X-Forwarded-For: 127.0.0.1', 'Forwarded: for=127.0.0.1']);
				expect(status, path).toBe(401);
			}
		}
	});
});
