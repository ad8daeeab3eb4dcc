import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { buildRtp } from '../../src/media/rtp/rtp-writer.ts';
import { FAKE_SDP, FakeCamera, ok, status } from '../camera/fake-camera.ts';
import { GstCamera } from '../camera/gst-camera.ts';
import { Pull, rtspSource } from '../camera/pulled-source.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

/** Of the range for documentation (RFC 6676). */
const GROUP = '233.252.0.77';
const PICTURE_ONLY = FAKE_SDP.slice(0, FAKE_SDP.indexOf('m=audio'));

const closers: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

function picture(sequence: number): Uint8Array {
	const payload = Uint8Array.of(0x41, sequence);
	return buildRtp({ payloadType: 96, marker: true, sequence, timestamp: sequence * 3000, ssrc: 7, payload });
}

/** A sender to groups on the loopback interface. */
async function openSender(address: string): Promise<Socket> {
	const socket = createSocket('udp4');
	await new Promise<void>((resolve) => socket.bind(0, address, resolve));
	socket.setMulticastInterface('127.0.0.1');
	socket.setMulticastLoopback(true);
	closers.push(() => socket.close());
	return socket;
}

/** An even port that was free a moment ago, and the next one. */
async function freePorts(): Promise<number> {
	for (;;) {
		const socket = createSocket('udp4');
		await new Promise<void>((resolve) => socket.bind(0, resolve));
		const { port } = socket.address();
		await new Promise<void>((resolve) => socket.close(resolve));
		if (port % 2 === 0) return port;
	}
}

function answer(transport: string): (port: number) => string {
	return (port) => `RTP/AVP;${transport}`.replace('PORT', `${port}-${port + 1}`);
}

async function startCamera(transport: (port: number) => string): Promise<{ camera: FakeCamera; port: number }> {
	const port = await freePorts();
	const camera = await FakeCamera.start({
		sdp: PICTURE_ONLY,
		on: { SETUP: (request) => ok(request, { Session: '1;timeout=60', Transport: transport(port) }) },
	});
	closers.push(() => camera.close());
	return { camera, port };
}

function pull(url: string, clock: Clock = systemClock): Pull {
	const started = new Pull(rtspSource(url, { transport: 'multicast', clock }));
	closers.push(() => started.stop());
	return started;
}

describe('multicast', () => {
	it('is received from the group the camera names, in order, and only from the camera', async () => {
		const { camera, port } = await startCamera(answer(`multicast;destination=${GROUP};port=PORT;ttl=1`));
		const media = await openSender('127.0.0.1');
		const stranger = await openSender('127.0.0.2');
		const { sink } = pull(camera.url);
		await camera.seen('PLAY');
		expect(camera.all('SETUP')[0]?.headers.get('Transport')).toBe('RTP/AVP;multicast');
		await new Promise((resolve) => stranger.send(picture(99), port, GROUP, resolve));
		for (const sequence of [1, 3, 2, 2, 4]) media.send(picture(sequence), port, GROUP);
		await sink.until(() => sink.sequences(0).length === 4);
		expect(sink.sequences(0)).toEqual([1, 2, 3, 4]);
		expect(sink.announcements[0]?.connection).toMatchObject({ transport: 'multicast' });
	});

	it('is received from the source the camera names, by several at once', async () => {
		const { camera, port } = await startCamera(
			answer(`multicast;destination=${GROUP};source=127.0.0.3;port=PORT;ttl=1`),
		);
		const media = await openSender('127.0.0.3');
		const pulls = [pull(camera.url), pull(camera.url)];
		await camera.seen('PLAY', 2);
		media.send(picture(1), port, GROUP);
		for (const { sink } of pulls) await sink.until(() => sink.sequences(0).length === 1);
	});

	it.each([
		['one receiver', 'unicast;client_port=5000-5001', 'one receiver'],
		['a group that is none', 'multicast;destination=192.0.2.1;port=5000-5001', 'no multicast group'],
		['no group', 'multicast;port=5000-5001', 'no multicast group'],
		['no port', `multicast;destination=${GROUP}`, 'no port'],
		['a port of the system', `multicast;destination=${GROUP};port=53-54`, 'no port'],
	])('ends with a clear error when the camera names %s', async (_, transport, words) => {
		const { camera } = await startCamera(answer(transport));
		const error = await pull(camera.url).outcome;
		expect(error).toMatchObject({ code: 'camera_unsupported', permanent: true });
		expect(error?.message).toContain(words);
		expect(camera.methods.at(-1)).toBe('TEARDOWN');
	});

	it('that the camera does not offer is named as the cause', async () => {
		const camera = await FakeCamera.start({ on: { SETUP: (request) => status(request, 461) } });
		closers.push(() => camera.close());
		const error = await pull(camera.url).outcome;
		expect(error).toMatchObject({ code: 'camera_unsupported', permanent: true });
		expect(error?.message).toContain('does not offer multicast');
	});

	it('that stays silent is named as the cause', async () => {
		const { camera } = await startCamera(answer(`multicast;destination=${GROUP};port=PORT;ttl=1`));
		const clock = new VirtualClock();
		const { sink, outcome } = pull(camera.url, clock);
		await sink.until(() => sink.announcements.length === 1);
		await clock.advance(8000);
		const error = await outcome;
		expect(error).toMatchObject({ code: 'camera_timeout', permanent: false });
		expect(error?.message).toContain('IGMP');
	});

	it('is received from gst-rtsp-server', async (context) => {
		// It does not share the ports of its groups with a listener of the same machine: it gets a network of its own.
		const network = openNetwork();
		if (network === undefined) return context.skip('this needs the right to make network interfaces');
		closers.push(network.close);
		const { name, address } = network;
		const options = { width: 320, height: 240, bitrate: 500, audio: 'alaw', protocols: 'multicast', address } as const;
		const camera = await GstCamera.start(options, name);
		closers.push(() => camera.stop('SIGKILL'));
		const started = pull(camera.url);
		await started.flowing(30);
		await started.sink.until(({ reports }) => reports.length > 0);
		await started.stop();
		await camera.seen('TEARDOWN');
	});
});

/** Another network with a cable to this one; undefined where that is not allowed. */
function openNetwork(): { name: string; address: string; close(): void } | undefined {
	const name = `camera-${process.pid}`;
	const [here, there] = [`c${process.pid}a`, `c${process.pid}b`];
	const run = (line: string) => spawnSync('ip', line.split(' ')).status === 0;
	if (!run(`netns add ${name}`)) return undefined;
	const close = () => void run(`netns del ${name}`);
	const laid =
		run(`link add ${here} type veth peer name ${there}`) &&
		run(`link set ${there} netns ${name}`) &&
		run(`addr add 198.51.100.1/30 dev ${here}`) &&
		run(`link set ${here} up`) &&
		run(`-n ${name} addr add 198.51.100.2/30 dev ${there}`) &&
		run(`-n ${name} link set ${there} up`) &&
		run(`-n ${name} route add default dev ${there}`);
	if (laid) return { name, address: '198.51.100.2', close };
	close();
	return undefined;
}
