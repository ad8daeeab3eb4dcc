import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { buildGoodbye, buildSenderReport } from '../../src/media/rtp/rtcp-writer.ts';
import type { RtpPacket } from '../../src/media/rtp/rtp.ts';
import { buildRtp } from '../../src/media/rtp/rtp-writer.ts';
import { serializeMessage } from '../../src/rtsp/message.ts';
import { asked, FAKE_SDP, FakeCamera, type FakeCameraScript, interleaved, ok, status } from '../camera/fake-camera.ts';
import { Pull, RecordingLogger, rtspSource } from '../camera/pulled-source.ts';
import { RecordingSink } from '../fakes/recording-sink.ts';

const SSRC = 0x1234;
const cameras: FakeCamera[] = [];
const pulls: Pull[] = [];

async function startCamera(script: FakeCameraScript = {}): Promise<FakeCamera> {
	const camera = await FakeCamera.start(script);
	cameras.push(camera);
	return camera;
}

function pull(camera: FakeCamera, options: Parameters<typeof rtspSource>[1] = {}): Pull {
	const started = new Pull(rtspSource(camera.url, options));
	pulls.push(started);
	return started;
}

afterEach(async () => {
	await Promise.all(cameras.splice(0).map((camera) => camera.close()));
	await Promise.all(pulls.splice(0).map((started) => started.stop()));
});

function picture(sequence: number, fields: Partial<RtpPacket> = {}): Uint8Array {
	return buildRtp({
		payloadType: 96,
		marker: true,
		sequence,
		timestamp: sequence * 3000,
		ssrc: SSRC,
		payload: Uint8Array.of(0x41, sequence),
		...fields,
	});
}

async function openUdp(address: string): Promise<Socket> {
	const socket = createSocket('udp4');
	await new Promise<void>((resolve) => socket.bind(0, address, resolve));
	return socket;
}

function report(ssrc = SSRC): Uint8Array {
	const ntp = { seconds: 4_000_000_000, fraction: 0 };
	return buildSenderReport({ ssrc, ntp, rtpTimestamp: 9000, packets: 1, octets: 1, blocks: [] }, 'camera');
}

describe('interleaved media', () => {
	it('is delivered when it comes before the answer to PLAY', async () => {
		const camera = await startCamera({
			on: {
				PLAY(request, client) {
					client.frame(1, report());
					client.frame(0, picture(1));
					client.frame(0, picture(2));
					return ok(request, { Session: '12345678' });
				},
			},
		});
		const { sink } = pull(camera);
		await sink.until(() => sink.sequences(0).length === 2);
		expect(sink.sequences(0)).toEqual([1, 2]);
		expect(sink.reports).toHaveLength(1);
		expect(sink.announcements).toHaveLength(1);
	});

	it('survives garbage, unknown channels and junk between its frames', async () => {
		const camera = await startCamera({
			on: {
				PLAY(request, client) {
					client.send(ok(request));
					client.frame(0, picture(1));
					client.send('\r\n');
					client.frame(0, picture(2));
					client.send('noise $ RTSP noise');
					client.frame(0, picture(3));
					client.frame(200, picture(100));
					client.frame(0, Uint8Array.of(1, 2, 3));
					client.frame(1, Uint8Array.of(0x80, 200, 0xff, 0xff, 1));
					client.frame(0, picture(101, { payloadType: 50 }));
					client.frame(0, new Uint8Array(65_535));
					client.frame(0, picture(4));
					return undefined;
				},
			},
		});
		const { sink } = pull(camera);
		await sink.until(() => sink.sequences(0).includes(4));
		expect(sink.sequences(0)).toEqual([1, 2, 3, 4]);
	});

	it('is understood wherever the stream is cut', async () => {
		const camera = await startCamera({
			on: {
				async PLAY(request, client) {
					const parts = [serializeMessage(ok(request)), interleaved(0, picture(1)), interleaved(1, report())];
					for (const part of [...parts, interleaved(0, picture(2))]) await client.sendByteByByte(part);
					return undefined;
				},
			},
		});
		const { sink } = pull(camera);
		await sink.until(() => sink.sequences(0).length === 2);
		expect(sink.reports).toHaveLength(1);
	});

	it('comes on the channels of the answer, and its reports go back there', async () => {
		const camera = await startCamera({
			on: {
				SETUP(request) {
					const first = request.uri.endsWith('trackID=0') ? 10 : 20;
					return ok(request, {
						Session: '        708345999; timeout=60',
						Transport: `RTP/AVP/TCP;ssrc=   D93FF;unicast;interleaved=${first}-${first + 1}`,
					});
				},
				PLAY(request, client) {
					client.frame(0, picture(100));
					client.frame(10, picture(1));
					client.frame(20, picture(7, { payloadType: 8 }));
					return ok(request);
				},
			},
		});
		const { sink } = pull(camera);
		await sink.until(() => sink.packets.length === 2);
		expect([sink.sequences(0), sink.sequences(1)]).toEqual([[1], [7]]);
		await camera.until(() => (camera.clients[0]?.frames.length ?? 0) >= 2);
		expect(camera.client.frames.map(({ channel }) => channel).sort()).toEqual([11, 21]);
		expect(camera.all('PLAY')[0]?.headers.get('Session')).toBe('708345999');
	}, 20_000);

	it.each([
		['names UDP', 'RTP/AVP/UDP;unicast;client_port=5000-5001'],
		['names the same channels for every track', 'RTP/AVP/TCP;unicast;interleaved=0-1'],
		['is missing', ''],
	])('comes on the channels asked for when the Transport of the answer %s', async (_, transport) => {
		const camera = await startCamera({
			on: {
				SETUP: (request) => ok(request, { Session: '1', Transport: transport }),
				PLAY(request, client) {
					client.frame(0, picture(1));
					client.frame(2, picture(7, { payloadType: 8 }));
					return ok(request);
				},
			},
		});
		const { sink } = pull(camera);
		await sink.until(() => sink.packets.length === 2);
		expect([sink.sequences(0), sink.sequences(1)]).toEqual([[1], [7]]);
	});

	it('ends when the camera says goodbye for its picture, not for another source', async () => {
		const camera = await startCamera({
			on: {
				PLAY(request, client) {
					client.frame(0, picture(1));
					client.frame(1, buildGoodbye(SSRC + 1, 'other'));
					client.frame(0, picture(2));
					client.frame(1, buildGoodbye(SSRC, 'camera'));
					return ok(request);
				},
			},
		});
		const started = pull(camera);
		expect(await started.outcome).toBeUndefined();
		expect(started.sink.sequences(0)).toEqual([1, 2]);
		expect(camera.methods.at(-1)).toBe('TEARDOWN');
	});
});

describe('the dialogue', () => {
	it('goes on without OPTIONS, Content-Type and CSeq, and asks as RFC 2326 says', async () => {
		const camera = await startCamera({
			on: {
				OPTIONS: (request) => status(request, 401),
				DESCRIBE: () => `RTSP/1.0 200\r\ncontent-length:${FAKE_SDP.length}\r\n\r\n${FAKE_SDP}`,
				PLAY(request, client) {
					client.send('RTSP/1.0 454 Session Not Found\r\nCSeq: 999\r\n\r\n');
					client.frame(0, picture(1));
					return `RTSP/1.0 200 OK\r\nCseq: ${request.headers.get('CSeq')} \r\nRTP-Info: url=;seq=0;\r\n\r\n`;
				},
			},
		});
		const { sink } = pull(camera);
		await sink.until(() => sink.packets.length === 1);
		expect(camera.methods).toEqual(['OPTIONS', 'DESCRIBE', 'SETUP', 'SETUP', 'PLAY']);
		expect(camera.requests.map(({ uri }) => uri.replace(camera.url, ''))).toEqual([
			'',
			'',
			'/trackID=0',
			'/trackID=1',
			'',
		]);
		for (const request of camera.requests) expect(request.headers.get('User-Agent')).toBe('dualcast-test');
		expect(camera.all('DESCRIBE')[0]?.headers.get('Accept')).toBe('application/sdp');
		expect(camera.all('PLAY')[0]?.headers.get('Range')).toBe('npt=0-');
	});

	it('keeps the session alive at half its timeout, whatever the camera answers', async () => {
		const camera = await startCamera({
			on: {
				SETUP: (request) => ok(request, { Session: 'a1;timeout=1', Transport: request.headers.get('Transport') ?? '' }),
				GET_PARAMETER: (request) => status(request, 501),
				PLAY(request, client) {
					client.frame(0, picture(1));
					return ok(request);
				},
			},
		});
		pull(camera);
		await camera.seen('GET_PARAMETER');
		// The method is not known: from then on it is OPTIONS.
		await camera.seen('OPTIONS', 3);
		expect(camera.all('GET_PARAMETER')).toHaveLength(1);
		expect(camera.all('GET_PARAMETER')[0]?.headers.get('Session')).toBe('a1');
		expect(camera.all('PLAY')).toHaveLength(1);
	});

	it('ends when the camera says that the session is gone', async () => {
		const camera = await startCamera({
			on: {
				SETUP: (request) => ok(request, { Session: 'a1;timeout=1', Transport: request.headers.get('Transport') ?? '' }),
				GET_PARAMETER: (request) => status(request, 454),
			},
		});
		expect(await pull(camera).outcome).toMatchObject({ code: 'camera_closed', permanent: false });
	});

	it('answers requests of the camera', async () => {
		const camera = await startCamera({
			on: {
				PLAY(request, client) {
					client.send('OPTIONS * RTSP/1.0\r\nCSeq: 5\r\n\r\nREDIRECT * RTSP/1.0\r\nCSeq: 6\r\n\r\n');
					return ok(request);
				},
			},
		});
		pull(camera);
		await camera.until(() => camera.clients[0]?.responses.length === 2);
		expect(camera.client.responses.map((one) => [one.status, one.headers.get('CSeq')])).toEqual([
			[200, '5'],
			[501, '6'],
		]);
	});

	it('leaves out a track that is refused', async () => {
		const camera = await startCamera({
			on: {
				SETUP: (request, client) => (request.uri.endsWith('=1') ? status(request, 500) : client.setUp(request)),
			},
		});
		const { sink } = pull(camera);
		await sink.until(() => sink.announcements.length === 1);
		expect(sink.announcements[0]?.tracks.map(({ kind }) => kind)).toEqual(['video']);
		expect(sink.announcements[0]?.skipped).toMatchObject([{ kind: 'audio', codec: 'pcma' }]);
	});

	it('plays each track when the camera allows no aggregate', async () => {
		const camera = await startCamera({
			on: { PLAY: (request) => (request.uri.includes('trackID') ? ok(request) : status(request, 459)) },
		});
		const { sink } = pull(camera);
		await sink.until(() => sink.announcements.length === 1);
		expect(camera.all('PLAY')).toHaveLength(3);
	});

	it('says goodbye when it is stopped in the middle of SETUP', async () => {
		const camera = await startCamera({
			on: {
				async SETUP(request, client) {
					void started.stop();
					await new Promise((resolve) => setImmediate(resolve));
					return client.setUp(request);
				},
			},
		});
		const started = pull(camera);
		expect(await started.outcome).toBeUndefined();
		expect(camera.methods).toEqual(['OPTIONS', 'DESCRIBE', 'SETUP', 'TEARDOWN']);
	});
});

describe('UDP', () => {
	it('is tried on a new connection after 461, with packets put in order and strangers ignored', async () => {
		const media = await openUdp('127.0.0.1');
		const stranger = await openUdp('127.0.0.2');
		const { port } = media.address();
		const punched = new Promise<void>((resolve) => media.once('message', () => resolve()));
		let target = 0;
		const camera = await startCamera({
			on: {
				SETUP(request) {
					const { lower, clientPort = [0, 0] } = asked(request);
					if (lower === 'tcp') return status(request, 461);
					if (request.uri.endsWith('=0')) target = clientPort[0];
					const ports = `client_port=${clientPort.join('-')};server_port=${port}-${port}`;
					return ok(request, { Session: '1', Transport: `RTP/AVP;unicast;${ports};source=` });
				},
				async PLAY(request) {
					await punched;
					await new Promise((resolve) => stranger.send(picture(99), target, '127.0.0.1', resolve));
					for (const sequence of [1, 3, 2, 2, 4]) media.send(picture(sequence), target, '127.0.0.1');
					return ok(request);
				},
			},
		});
		const { sink } = pull(camera);
		await sink.until(() => sink.sequences(0).length === 4);
		expect(sink.sequences(0)).toEqual([1, 2, 3, 4]);
		expect(camera.clients).toHaveLength(2);
		expect(camera.all('DESCRIBE')).toHaveLength(2);
		expect(target % 2).toBe(0);
		media.close();
		stranger.close();
	});

	it('that stays silent is named as the cause', async () => {
		const camera = await startCamera({
			on: {
				SETUP: (request, client) => (asked(request).lower === 'tcp' ? status(request, 461) : client.setUp(request)),
			},
		});
		const started = pull(camera);
		const error = await started.outcome;
		expect(error).toMatchObject({ code: 'camera_timeout', permanent: false });
		expect(error?.message).toContain('UDP');
		expect(camera.methods.at(-1)).toBe('TEARDOWN');
	});

	it('is not tried when TCP is wanted', async () => {
		const camera = await startCamera({ on: { SETUP: (request) => status(request, 461) } });
		const error = await pull(camera, { transport: 'tcp' }).outcome;
		expect(error).toMatchObject({ code: 'camera_unsupported', permanent: true });
		expect(camera.all('SETUP')).toHaveLength(1);
	});

	it('is not tried after a refused password', async () => {
		const camera = await startCamera({
			on: { SETUP: (request) => status(request, 401, { 'WWW-Authenticate': 'Basic realm="x"' }) },
		});
		const error = await pull(camera, { username: 'u', password: 'p' }).outcome;
		expect(error).toMatchObject({ code: 'camera_unauthorized', permanent: true });
		expect(camera.all('SETUP')).toHaveLength(2);
		expect(camera.clients).toHaveLength(1);
	});
});

describe('redirection', () => {
	it('is followed, and the password stays behind', async () => {
		const other = await startCamera({
			on: { DESCRIBE: (request) => status(request, 401, { 'WWW-Authenticate': 'Basic realm="x"' }) },
		});
		const camera = await startCamera({
			on: { DESCRIBE: (request) => status(request, 302, { Location: other.url }) },
		});
		const error = await pull(camera, { username: 'u', password: 'CANARY' }).outcome;
		expect(error).toMatchObject({ code: 'camera_unauthorized' });
		expect(other.all('DESCRIBE')).toHaveLength(1);
		expect(other.requests.every((request) => request.headers.get('Authorization') === undefined)).toBe(true);
	});

	it('leaves no connection behind', async () => {
		const other = await startCamera();
		const camera = await startCamera({
			on: { DESCRIBE: (request) => status(request, 302, { Location: other.url }) },
		});
		pull(camera);
		await other.seen('PLAY');
		await camera.until(() => camera.client.closed);
		expect([camera.clients.length, other.client.closed]).toEqual([1, false]);
	});

	it('in a circle ends', async () => {
		const camera = await startCamera({
			on: { DESCRIBE: (request) => status(request, 301, { Location: request.uri }) },
		});
		expect(await pull(camera).outcome).toMatchObject({ code: 'camera_protocol' });
		expect(camera.all('DESCRIBE')).toHaveLength(6);
	});

	it('to what is no camera ends', async () => {
		const camera = await startCamera({
			on: { DESCRIBE: (request) => status(request, 302, { Location: 'http://127.0.0.1/' }) },
		});
		expect(await pull(camera).outcome).toMatchObject({ code: 'camera_protocol', permanent: false });
	});
});

describe('what a camera calls itself', () => {
	it.each([
		['Hipcam RealServer/V1.0', undefined, 'Hipcam RealServer/V1.0'],
		[undefined, ' by OPTIONS ', 'by OPTIONS'],
		['by DESCRIBE', 'by OPTIONS', 'by DESCRIBE'],
		[`${'x'.repeat(79)}yz`, undefined, `${'x'.repeat(79)}y`],
		['\u001b[31mred\u0007 \u00e9', undefined, '[31mred'],
		[undefined, undefined, undefined],
		['\u0001', undefined, undefined],
	])('%j and %j is told as %j', async (describes, options, told) => {
		const server = (name: string | undefined): Record<string, string> => (name === undefined ? {} : { Server: name });
		const camera = await startCamera({
			on: {
				OPTIONS: (request) => ok(request, server(options)),
				DESCRIBE: (request) => ok(request, server(describes), FAKE_SDP),
			},
		});
		const { sink } = pull(camera);
		await sink.until(({ announcements }) => announcements.length === 1);
		expect(sink.announcements[0]?.connection.server).toBe(told);
	});
});

describe('a hostile camera', () => {
	it.each([
		['endless headers', `RTSP/1.0 200 OK\r\n${'X: y\r\n'.repeat(20_000)}`],
		['a header of a megabyte', `RTSP/1.0 200 OK\r\nX: ${'x'.repeat(1 << 20)}`],
		['a huge body', 'RTSP/1.0 200 OK\r\nContent-Length: 4000000000\r\n\r\n'],
		['a negative body', 'RTSP/1.0 200 OK\r\nContent-Length: -5\r\n\r\n'],
		['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
		['no media', 'RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n'],
	])('with %s ends its own run', async (_, text) => {
		const camera = await startCamera({ on: { DESCRIBE: () => text } });
		expect(await pull(camera).outcome).toMatchObject({ code: 'camera_protocol' });
	});

	it('with a body that never comes ends in time', async () => {
		const camera = await startCamera({
			on: {
				DESCRIBE: (request) => `RTSP/1.0 200 OK\r\nCSeq: ${request.headers.get('CSeq')}\r\nContent-Length: 9\r\n\r\n`,
			},
		});
		const error = await pull(camera, { responseTimeout: 200 }).outcome;
		expect(error).toMatchObject({ code: 'camera_timeout' });
	});

	it('never sees a password that it did not ask for, and no log does', async () => {
		const logger = new RecordingLogger();
		const camera = await startCamera({
			on: { DESCRIBE: (request) => status(request, 404, { 'X-Echo': request.uri }) },
		});
		const url = camera.url.replace('rtsp://', 'rtsp://user:CANARY@');
		const source = rtspSource(url, { logger });
		const error = await new Pull(source).outcome;
		expect(error).toMatchObject({ code: 'camera_not_found' });
		expect(source.label).toBe(camera.url);
		const seen = camera.requests.map((request) => new TextDecoder().decode(serializeMessage(request))).join();
		expect(seen + logger.lines.join() + error?.message + JSON.stringify(error?.facts)).not.toContain('CANARY');
	});
});

describe('no camera', () => {
	it('is refused at once', async () => {
		const camera = await FakeCamera.start();
		const { url } = camera;
		await camera.close();
		expect(await new Pull(rtspSource(url)).outcome).toMatchObject({ code: 'camera_refused', permanent: false });
	});

	it('is not asked at all when the run is over before it starts', async () => {
		const camera = await startCamera();
		const controller = new AbortController();
		controller.abort();
		await rtspSource(camera.url).run(new RecordingSink(), controller.signal);
		expect(camera.clients).toHaveLength(0);
	});

	it('is refused at every address of its name', async () => {
		const camera = await FakeCamera.start();
		const url = camera.url.replace('127.0.0.1', 'localhost');
		await camera.close();
		expect(await new Pull(rtspSource(url)).outcome).toMatchObject({ code: 'camera_refused' });
	});

	it('is unknown by name', async () => {
		const error = await new Pull(rtspSource('rtsp://camera.invalid/')).outcome;
		expect(error).toMatchObject({ code: 'camera_unreachable' });
	});

	it.each(['http://camera/', 'rtsp://', 'rtsp://camera:99999/', 'camera'])('has the URL %s', async (url) => {
		const error = await new Pull(rtspSource(url)).outcome;
		expect(error).toMatchObject({ code: 'camera_unsupported', permanent: true });
	});
});
