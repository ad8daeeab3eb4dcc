import { afterEach, expect, test } from 'vitest';
import { buildRtp } from '../../src/media/rtp/rtp-writer.ts';
import { FAKE_SDP, FakeCamera, type FakeCameraClient, ok, status } from '../camera/fake-camera.ts';
import { streamInfo, webRtcSessions } from './harness/api.ts';
import { startGateway } from './harness/gateway.ts';
import { eventually } from './harness/wait.ts';
import { WhepReceiver } from './harness/whep-receiver.ts';

const DEADLINE_MS = 20_000;
const PICTURE_MS = 100;
const close: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	for (const each of close.splice(0).reverse()) await each();
});

/** A camera that answers DESCRIBE when it is let, or not at all, and then sends key pictures. */
async function reluctantCamera() {
	const holder: { asked: number; answer: Promise<boolean> } = { asked: 0, answer: Promise.resolve(true) };
	const pictures = new Set<NodeJS.Timeout>();
	const send = (client: FakeCameraClient) => {
		let sequence = 0;
		const timer = setInterval(() => {
			if (client.closed) return clearInterval(timer);
			const payload = new Uint8Array(100).fill(0x88);
			payload[0] = 0x65;
			const timestamp = sequence * 90 * PICTURE_MS;
			client.frame(0, buildRtp({ payloadType: 96, marker: true, sequence: sequence++, timestamp, ssrc: 1, payload }));
		}, PICTURE_MS);
		pictures.add(timer);
	};
	const camera: FakeCamera = await FakeCamera.start({
		// With parameter sets of a whole picture, so that an offer can be answered by them.
		sdp: FAKE_SDP.replace('Z0LACtoQnkA=', 'Z0LAHtoCgPZA'),
		on: {
			DESCRIBE: async (request, client) => {
				holder.asked++;
				return (await holder.answer) ? camera.answerWell(request, client) : status(request, 404);
			},
			PLAY: (request, client) => {
				send(client);
				return ok(request, { Session: '12345678' });
			},
		},
	});
	close.push(async () => {
		for (const timer of pictures) clearInterval(timer);
		await camera.close();
	});
	return { camera, holder };
}

/** A gateway whose camera was watched by WebRTC and is closed again. */
async function watchedBefore(settings = '') {
	const { camera, holder } = await reluctantCamera();
	const gateway = await startGateway(`
webrtc: { udp_port: 0 }
on_demand: { close_after: 1s ${settings} }
streams: { cam: { source: "${camera.url}", transport: tcp } }
`);
	close.push(() => gateway.stop());
	const first = await WhepReceiver.join(`${gateway.url}/whep/cam`);
	await first.leave();
	await eventually(
		() => streamInfo(gateway.url, 'cam'),
		({ state }) => state === 'idle',
		DEADLINE_MS,
	);
	return { camera, holder, url: gateway.url, whep: `${gateway.url}/whep/cam` };
}

test('an offer is answered while the camera holds back DESCRIBE, and its media comes afterwards', async () => {
	const { camera, holder, url, whep } = await watchedBefore(', start_timeout: 30s');
	let describe: (well: boolean) => void = () => {};
	holder.answer = new Promise((resolve) => {
		describe = resolve;
	});
	let joined: Promise<WhepReceiver> | undefined;
	await new Promise<void>((resolve, reject) => {
		joined = WhepReceiver.join(whep, resolve);
		joined.catch(reject);
	});
	await eventually(
		() => webRtcSessions(url),
		([session]) => session?.state === 'connected',
		DEADLINE_MS,
	);
	expect((await streamInfo(url, 'cam')).state).toBe('starting');
	expect([holder.asked, camera.all('PLAY').length]).toEqual([2, 1]);
	describe(true);
	const viewer = await joined;
	expect((await streamInfo(url, 'cam')).state).toBe('live');
	expect(camera.all('PLAY')).toHaveLength(2);
	await viewer?.leave();
});

test('a session whose camera is gone ends, and the next offer is told why', async () => {
	const { holder, url, whep } = await watchedBefore();
	let describe: (well: boolean) => void = () => {};
	holder.answer = new Promise((resolve) => {
		describe = resolve;
	});
	const answered = new Promise<void>((resolve) => {
		WhepReceiver.join(whep, resolve).catch(() => {});
	});
	await answered;
	expect(await webRtcSessions(url)).toHaveLength(1);
	describe(false);
	await eventually(
		() => webRtcSessions(url),
		(sessions) => sessions.length === 0,
		DEADLINE_MS,
	);
	await expect(WhepReceiver.join(whep)).rejects.toThrow('camera_not_found');
	expect(holder.asked).toBe(2);
});
