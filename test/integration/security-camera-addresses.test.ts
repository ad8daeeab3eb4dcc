import { createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { CameraPlaces, isLocal } from '../../src/rtsp/client/camera-places.ts';
import { FAKE_SDP, FakeCamera, type FakeCameraScript, ok, status } from '../camera/fake-camera.ts';
import { FrontDoor, type FrontDoorOptions } from '../camera/front-door.ts';
import { Pull, rtspSource } from '../camera/pulled-source.ts';

const open: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of open.splice(0).reverse()) await close();
});

async function startCamera(script: FakeCameraScript = {}): Promise<FakeCamera> {
	const camera = await FakeCamera.start(script);
	open.push(() => camera.close());
	return camera;
}

/** Another host: nobody has any business there. */
async function trap(address = '127.0.0.2'): Promise<{ url: string; port: number; visits: () => number }> {
	let visits = 0;
	const server: Server = createServer((socket: Socket) => {
		visits++;
		socket.on('error', () => {}).destroy();
	});
	await new Promise<void>((resolve) => server.listen(0, address, resolve));
	open.push(() => new Promise((resolve) => server.close(resolve)));
	const { port } = server.address() as { port: number };
	return { url: `rtsp://${address}:${port}/x`, port, visits: () => visits };
}

/** Of this machine, and not a loopback one; undefined without a network. */
function networkAddress(): string | undefined {
	const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
	return interfaces.find(({ address, family }) => family === 'IPv4' && !isLocal(address))?.address;
}

const HERE = new CameraPlaces({ allowed: ['127.0.0.1'], local: false });

describe('S1: a camera that leads elsewhere', () => {
	it('is not followed to a host where no camera may be', async () => {
		const elsewhere = await trap();
		const camera = await startCamera({
			on: { DESCRIBE: (request) => status(request, 302, { Location: elsewhere.url }) },
		});
		const { outcome } = new Pull(rtspSource(camera.url, { places: HERE }));
		expect(await outcome).toMatchObject({ code: 'camera_disallowed', permanent: true });
		expect(elsewhere.visits()).toBe(0);
	});

	it.each(['169.254.169.254', '[::ffff:169.254.169.254]', '[64:ff9b::a9fe:a9fe]', '0xa9fea9fe', '2852039166'])(
		'is not followed to %s, whatever is configured',
		async (host) => {
			const places = new CameraPlaces({ allowed: [], local: true });
			const camera = await startCamera({
				on: { DESCRIBE: (request) => status(request, 301, { Location: `rtsp://${host}/latest/meta-data` }) },
			});
			const { outcome } = new Pull(rtspSource(camera.url, { places }));
			expect(await outcome).toMatchObject({ code: 'camera_disallowed' });
		},
	);

	it.for(
		(['tcp', 'http', 'websocket'] as const).flatMap((transport) =>
			['127.0.0.1', 'localhost'].map((host) => ({ transport, host })),
		),
	)('from the network to $host is not even called, by $transport', async ({ transport, host }, context) => {
		const outside = networkAddress();
		if (outside === undefined) return context.skip('this needs a network');
		const victim = await trap('127.0.0.1');
		const camera = await startCamera({
			on: { DESCRIBE: (request) => status(request, 302, { Location: `rtsp://${host}:${victim.port}/reboot?now=1` }) },
		});
		const door = await FrontDoor.open({ port: camera.port, host: outside });
		open.push(() => door.close());
		const error = await new Pull(rtspSource(door.url, { transport })).outcome;
		expect(error).toMatchObject({ code: 'camera_protocol' });
		expect(error?.message).toContain('it is not followed');
		expect(victim.visits()).toBe(0);
	});

	it('by its base, its controls and its transport is asked on its own connection all the same', async () => {
		const elsewhere = await trap();
		const base = elsewhere.url.replace(/x$/, '');
		const camera = await startCamera({
			on: {
				DESCRIBE: (request) =>
					ok(
						request,
						{ 'Content-Type': 'application/sdp', 'Content-Base': base, 'Content-Location': base },
						FAKE_SDP.replaceAll('a=control:', `a=control:${base}`).replace('t=0 0', `t=0 0\r\na=control:${base}`),
					),
				PLAY: (request) => ok(request, { Session: '12345678', 'RTP-Info': `url=${base}trackID=0;seq=1` }),
			},
		});
		new Pull(rtspSource(camera.url, { transport: 'tcp', places: HERE }));
		await camera.seen('PLAY');
		expect(camera.all('SETUP').map(({ uri }) => uri.startsWith(base))).toEqual([true, true]);
		expect(elsewhere.visits()).toBe(0);
	});
});

const askForPassword: FrontDoorOptions['judge'] = ({ headers }) =>
	headers.has('authorization')
		? undefined
		: 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="cam"\r\nConnection: close\r\n\r\n';

describe('S1: a name that changes its meaning', () => {
	/** The first answer is the right one, all others lead into a trap. */
	function rebinding(): { places: CameraPlaces; lookups: () => number } {
		let lookups = 0;
		const places = new CameraPlaces({ allowed: [], local: true });
		const lookup: CameraPlaces['lookup'] = (_name, options, callback) => {
			const address = lookups++ === 0 ? '127.0.0.1' : '127.0.0.2';
			if (options.all) callback(null, [{ address, family: 4 }]);
			else callback(null, address, 4);
		};
		Object.defineProperty(places, 'lookup', { value: lookup });
		return { places, lookups: () => lookups };
	}

	it.each(['http', 'websocket'] as const)('gets no password where it was not asked for, by %s', async (transport) => {
		const camera = await startCamera();
		const door = await FrontDoor.open({ port: camera.port, judge: askForPassword });
		open.push(() => door.close());
		const elsewhere = await trap();
		const { places, lookups } = rebinding();
		new Pull(
			rtspSource(`rtsp://name.example:${door.port}/cam`, { transport, places, username: 'u', password: 'CANARY' }),
		);
		await camera.seen('PLAY');
		expect(lookups()).toBe(1);
		expect(elsewhere.visits()).toBe(0);
	});

	it('gets no password where it was not asked for, by who closes when it has asked', async () => {
		const camera = await startCamera({
			on: {
				DESCRIBE(request, client) {
					if (request.headers.get('Authorization') !== undefined) return camera.answerWell(request, client);
					client.send(status(request, 401, { 'WWW-Authenticate': 'Basic realm="cam"' }));
					client.destroy();
					return undefined;
				},
			},
		});
		const elsewhere = await trap();
		const { places, lookups } = rebinding();
		const url = `rtsp://name.example:${camera.port}/cam`;
		new Pull(rtspSource(url, { transport: 'tcp', places, username: 'u', password: 'CANARY' }));
		await camera.seen('PLAY');
		expect([lookups(), camera.clients.length, elsewhere.visits()]).toEqual([1, 2, 0]);
	});

	it.each(['http', 'websocket'] as const)('may be one that is allowed by name, by %s', async (transport) => {
		const camera = await startCamera();
		const door = await FrontDoor.open({ port: camera.port, judge: askForPassword });
		open.push(() => door.close());
		const places = new CameraPlaces({ allowed: ['localhost'], local: false });
		const url = `rtsp://localhost:${door.port}/cam`;
		const started = new Pull(rtspSource(url, { transport, places, username: 'u', password: 'p' }));
		await Promise.race([camera.seen('PLAY'), started.outcome.then((error) => expect(error).toBeUndefined())]);
		await started.stop();
	});
});
