import { afterEach, describe, expect, it } from 'vitest';
import { buildGoodbye } from '../../src/media/rtp/rtcp-writer.ts';
import { buildRtp } from '../../src/media/rtp/rtp-writer.ts';
import {
	type Answer,
	FakeCamera,
	type FakeCameraClient,
	type FakeCameraScript,
	ok,
	status,
} from '../camera/fake-camera.ts';
import { Pull, rtspSource } from '../camera/pulled-source.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

const SSRC = 0x1234;
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

async function startCamera(on: FakeCameraScript['on'] = {}, sdp?: string): Promise<FakeCamera> {
	const camera = await FakeCamera.start({ on, ...(sdp !== undefined && { sdp }) });
	closers.push(() => camera.close());
	return camera;
}

function pull(camera: FakeCamera, options: Parameters<typeof rtspSource>[1] = {}): Pull {
	const started = new Pull(rtspSource(camera.url, options));
	closers.push(() => started.stop());
	return started;
}

function packet(sequence: number, payloadType: number, ssrc = SSRC): Uint8Array {
	const payload = Uint8Array.of(0x41, sequence);
	return buildRtp({ payloadType, marker: true, sequence, timestamp: sequence * 3000, ssrc, payload });
}

/** A session that a camera forgets after a second of silence. */
const brief: Answer = (request) =>
	ok(request, { Session: 'a1;timeout=1', Transport: request.headers.get('Transport') ?? '' });
const publish =
	(methods: string): Answer =>
	(request) =>
		ok(request, { Public: methods });

describe('OPTIONS', () => {
	it.each([401, 404, 501])('may be refused with %i', async (code) => {
		const camera = await startCamera({ OPTIONS: (request) => status(request, code) });
		pull(camera);
		await camera.seen('PLAY');
	});

	it('may stay without an answer, even when one comes late', async () => {
		const camera = await startCamera({
			OPTIONS: () => undefined,
			DESCRIBE(request, client) {
				client.send('RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n');
				return camera.answerWell(request, client);
			},
		});
		pull(camera, { responseTimeout: 300 });
		await camera.seen('PLAY');
	});
});

describe('keep-alive', () => {
	it.each([
		['GET_PARAMETER', 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER'],
		['OPTIONS', 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, SET_PARAMETER'],
	])('is %s when the camera knows %s', async (method, methods) => {
		const camera = await startCamera({ SETUP: brief, OPTIONS: publish(methods) });
		pull(camera);
		await camera.seen('PLAY');
		const before = camera.all(method).length;
		await camera.seen(method, before + 2);
		expect(camera.all(method).at(-1)?.headers.get('Session')).toBe('a1');
		expect(camera.all(method === 'OPTIONS' ? 'GET_PARAMETER' : 'SET_PARAMETER')).toEqual([]);
	});

	it('that is refused is followed by OPTIONS at once, not half a timeout later', async () => {
		const camera = await startCamera({ GET_PARAMETER: (request) => status(request, 403) });
		const clock = new VirtualClock();
		const { sink } = pull(camera, { clock });
		await sink.until(({ announcements }) => announcements.length === 1);
		await clock.advance(29_999);
		expect(camera.all('GET_PARAMETER')).toEqual([]);
		await clock.advance(1);
		await camera.seen('OPTIONS', 2);
		await clock.advance(30_000);
		await camera.seen('OPTIONS', 3);
		expect(camera.all('GET_PARAMETER')).toHaveLength(1);
	});

	it('does not tell a password that was refused time after time', async () => {
		let changed = false;
		const challenge: Answer = (request, client) => {
			const known = request.headers.get('Authorization') !== undefined && !changed;
			if (known) return request.method === 'SETUP' ? brief(request, client) : camera.answerWell(request, client);
			return status(request, 401, { 'WWW-Authenticate': `Digest realm="r", nonce="${camera.requests.length}"` });
		};
		const camera: FakeCamera = await startCamera({
			DESCRIBE: challenge,
			SETUP: challenge,
			GET_PARAMETER: challenge,
			TEARDOWN: challenge,
		});
		const started = pull(camera, { username: 'u', password: 'p' });
		await camera.seen('PLAY');
		changed = true;
		const before = camera.requests.length;
		await camera.until(() => camera.requests.length >= before + 5);
		expect(await started.stop()).toBeUndefined();
		const told = camera.requests.slice(before).filter(({ headers }) => headers.get('Authorization') !== undefined);
		expect(told.map(({ method }) => method)).toEqual(['GET_PARAMETER', 'GET_PARAMETER']);
	});

	it('may stay without an answer as long as media comes', async () => {
		const send: Answer = (_, client) => void client.frame(0, packet(camera.requests.length, 96));
		let told = false;
		const camera: FakeCamera = await startCamera({
			SETUP: brief,
			GET_PARAMETER: send,
			OPTIONS(request, client) {
				if (told) return send(request, client);
				told = true;
				return camera.answerWell(request, client);
			},
		});
		const started = pull(camera, { responseTimeout: 200 });
		await camera.seen('OPTIONS', 4);
		await started.sink.until(({ packets }) => packets.length >= 3);
		expect(await started.stop()).toBeUndefined();
	});

	it('without an answer and without media ends the run: the connection is half open', async () => {
		const camera = await startCamera({ SETUP: brief, GET_PARAMETER: () => undefined });
		const error = await pull(camera, { responseTimeout: 200 }).outcome;
		expect(error).toMatchObject({ code: 'camera_timeout', permanent: false });
		expect(error?.message).toContain('not even an answer');
	});
});

describe('a session that is gone', () => {
	it.each(['SETUP', 'PLAY', 'GET_PARAMETER'])('says so with 454 to %s: the next run has a new one', async (method) => {
		let gone = true;
		const camera = await startCamera({
			SETUP: (request, client) => (gone && method === 'SETUP' ? status(request, 454) : brief(request, client)),
			[method]: (request: Parameters<Answer>[0], client: FakeCameraClient) => {
				if (gone) return status(request, 454);
				return method === 'SETUP' ? brief(request, client) : camera.answerWell(request, client);
			},
		});
		const source = rtspSource(camera.url);
		expect(await new Pull(source).outcome).toMatchObject({ code: 'camera_closed', permanent: false });
		gone = false;
		const again = new Pull(source);
		closers.push(() => again.stop());
		await again.sink.until(({ announcements }) => announcements.length === 1);
		expect(camera.clients).toHaveLength(2);
		expect(camera.all('SETUP').at(-2)?.headers.get('Session')).toBeUndefined();
	});

	it('is ended by the TEARDOWN of the camera, which is answered and not returned', async () => {
		const camera = await startCamera({
			PLAY(request, client) {
				client.send(ok(request));
				client.frame(0, packet(1, 96));
				client.send('TEARDOWN * RTSP/1.0\r\nCSeq: 5\r\n\r\n');
				return undefined;
			},
		});
		expect(await pull(camera).outcome).toBeUndefined();
		await camera.until(() => camera.client.responses.length === 1);
		expect(camera.client.responses[0]?.status).toBe(200);
		await camera.until(() => camera.client.closed);
		expect(camera.all('TEARDOWN')).toEqual([]);
	});

	it('is ended by the goodbye of every track when there is no picture', async () => {
		const sdp = 'v=0\r\nm=audio 0 RTP/AVP 8\r\na=control:trackID=0\r\n';
		const camera = await startCamera(
			{
				PLAY(request, client) {
					client.frame(0, packet(1, 8));
					client.frame(1, buildGoodbye(SSRC, 'camera'));
					return ok(request);
				},
			},
			sdp,
		);
		const started = pull(camera);
		expect(await started.outcome).toBeUndefined();
		expect(started.sink.sequences(0)).toEqual([1]);
	});
});

describe('PLAY and TEARDOWN', () => {
	const eachAlone =
		(code: number): Answer =>
		(request) =>
			request.uri.includes('trackID') ? ok(request) : status(request, code);

	it.each([455, 459])('are asked for each track after %i', async (code) => {
		const camera = await startCamera({ PLAY: eachAlone(code), TEARDOWN: eachAlone(code) });
		const started = pull(camera);
		await started.sink.until(({ announcements }) => announcements.length === 1);
		expect(await started.stop()).toBeUndefined();
		for (const method of ['PLAY', 'TEARDOWN']) {
			const paths = camera.all(method).map(({ uri }) => uri.replace(camera.url, ''));
			expect(paths).toEqual(['/', '/trackID=0', '/trackID=1'].map((path) => (path === '/' ? paths[0] : path)));
		}
	});

	it('of one track may start them all', async () => {
		const camera = await startCamera({
			PLAY: (request) => (request.uri.endsWith('=0') ? ok(request) : status(request, 455)),
		});
		await pull(camera).sink.until(({ announcements }) => announcements.length === 1);
		expect(camera.all('PLAY')).toHaveLength(3);
	});

	it('are asked with the URL of DESCRIBE when the camera does not know its own base as the whole (460)', async () => {
		const whole: Answer = (request) => (request.uri === camera.url ? ok(request) : status(request, 460));
		const camera = await startCamera({
			DESCRIBE(request, client) {
				const answer = camera.answerWell(request, client);
				return { ...answer, headers: ok(request, { 'Content-Base': `${request.uri}/base/` }).headers };
			},
			PLAY: whole,
			TEARDOWN: whole,
		});
		const started = pull(camera);
		await started.sink.until(({ announcements }) => announcements.length === 1);
		await started.stop();
		expect(camera.requests.at(-1)).toMatchObject({ method: 'TEARDOWN', uri: camera.url });
	});

	it('is asked without a range that is refused (457)', async () => {
		const camera = await startCamera({
			PLAY: (request) => (request.headers.get('Range') ? status(request, 457) : ok(request)),
		});
		await pull(camera).sink.until(({ announcements }) => announcements.length === 1);
	});

	it.each([
		[453, 'camera_refused'],
		[503, 'camera_refused'],
		[455, 'camera_protocol'],
	])('refused with %i for good end the run, to be tried again later', async (code, expected) => {
		const camera = await startCamera({ PLAY: (request) => status(request, code) });
		expect(await pull(camera).outcome).toMatchObject({ code: expected, permanent: false });
		expect(camera.methods.at(-1)).toBe('TEARDOWN');
	});
});

describe('another version', () => {
	it.each([
		['RTSP/2.0 200 OK', '2.0'],
		['RTSP/2.0 505 RTSP Version Not Supported', '2.0'],
		['RTSP/1.0 505 RTSP Version Not Supported', '1.0'],
	])('%s is named as the cause', async (line, words) => {
		const camera = await startCamera({
			DESCRIBE: (request) => `${line}\r\nCSeq: ${request.headers.get('CSeq')}\r\n\r\n`,
		});
		const error = await pull(camera).outcome;
		expect(error).toMatchObject({ code: 'camera_unsupported', permanent: true });
		expect(error?.message).toContain(words);
	});
});
