import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeCamera } from '../../camera/fake-camera.ts';
import { type RunningGateway, startGateway } from '../harness/gateway.ts';

let gateway: RunningGateway;
let listed: RunningGateway;
let camera: FakeCamera;
let service: Server;
let visits = 0;

beforeAll(async () => {
	service = createServer((socket) => {
		visits++;
		socket.on('error', () => {}).destroy();
	});
	await new Promise<void>((resolve) => service.listen(0, '::', resolve));
	camera = await FakeCamera.start();
	[gateway, listed] = await Promise.all([
		startGateway('webrtc: { udp_port: 0 }\n'),
		startGateway(`
webrtc: { udp_port: 0 }
security: { camera_hosts: [192.0.2.0/24, cam.example] }
streams: { yard: "${camera.url}", demo: demo }
`),
	]);
});

afterAll(async () => {
	await Promise.all([gateway?.stop(), listed?.stop(), camera?.close()]);
	await new Promise((resolve) => service.close(resolve));
});

async function probe(body: object, to = gateway): Promise<{ status: number; code: string; detail: string }> {
	const response = await fetch(`${to.url}/api/v1/probe`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(body),
	});
	const { code, detail } = (await response.json()) as { code: string; detail: string };
	return { status: response.status, code, detail };
}

describe('S1 addresses that are given over the API', () => {
	const hosts = [
		...['127.0.0.1', 'localhost', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0.0.0.0', '127.8.9.10'],
		...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[64:ff9b::7f00:1]'],
	];
	test.each(hosts)('S1 %s does not lead to the services of this machine', async (host) => {
		const { port } = service.address() as { port: number };
		for (const [scheme, transport] of [
			['rtsp', 'auto'],
			['rtsps', 'auto'],
			['rtspx', 'tcp'],
			['rtsp', 'http'],
			['rtsp', 'websocket'],
		]) {
			const answer = await probe({ source: `${scheme}://${host}:${port}/`, transport });
			expect([answer.status, answer.code]).toEqual([502, 'camera_disallowed']);
			expect(answer.detail).not.toContain(String(port));
		}
		expect(visits).toBe(0);
	});

	test.each([
		'169.254.169.254',
		'[::ffff:169.254.169.254]',
		'[::ffff:a9fe:a9fe]',
		'[64:ff9b::169.254.169.254]',
		'0xa9fea9fe',
		'[fd00:ec2::254]',
		'[fe80::1]',
		'255.255.255.255',
		'224.0.0.1',
	])('S1 %s is no camera', async (host) => {
		const answer = await probe({ source: `rtsp://${host}/latest/meta-data/` });
		expect([answer.status, answer.code]).toEqual([502, 'camera_disallowed']);
	});

	test.each([
		'http://192.0.2.1/',
		'https://192.0.2.1/',
		'file:///etc/passwd',
		'gopher://192.0.2.1/',
		'exec:id',
		'ffmpeg:rtsp://192.0.2.1/',
		'rtmp://192.0.2.1/',
		'//192.0.2.1/',
		'demo',
		'rtsp://',
		'rtsp:192.0.2.1',
	])('S1 %s is no address of a camera', async (source) => {
		const answer = await probe({ source });
		expect([answer.status, answer.code]).toEqual([400, 'request_invalid']);
	});
});

describe('S1 a list of hosts', () => {
	test('S1 holds for configured cameras too, and leaves the demo camera', async () => {
		const refused = await fetch(`${listed.url}/hls/yard/index.m3u8`);
		expect(refused.status).toBe(502);
		expect(await refused.json()).toMatchObject({ code: 'camera_disallowed' });
		expect(camera.clients).toHaveLength(0);
		expect((await fetch(`${listed.url}/hls/demo/index.m3u8`)).status).toBe(200);
	});

	test('S1 holds for the probe', async () => {
		const answer = await probe({ source: 'rtsp://10.1.2.3/' }, listed);
		expect(answer).toMatchObject({ code: 'camera_disallowed' });
		expect(answer.detail).toContain('security.camera_hosts');
	});
});
