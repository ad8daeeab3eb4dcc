import { afterEach, describe, expect, it } from 'vitest';
import { FakeCamera, type FakeCameraScript, status } from '../camera/fake-camera.ts';
import { CERTIFICATES, FINGERPRINT, FrontDoor } from '../camera/front-door.ts';
import { GstCamera } from '../camera/gst-camera.ts';
import { Pull, rtspSource } from '../camera/pulled-source.ts';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

/** A fake camera behind TLS. */
async function startCamera(script: FakeCameraScript = {}): Promise<{ camera: FakeCamera; door: FrontDoor }> {
	const camera = await FakeCamera.start(script);
	const door = await FrontDoor.open({ port: camera.port, tls: true });
	closers.push(
		() => camera.close(),
		() => door.close(),
	);
	return { camera, door };
}

function pull(url: string, options: Parameters<typeof rtspSource>[1] = {}): Pull {
	const started = new Pull(rtspSource(url, options));
	closers.push(() => started.stop());
	return started;
}

describe('a camera with a certificate nobody vouches for', () => {
	it('is not believed: the error tells the fingerprint and the key to set', async () => {
		const { camera, door } = await startCamera();
		const error = await pull(door.url.replace('//', '//user:CANARY@')).outcome;
		expect(error).toMatchObject({ code: 'camera_untrusted', permanent: true, facts: { fingerprint: FINGERPRINT } });
		expect(error?.message).toContain(`tls: { fingerprint: ${FINGERPRINT} }`);
		expect(camera.requests).toEqual([]);
		expect(JSON.stringify(error)).not.toContain('CANARY');
	});

	it('is believed by its fingerprint', async () => {
		const { camera, door } = await startCamera();
		const fingerprint = FINGERPRINT.toUpperCase().replace(/..(?=.)/g, '$&:');
		pull(door.url, { tls: { fingerprint } });
		await camera.seen('PLAY');
		expect(camera.all('DESCRIBE')[0]?.uri).toBe(door.url);
	});

	it('is not believed by the fingerprint of another one, and nothing is said to it', async () => {
		const { camera, door } = await startCamera();
		const error = await pull(door.url, { tls: { fingerprint: FINGERPRINT.replace('f', '0') } }).outcome;
		expect(error).toMatchObject({ code: 'camera_untrusted', permanent: true, facts: { fingerprint: FINGERPRINT } });
		expect(error?.message).toContain('another certificate');
		expect(camera.requests).toEqual([]);
	});

	it.each([
		['told so', 'rtsps', { tls: 'unchecked' }],
		['named rtspx', 'rtspx', {}],
	] as const)('is believed unchecked when %s', async (_, scheme, options) => {
		const { camera, door } = await startCamera();
		pull(door.url.replace('rtsps', scheme), options);
		await camera.seen('PLAY');
		expect(camera.all('DESCRIBE')[0]?.uri).toBe(door.url);
	});
});

describe('TLS', () => {
	it('is missed where the camera speaks plain RTSP', async () => {
		const camera = await FakeCamera.start();
		closers.push(() => camera.close());
		const error = await pull(camera.url.replace('rtsp:', 'rtsps:')).outcome;
		expect(error).toMatchObject({ permanent: false });
		expect(['camera_protocol', 'camera_closed', 'camera_timeout']).toContain(error?.code);
	});

	it('is never given up for UDP, which everybody can read', async () => {
		const { camera, door } = await startCamera({ on: { SETUP: (request) => status(request, 461) } });
		const error = await pull(door.url, { tls: 'unchecked' }).outcome;
		expect(error).toMatchObject({ code: 'camera_unsupported', permanent: true });
		expect(camera.all('SETUP')).toHaveLength(1);
	});

	it('is never given up for a redirection, and its exceptions are not taken along', async () => {
		const plain = await FakeCamera.start();
		closers.push(() => plain.close());
		const down = await startCamera({ on: { DESCRIBE: (request) => status(request, 302, { Location: plain.url }) } });
		const error = await pull(down.door.url, { tls: 'unchecked' }).outcome;
		expect(error).toMatchObject({ code: 'camera_protocol' });
		expect(error?.message).toContain('not encrypted');
		expect(plain.clients).toEqual([]);

		const other = await startCamera();
		const along = await startCamera({
			on: { DESCRIBE: (request) => status(request, 302, { Location: other.door.url }) },
		});
		expect(await pull(along.door.url, { tls: 'unchecked' }).outcome).toMatchObject({ code: 'camera_untrusted' });
		expect(other.camera.requests).toEqual([]);
	});
});

describe('a camera of gst-rtsp-server with TLS', () => {
	it.each(['none', 'digest'] as const)('is pulled by its fingerprint, with authorization %s', async (auth) => {
		const camera = await GstCamera.start({
			width: 320,
			height: 240,
			bitrate: 500,
			audio: 'alaw',
			tls: CERTIFICATES,
			auth,
		});
		closers.push(() => camera.stop('SIGKILL'));
		const started = pull(camera.urlAs('user', 'pass'), { tls: { fingerprint: FINGERPRINT } });
		await started.flowing(50);
		expect(started.sink.announcements[0]?.connection).toMatchObject({ transport: 'tcp' });
		await started.stop();
		await camera.seen('TEARDOWN');
	});
});
