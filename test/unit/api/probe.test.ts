import request from 'supertest';
import { describe, expect, it } from 'vitest';
import type { ProbePort } from '../../../src/api/ports.ts';
import { probeReportSchema } from '../../../src/api/schemas.ts';
import { SourceError } from '../../../src/base/errors.ts';
import type { StreamSettings } from '../../../src/config/stream.ts';
import type { ProbeReport } from '../../../src/probe/report.ts';
import { createFixture } from './api-fixture.ts';

/** With every optional member, so that the schema is held to all of them. */
const REPORT: ProbeReport = {
	source: 'rtsp://192.0.2.1/a',
	server: 'GStreamer RTSP server',
	transport: 'udp',
	transport_reason: 'the camera refused TCP (461)',
	rtt_ms: 1.2,
	first_packet_ms: 10,
	first_key_frame_ms: 11,
	media_seconds: 4,
	packets_received: 100,
	packets_lost: 1,
	video: {
		codec: 'h264',
		profile: 'High',
		level: '3.1',
		codecs: 'avc1.64001f',
		width: 1280,
		height: 720,
		frame_rate: 30,
		gop_frames: 60,
		gop_seconds: 2,
		gop_longer_than: 5,
		b_frames: false,
		bitrate: 2_000_000,
	},
	audio: { codec: 'aac', clock_rate: 48_000, channels: 2, bitrate: 96_000 },
	skipped: [{ kind: 'application', codec: 'onvif', reason: 'no media' }],
	outputs: [{ output: 'hls_ts', verdict: 'plays', reasons: [], cures: [] }],
	advice: ['Set it.'],
};

function fixture(run: ProbePort['run'] = async () => REPORT) {
	const asked: StreamSettings[] = [];
	const probe: ProbePort = {
		run: (camera, signal) => {
			asked.push(camera);
			return run(camera, signal);
		},
	};
	const { app, log } = createFixture({ probe });
	const post = (body: unknown) =>
		request(app)
			.post('/api/v1/probe')
			.send(body as object);
	return { app, asked, log, post };
}

describe('POST /api/v1/probe', () => {
	it('answers what the camera is', async () => {
		const { post, asked } = fixture();
		const { status, headers, body } = await post({
			source: 'rtsp://192.0.2.1/a',
			username: 'viewer',
			password: 'p@ss:/word',
			transport: 'udp',
		});
		expect(status).toBe(200);
		expect(headers['cache-control']).toBe('no-store');
		expect(probeReportSchema.parse(body)).toEqual(REPORT);
		expect(asked).toMatchObject([
			{
				source: 'rtsp://192.0.2.1/a',
				credentials: { username: 'viewer', password: 'p@ss:/word' },
				transport: 'udp',
			},
		]);
	});

	it('takes the password out of an address', async () => {
		const { post, asked } = fixture();
		await post({ source: 'rtsp://viewer:s3cret@192.0.2.1/a' });
		expect(asked).toMatchObject([
			{ source: 'rtsp://192.0.2.1/a', credentials: { username: 'viewer', password: 's3cret' }, transport: 'auto' },
		]);
	});

	it('takes an address alone, as the configuration does', async () => {
		const { app, asked } = fixture();
		const post = request(app).post('/api/v1/probe').set('Content-Type', 'application/json');
		expect((await post.send('"rtsp://192.0.2.1/a"')).status).toBe(200);
		expect(asked).toMatchObject([{ source: 'rtsp://192.0.2.1/a', transport: 'auto' }]);
	});

	it.each<[unknown, RegExp]>([
		[{}, /^source: is missing/],
		[{ source: 'http://192.0.2.1/secret-path' }, /^source: .*rtsp:\/\//],
		[{ source: 'file:///etc/passwd' }, /^source: /],
		[{ source: 'gopher://192.0.2.1:6379/_x' }, /^source: /],
		[{ source: 'demo' }, /^source: the built-in camera/],
		[{ source: 'rtsp://192.0.2.1/a', transport: 'pigeon' }, /^transport: expected one of/],
		[{ source: 'rtsp://192.0.2.1/a', sauce: 1 }, /^sauce: is unknown; the keys here are source,/],
		[{ source: 'rtsp://192.0.2.1/a', password: 's3cret' }, /^password: a password needs a username/],
		[[], /^expected the address of a camera, or settings with a source/],
		['"http://192.0.2.1/secret-path"', /^expected an address that begins with rtsp/],
		['"rtsp', /^the body cannot be read as JSON; .*double quotes/],
		['{"source": "rtsp://192.0.2.1/s3cret",}', /^the body cannot be read as JSON/],
	])('refuses %j, naming what is wrong and no value', async (body, detail) => {
		const { post, app, asked } = fixture();
		const answer =
			typeof body === 'string'
				? await request(app).post('/api/v1/probe').set('Content-Type', 'application/json').send(body)
				: await post(body);
		expect(answer.status).toBe(400);
		expect(answer.body).toMatchObject({ code: 'request_invalid', detail: expect.stringMatching(detail) });
		expect(JSON.stringify(answer.body)).not.toMatch(/s3cret|secret-path|passwd|6379/);
		expect(asked).toEqual([]);
	});

	it('takes JSON only, which no other site can send unasked', async () => {
		const { app, asked } = fixture();
		for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
			const body = JSON.stringify({ source: 'rtsp://192.0.2.1/a' });
			const answer = await request(app).post('/api/v1/probe').set('Content-Type', type).send(body);
			expect(answer.status).toBe(415);
			expect(answer.headers['accept-post']).toBe('application/json');
		}
		const preflight = await request(app).options('/api/v1/probe').set('Origin', 'https://evil.example');
		expect(preflight.headers).not.toHaveProperty('access-control-allow-origin');
		expect((await request(app).get('/api/v1/probe')).status).toBe(405);
		const large = { source: `rtsp://192.0.2.1/${'a'.repeat(9_000)}` };
		expect((await request(app).post('/api/v1/probe').send(large)).status).toBe(413);
		expect(asked).toEqual([]);
	});

	it('answers the cause of a camera that cannot be looked at', async () => {
		const { post } = fixture(() => Promise.reject(new SourceError('camera_unauthorized', 'wrong password')));
		const { status, body } = await post({ source: 'rtsp://192.0.2.1/a' });
		expect(status).toBe(502);
		expect(body).toMatchObject({ code: 'camera_unauthorized', detail: 'wrong password' });
	});

	it('ends the probe of a client that went away', async () => {
		let ended = () => {};
		const aborted = new Promise<void>((resolve) => {
			ended = resolve;
		});
		let begun = () => {};
		const started = new Promise<void>((resolve) => {
			begun = resolve;
		});
		const { app, log } = fixture(
			(_camera, signal) =>
				new Promise((_resolve, reject) => {
					begun();
					signal.addEventListener('abort', () => {
						ended();
						reject(signal.reason);
					});
				}),
		);
		const asking = request(app).post('/api/v1/probe').send({ source: 'rtsp://192.0.2.1/a' });
		asking.end(() => {});
		await started;
		asking.abort();
		await aborted;
		expect(log).toEqual([]);
	});

	it('names the key when probing is switched off', async () => {
		const { app } = createFixture({ probe: undefined });
		const { status, body } = await request(app).post('/api/v1/probe').send({ source: 'rtsp://192.0.2.1/a' });
		expect(status).toBe(503);
		expect(body).toMatchObject({ code: 'probe_disabled', config_key: 'probe.enabled' });
	});
});
