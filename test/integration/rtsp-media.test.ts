import { afterEach, describe, expect, it } from 'vitest';
import { buildSenderReport } from '../../src/media/rtp/rtcp-writer.ts';
import { buildRtp } from '../../src/media/rtp/rtp-writer.ts';
import type { SourceSink } from '../../src/stream/source.ts';
import { asked, FAKE_SDP, FakeCamera, type FakeCameraScript, interleaved, ok, status } from '../camera/fake-camera.ts';
import { Pull, rtspSource } from '../camera/pulled-source.ts';

const SSRC = 0x1234;
const PICTURE = FAKE_SDP.slice(FAKE_SDP.indexOf('m=video'), FAKE_SDP.indexOf('m=audio'));
const SOUND = FAKE_SDP.slice(FAKE_SDP.indexOf('m=audio'));
const SOUND_FIRST = FAKE_SDP.replace(PICTURE + SOUND, SOUND + PICTURE);
const REPORT = buildSenderReport(
	{ ssrc: SSRC, ntp: { seconds: 4e9, fraction: 0 }, rtpTimestamp: 1, packets: 1, octets: 1, blocks: [] },
	'camera',
);

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

async function startCamera(script: FakeCameraScript): Promise<FakeCamera> {
	const camera = await FakeCamera.start(script);
	closers.push(() => camera.close());
	return camera;
}

function pull(camera: FakeCamera, options: Parameters<typeof rtspSource>[1] = {}): Pull {
	const started = new Pull(rtspSource(camera.url, options));
	closers.push(() => started.stop());
	return started;
}

function packet(sequence: number, payloadType = 96, payload = Uint8Array.of(0x41, sequence)): Uint8Array {
	return buildRtp({ payloadType, marker: true, sequence, timestamp: sequence * 3000, ssrc: SSRC, payload });
}

/** The last number of each URL of a method. */
function controls(camera: FakeCamera, method: string): string[] {
	return camera.all(method).map(({ uri }) => uri.replace(/^.*=/, ''));
}

describe('SETUP', () => {
	it.each([403, 404, 415, 454, 461, 500])('of a sound that comes first may be refused with %i', async (code) => {
		const camera = await startCamera({
			sdp: SOUND_FIRST,
			on: { SETUP: (request, client) => (request.uri.endsWith('=1') ? status(request, code) : client.setUp(request)) },
		});
		const started = pull(camera);
		await Promise.race([started.sink.until(({ announcements }) => announcements.length === 1), started.outcome]);
		const [announced] = started.sink.announcements;
		expect(announced?.tracks.map(({ kind }) => kind)).toEqual(['video']);
		expect(announced?.skipped).toMatchObject([{ kind: 'audio', codec: 'pcma' }]);
		expect(announced?.skipped[0]?.reason).toContain(String(code));
		expect(camera.clients).toHaveLength(1);
	});

	it('is asked for the picture first, and the tracks keep their order', async () => {
		const camera = await startCamera({
			sdp: SOUND_FIRST,
			on: {
				PLAY(request, client) {
					client.send(ok(request));
					client.frame(0, packet(1));
					client.frame(2, packet(7, 8));
					return undefined;
				},
			},
		});
		const { sink } = pull(camera);
		await sink.until(({ packets }) => packets.length === 2);
		expect(controls(camera, 'SETUP')).toEqual(['0', '1']);
		expect(sink.announcements[0]?.tracks).toMatchObject([
			{ id: 0, kind: 'audio' },
			{ id: 1, kind: 'video' },
		]);
		expect([sink.sequences(0), sink.sequences(1)]).toEqual([[7], [1]]);
	});

	it('of the picture decides about the transport, wherever it stands', async () => {
		const camera = await startCamera({
			sdp: SOUND_FIRST,
			on: { SETUP: (request, client) => (request.uri.endsWith('=0') ? status(request, 461) : client.setUp(request)) },
		});
		const error = await pull(camera, { transport: 'tcp' }).outcome;
		expect(error).toMatchObject({ code: 'camera_unsupported', permanent: true });
		expect(controls(camera, 'SETUP')).toEqual(['0']);
	});

	it('of the sound decides about it when there is no picture', async () => {
		const camera = await startCamera({
			sdp: FAKE_SDP.replace(PICTURE, ''),
			on: {
				SETUP: (request, client) => (asked(request).lower === 'tcp' ? status(request, 461) : client.setUp(request)),
			},
		});
		const { sink } = pull(camera);
		await sink.until(({ announcements }) => announcements.length === 1);
		expect(sink.announcements[0]?.connection).toMatchObject({ transport: 'udp' });
	});

	it('of a sound that comes by another transport leaves the sound out', async () => {
		const camera = await startCamera({
			on: {
				SETUP(request, client) {
					if (request.uri.endsWith('=0')) return client.setUp(request);
					return ok(request, { Session: '12345678', Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' });
				},
			},
		});
		const started = pull(camera, { transport: 'udp' });
		await Promise.race([started.sink.until(({ announcements }) => announcements.length === 1), started.outcome]);
		const [announced] = started.sink.announcements;
		expect(announced?.tracks.map(({ kind }) => kind)).toEqual(['video']);
		expect(announced?.skipped).toMatchObject([{ kind: 'audio', codec: 'pcma' }]);
		expect(announced?.connection.reception?.(announced.tracks[0]?.id ?? -1)).toBeDefined();
		expect(announced?.connection.reception?.(1)).toBeUndefined();
	});
});

describe('what comes before everything is set up', () => {
	it('is passed over, and the first key picture is not lost for it, in each run', async () => {
		const camera = await startCamera({
			on: {
				SETUP(request, client) {
					if (request.uri.endsWith('=1')) {
						client.frame(1, REPORT);
						client.frame(0, packet(1));
					}
					return client.setUp(request);
				},
				PLAY(request, client) {
					client.frame(0, packet(2, 96, Uint8Array.of(0x65, 0x88)));
					return ok(request, { Session: '12345678' });
				},
			},
		});
		const source = rtspSource(camera.url);
		const events: string[] = [];
		for (const run of [1, 2]) {
			const abort = new AbortController();
			const sink: SourceSink = {
				onTracks: () => events.push(`tracks ${run}`),
				onPacket(_, { sequence }) {
					events.push(`packet ${sequence}`);
					abort.abort();
				},
				onSenderReport: () => events.push('report'),
			};
			await source.run(sink, abort.signal);
		}
		expect(events).toEqual(['tracks 1', 'packet 2', 'tracks 2', 'packet 2']);
	});
});

describe('a frame that is longer than said', () => {
	it('costs no other frame, whatever its rest looks like', async () => {
		// As if they were frames of 65,535 bytes: of other channels, and on ours what is never sent there.
		const lures = ['2405ffff8060', '24c8ffff80c8', '2400ffff8011', '2401ffff8061'];
		const rest = Uint8Array.from([1, 2, 3, ...Buffer.from(lures.join('010203'), 'hex')]);
		const long = interleaved(0, packet(2, 96, Uint8Array.from([0x41, ...rest])));
		new DataView(long.buffer).setUint16(2, long.length - 4 - rest.length);
		const camera = await startCamera({
			on: {
				PLAY(request, client) {
					client.send(ok(request, { Session: '12345678' }));
					client.frame(0, packet(1));
					client.send(long);
					for (let sequence = 3; sequence <= 6; sequence++) client.frame(0, packet(sequence));
					return undefined;
				},
			},
		});
		const { sink } = pull(camera);
		await sink.until(() => sink.sequences(0).includes(6), 5000);
		expect(sink.sequences(0)).toEqual([1, 2, 3, 4, 5, 6]);
	});
});
