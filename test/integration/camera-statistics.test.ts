import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import type { StreamStats } from '../../src/api/ports.ts';
import { streamStatsSchema } from '../../src/api/schemas.ts';
import { createStreamView } from '../../src/api/stream-view.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { StreamRegistry } from '../../src/stream/registry.ts';
import { asked, FakeCamera, type FakeCameraClient, ok } from '../camera/fake-camera.ts';
import { GstCamera } from '../camera/gst-camera.ts';
import { rtspSource } from '../camera/pulled-source.ts';
import { eventually } from '../e2e/harness/wait.ts';

const DEADLINE = 15_000;
const closers: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

/** A stream of the camera at `url`, as the API shows it. */
function streamOf(url: string, { transport = 'auto' as 'auto' | 'udp', stallTimeout = 60_000 } = {}) {
	const registry = new StreamRegistry();
	closers.push(() => registry.close());
	registry.add({
		id: 'cam',
		source: rtspSource(url, { transport }),
		onDemand: true,
		startTimeout: DEADLINE,
		closeAfter: 1_000,
		stallTimeout,
		backoff: { first: 200, cap: 400 },
		retryPause: { transient: 1_000, permanent: 30_000 },
		clock: systemClock,
		logger: silentLogger,
		random: Math.random,
	});
	const view = createStreamView({ registry, clock: systemClock, hls: undefined, webrtc: undefined });
	const stats = (): StreamStats => {
		const now = view.stats('cam');
		if (!now) throw new Error('no such stream');
		return streamStatsSchema.parse(now);
	};
	return { claim: () => registry.claim('cam'), stats, info: () => view.get('cam') };
}

/** An RTP packet of the fake camera's picture track: a key picture in one packet. */
function picture(sequence: number): Uint8Array {
	const packet = Buffer.alloc(12 + 4);
	packet.writeUInt8(0x80, 0);
	packet.writeUInt8(0x80 | 96, 1);
	packet.writeUInt16BE(sequence & 0xffff, 2);
	packet.writeUInt32BE((sequence * 3600) >>> 0, 4);
	packet.writeUInt32BE(7, 8);
	packet.set([0x65, 0x88, 0x84, 0x21], 12);
	return packet;
}

/** What a bad network makes of 400 packets around the wrap of the sequence numbers. */
function damage(): { sequences: number[]; lost: number; reordered: number; duplicate: number } {
	const sequences: number[] = [];
	const first = 0xff00;
	let [lost, reordered, duplicate] = [0, 0, 0];
	for (let index = 0; index < 400; index++) {
		if (index % 20 === 7) {
			lost++;
		} else if (index % 20 === 13) {
			// Swapped with the one after it.
			sequences.push(first + index + 1, first + index);
			index++;
			reordered++;
		} else {
			sequences.push(first + index);
			if (index % 20 === 3) {
				sequences.push(first + index);
				duplicate++;
			}
		}
	}
	return { sequences, lost, reordered, duplicate };
}

describe('the statistics of a camera', () => {
	it('count what the network lost, swapped and doubled over UDP', async () => {
		const media = createSocket('udp4');
		await new Promise<void>((resolve) => media.bind(0, '127.0.0.1', resolve));
		closers.push(() => media.close());
		const port = media.address().port;
		const targets: number[] = [];
		const camera = await FakeCamera.start({
			on: {
				SETUP: (request) => {
					const wanted = asked(request);
					const [rtp] = wanted.clientPort ?? [0];
					if (rtp === 0) return ok(request, {});
					targets.push(rtp);
					const transport = `RTP/AVP;unicast;client_port=${rtp}-${rtp + 1};server_port=${port}-${port + 1}`;
					return ok(request, { Session: '1', Transport: transport });
				},
			},
		});
		closers.push(() => camera.close());
		const stream = streamOf(camera.url, { transport: 'udp' });
		// Its parameter sets say nothing, so that nobody is let in: the camera runs for those who wait.
		stream.claim().catch(() => {});
		await camera.seen('PLAY');
		const { sequences, lost, reordered, duplicate } = damage();
		for (const sequence of sequences) await send(media, picture(sequence), targets[0] ?? 0);
		const stats = await eventually(
			stream.stats,
			({ packets_received }) => packets_received >= sequences.length,
			DEADLINE,
		);
		expect(stats.tracks[0]).toMatchObject({
			packets_received: sequences.length,
			packets_lost: lost,
			packets_reordered: reordered,
			packets_duplicate: duplicate,
		});
		expect(stats).toMatchObject({ packets_lost: lost, packets_reordered: reordered, packets_duplicate: duplicate });
	});

	it('never take a doubled or late packet over TCP for a turn of the sequence numbers', async () => {
		const camera = await FakeCamera.start();
		closers.push(() => camera.close());
		const stream = streamOf(camera.url);
		stream.claim().catch(() => {});
		await camera.seen('PLAY');
		const client: FakeCameraClient = camera.client;
		for (const sequence of [10, 11, 11, 10, 12, 9, 13]) client.frame(0, picture(sequence));
		const stats = await eventually(stream.stats, ({ packets_received }) => packets_received >= 7, DEADLINE);
		expect(stats.tracks[0]).toMatchObject({ packets_lost: 0, packets_duplicate: 2, packets_reordered: 1 });
	});

	it('show all there is to know of a real camera', async () => {
		const camera = await GstCamera.start({ video: 'high', audio: 'alaw', width: 320, height: 240, fps: 25, gop: 25 });
		closers.push(() => camera.stop('SIGKILL'));
		const stream = streamOf(camera.url);
		const lease = await stream.claim();
		const stats = await eventually(stream.stats, ({ gop_frames }) => gop_frames > 0, DEADLINE);
		expect(stats).toMatchObject({
			state: 'live',
			transport: 'tcp',
			server: expect.stringContaining('GStreamer'),
			gop_frames: 25,
			b_frames: false,
			packets_lost: 0,
			reconnects: 0,
		});
		expect(stats.gop_seconds).toBeCloseTo(1, 1);
		expect(stats.rtt_ms).toBeGreaterThan(0);
		expect(stats.first_packet_ms).toBeGreaterThan(0);
		expect(stats.first_key_frame_ms).toBeGreaterThanOrEqual(stats.first_packet_ms ?? Number.POSITIVE_INFINITY);
		expect(stats.last_key_frame_age_ms).toBeLessThan(5_000);
		const [video, audio] = stats.tracks;
		expect(video).toMatchObject({ kind: 'video', codec: 'h264', profile: 'High', width: 320, height: 240 });
		expect(audio).toMatchObject({ kind: 'audio', codec: 'pcma' });
		expect(audio?.jitter_ms).toBeGreaterThanOrEqual(0);
		expect(stats.outputs.map(({ verdict }) => verdict)).toContain('plays');
		expect(stream.info()?.tracks[0]).toMatchObject({ profile: 'High', level: expect.stringMatching(/^\d/) });
		lease.release();
	});

	it('name the track that a frozen camera stopped sending, and count its return', async () => {
		const camera = await GstCamera.start({ width: 320, height: 240, protocols: 'tcp' });
		closers.push(() => camera.stop('SIGKILL'));
		const stream = streamOf(camera.url, { stallTimeout: 1_500 });
		const lease = await stream.claim();
		await eventually(stream.stats, ({ frames_received }) => frames_received > 5, DEADLINE);
		camera.freeze();
		const frozen = await eventually(stream.stats, ({ last_error }) => last_error !== undefined, DEADLINE);
		expect(frozen.last_error).toMatchObject({
			code: 'camera_stalled',
			message: expect.stringMatching(/no picture \(h264\) for \d+ s/),
		});
		camera.thaw();
		const back = await eventually(stream.stats, ({ reconnects, state }) => reconnects > 0 && state === 'live', 30_000);
		expect(back.errors).toBeGreaterThan(0);
		lease.release();
	});
});

/** One datagram at a time: the system's own buffer drops none. */
function send(socket: Socket, bytes: Uint8Array, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		socket.send(bytes, port, '127.0.0.1', (failure) => {
			if (failure) reject(failure);
			else setImmediate(resolve);
		});
	});
}
