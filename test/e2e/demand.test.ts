import { afterEach, describe, expect, test } from 'vitest';
import { GstCamera, type GstCameraOptions } from '../camera/gst-camera.ts';
import { streamInfo, webRtcSessions } from './harness/api.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import { eventually } from './harness/wait.ts';
import { WhepReceiver } from './harness/whep-receiver.ts';

const open: { stop(): Promise<unknown> }[] = [];

afterEach(async () => {
	for (const part of open.splice(0).reverse()) await part.stop();
});

async function camera(options: GstCameraOptions): Promise<GstCamera> {
	const started = await GstCamera.start({ width: 320, height: 240, protocols: 'tcp', ...options });
	open.push(started);
	return started;
}

async function gateway(source: string, more = ''): Promise<RunningGateway> {
	const started = await startGateway(`
webrtc: { udp_port: 0 }
on_demand: { close_after: 2s }
streams:
  cam: { source: "${source}" ${more} }
`);
	open.push(started);
	return started;
}

describe('on demand', () => {
	test('fifty viewers at once are one session at the camera, and the last one to leave closes it', async () => {
		const cam = await camera({});
		const { url } = await gateway(cam.url);
		const viewers = await Promise.all(Array.from({ length: 50 }, () => WhepReceiver.join(`${url}/whep/cam`)));
		const hls = await fetch(`${url}/hls/cam/index.m3u8`);
		expect(hls.status).toBe(200);
		expect(cam.count('PLAY')).toBe(1);
		expect((await streamInfo(url, 'cam')).viewers.webrtc).toBe(50);
		for (const viewer of viewers.slice(0, 25)) viewer.vanish();
		await Promise.all(viewers.slice(25).map((viewer) => viewer.leave()));
		await eventually(
			() => webRtcSessions(url),
			(sessions) => sessions.length === 0,
			60_000,
		);
		await cam.seen('TEARDOWN', 1, 60_000);
		expect(cam.count('PLAY')).toBe(1);
		await eventually(
			() => streamInfo(url, 'cam'),
			({ state }) => state === 'idle',
			10_000,
		);
	});

	test('a stop of the gateway says goodbye to the camera', async () => {
		const cam = await camera({});
		const running = await gateway(cam.url);
		const viewer = await WhepReceiver.join(`${running.url}/whep/cam`);
		open.pop();
		expect(await running.stop()).toBe(0);
		await cam.seen('TEARDOWN');
		viewer.vanish();
	});

	test('a wrong password is told at once and tried once', async () => {
		const cam = await camera({ auth: 'digest' });
		const { url, output } = await gateway(cam.url, ', username: user, password: CANARY-7c1');
		for (const attempt of [1, 2, 3]) {
			const response = await fetch(`${url}/hls/cam/index.m3u8`);
			const problem = await response.text();
			expect(response.status, `attempt ${attempt}: ${problem}`).toBe(502);
			expect(JSON.parse(problem)).toMatchObject({ code: 'camera_unauthorized' });
			expect(problem).not.toContain('CANARY');
		}
		await expect(WhepReceiver.join(`${url}/whep/cam`)).rejects.toThrow('camera_unauthorized');
		expect(cam.count('response', 401)).toBeLessThanOrEqual(2);
		expect(JSON.stringify(await streamInfo(url, 'cam'))).not.toContain('CANARY');
		expect(output()).not.toContain('CANARY');
	});
});
