import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { RtspRequest } from '../../src/rtsp/message.ts';
import { serializeMessage } from '../../src/rtsp/message.ts';
import { type Answer, FakeCamera, type FakeCameraScript, status } from '../camera/fake-camera.ts';
import { Pull, RecordingLogger, rtspSource } from '../camera/pulled-source.ts';

const METHODS = ['DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN'];
const LOGIN = { username: 'us"er', password: 'p@:"%41\\ CANARY' };
const HASHES: Readonly<Record<string, string>> = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };

const cameras: FakeCamera[] = [];

async function startCamera(script: FakeCameraScript): Promise<FakeCamera> {
	const camera = await FakeCamera.start(script);
	cameras.push(camera);
	return camera;
}

afterEach(async () => {
	await Promise.all(cameras.splice(0).map((camera) => camera.close()));
});

/** A camera that lets in who has the password, and asks the others with these challenges. */
function guarded(challenges: (request: RtspRequest) => readonly string[], scheme: string): Promise<FakeCamera> {
	const answer: Answer = (request, client) => {
		const header = request.headers.get('Authorization') ?? '';
		if (proves(request, header) && header.includes(scheme)) {
			return request.method === 'SETUP' ? client.setUp(request) : camera.answerWell(request, client);
		}
		const refusal = status(request, 401);
		for (const challenge of challenges(request)) refusal.headers.append('WWW-Authenticate', challenge);
		return refusal;
	};
	let camera: FakeCamera;
	return startCamera({ on: Object.fromEntries(METHODS.map((method) => [method, answer])) }).then((started) => {
		camera = started;
		return started;
	});
}

const firstNonces = new Map<string, string>();

function firstNonce(nonce: string, clientNonce: string): string {
	if (!firstNonces.has(nonce)) firstNonces.set(nonce, clientNonce);
	return firstNonces.get(nonce) ?? '';
}

/** Recomputes an answer as RFC 7616 section 3.4 has it. */
function proves({ method, uri }: RtspRequest, header: string): boolean {
	const { username, password } = LOGIN;
	if (header === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`) return true;
	const field = (name: string) => new RegExp(`[ ,]${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^,]*))`).exec(header);
	const value = (name: string) => field(name)?.[1] ?? field(name)?.[2] ?? '';
	const [algorithm = 'MD5', session] = (value('algorithm') || 'MD5').split(/(-sess)$/);
	const hash = (text: string) =>
		createHash(HASHES[algorithm] ?? '')
			.update(text)
			.digest('hex');
	if (!header.startsWith('Digest ') || value('uri') !== uri) return false;
	if (value('username') !== username.replace('"', '\\"')) return false;
	let secret = hash(`${username}:${value('realm')}:${password}`);
	// The secret of a session is made once, with the client nonce of its first request.
	if (session) secret = hash(`${secret}:${value('nonce')}:${firstNonce(value('nonce'), value('cnonce'))}`);
	const uses = value('qop') ? `:${value('nc')}:${value('cnonce')}:auth` : '';
	return value('response') === hash(`${secret}:${value('nonce')}${uses}:${hash(`${method}:${uri}`)}`);
}

async function pullThrough(camera: FakeCamera): Promise<void> {
	const pull = new Pull(rtspSource(camera.url, LOGIN));
	await Promise.race([camera.seen('PLAY'), pull.outcome.then((error) => Promise.reject(error))]);
	await pull.sink.until(({ announcements }) => announcements.length === 1);
	expect(await pull.stop()).toBeUndefined();
	expect(camera.methods.at(-1)).toBe('TEARDOWN');
}

const refusals = (camera: FakeCamera) =>
	camera.requests.filter(({ method, headers }) => METHODS.includes(method) && !headers.get('Authorization'));

describe('a password', () => {
	it.each(
		['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess', 'SHA-512-256', 'SHA-512-256-sess'].flatMap((algorithm) =>
			['', ', qop="auth"', ', qop="auth-int,auth", opaque="o"'].map((more) => [algorithm, more]),
		),
	)('is proven by digest with %s%s', async (algorithm, more) => {
		firstNonces.clear();
		const challenge = `Digest realm="a, b", nonce="n", algorithm=${algorithm}${more}`;
		const camera = await guarded(() => [challenge], 'Digest');
		await pullThrough(camera);
		expect(refusals(camera)).toHaveLength(1);
		const counts = camera.requests.map(({ headers }) => /nc=(\w+)/.exec(headers.get('Authorization') ?? '')?.[1]);
		const expected = more === '' ? [] : ['00000001', '00000002', '00000003', '00000004', '00000005'];
		expect(counts.filter((count) => count !== undefined)).toEqual(expected);
	});

	it('is proven without the name of the algorithm, or told by Basic when nothing else is offered', async () => {
		await pullThrough(await guarded(() => ['Digest realm="r", nonce="n"'], 'Digest'));
		await pullThrough(await guarded(() => ['Basic realm="r"'], 'Basic'));
	});

	it('is proven in the strongest way that is offered', async () => {
		const nonce = 'Digest realm="r", nonce="n"';
		const offers = [
			'Basic realm="r"',
			`${nonce}, algorithm=MD5`,
			`${nonce}, algorithm=SHA-256`,
			`${nonce}, algorithm=X`,
		];
		await pullThrough(await guarded(() => offers, 'algorithm=SHA-256'));
		await pullThrough(await guarded(() => [offers.slice(0, 2).join(', ')], 'algorithm=MD5'));
	});

	it('is proven again when the nonce changes with each method', async () => {
		const asked = new Set<string>();
		const changing: FakeCamera = await startCamera({
			on: Object.fromEntries(
				METHODS.map((method) => [
					method,
					(request, client) => {
						const nonce = `n-${method}`;
						const known = request.headers.get('Authorization')?.includes(nonce);
						if (known) return changing.answerWell(request, client);
						asked.add(method);
						return status(request, 401, { 'WWW-Authenticate': `Digest realm="r", nonce="${nonce}"` });
					},
				]),
			),
		});
		await pullThrough(changing);
		expect([...asked]).toEqual(METHODS);
		for (const method of ['DESCRIBE', 'PLAY', 'TEARDOWN']) expect(changing.all(method)).toHaveLength(2);
	});

	it('is proven once more when the nonce is stale, and no more', async () => {
		let tries = 0;
		const camera = await guarded(() => [`Digest realm="r", nonce="n${++tries}", stale=${tries > 1}`], 'nonce="n2"');
		await pullThrough(camera);
		expect(camera.all('DESCRIBE')).toHaveLength(3);
		const endless = await guarded(() => [`Digest realm="r", nonce="n${++tries}", stale=true`], 'never');
		const error = await new Pull(rtspSource(endless.url, LOGIN)).outcome;
		expect(error).toMatchObject({ code: 'camera_unauthorized', permanent: true });
		expect(endless.all('DESCRIBE')).toHaveLength(3);
	});

	it('is not told where it is not asked for, and in no log, label, error or announcement', async () => {
		const logger = new RecordingLogger();
		const open = await startCamera({});
		const wrong = await guarded(() => ['Digest realm="CANARY-realm", nonce="n"'], 'never');
		const told: unknown[] = [];
		for (const camera of [open, wrong]) {
			const source = rtspSource(camera.url, { ...LOGIN, logger });
			const pull = new Pull(source);
			await Promise.race([pull.outcome, camera.seen('PLAY')]);
			const error = await pull.stop();
			told.push(source.label, pull.sink.announcements, error?.message, error?.facts, String(error?.stack));
		}
		expect(JSON.stringify(told) + logger.lines.join()).not.toContain('CANARY');
		const sent = open.requests.map((request) => new TextDecoder().decode(serializeMessage(request))).join();
		expect(sent).not.toMatch(/CANARY|Authorization/);
		expect(wrong.requests.filter(({ headers }) => headers.get('Authorization'))).toHaveLength(1);
	});
});

describe('a redirection', () => {
	it.each([301, 302, 303, 305, 307])('of %i is followed', async (code) => {
		const other = await startCamera({});
		const camera = await startCamera({ on: { DESCRIBE: (request) => status(request, code, { Location: other.url }) } });
		const pull = new Pull(rtspSource(camera.url));
		await other.seen('PLAY');
		await pull.sink.until(({ announcements }) => announcements.length === 1);
		expect(pull.sink.announcements[0]?.connection.remote).toBe(`127.0.0.1:${other.port}`);
		await pull.stop();
		expect(camera.methods).toEqual(['OPTIONS', 'DESCRIBE']);
	});

	it('to a place on the way is proven there, not at another host', async () => {
		const other = await guarded(() => ['Basic realm="r"'], 'Basic');
		const camera = await startCamera({ on: { DESCRIBE: (request) => status(request, 302, { Location: other.url }) } });
		const error = await new Pull(rtspSource(camera.url, LOGIN)).outcome;
		expect(error).toMatchObject({ code: 'camera_unauthorized', permanent: true });
		expect(error?.message).toContain(`redirects to 127.0.0.1:${other.port}`);
		expect(other.requests.every(({ headers }) => headers.get('Authorization') === undefined)).toBe(true);

		const moved: FakeCamera = await startCamera({
			on: {
				DESCRIBE: (request, client) =>
					request.uri.endsWith('/there')
						? moved.answerWell(request, client)
						: status(request, 302, { Location: `${moved.url}/there` }),
				SETUP: (request, client) =>
					request.headers.get('Authorization')
						? client.setUp(request)
						: status(request, 401, { 'WWW-Authenticate': 'Basic realm="r"' }),
			},
		});
		await pullThrough(moved);
	});

	it('in a circle ends and says so', async () => {
		const camera = await startCamera({
			on: { DESCRIBE: (request) => status(request, 302, { Location: request.uri }) },
		});
		const error = await new Pull(rtspSource(camera.url)).outcome;
		expect(error?.message).toBe('the camera redirected more than 5 times, in a circle');
		expect(camera.all('DESCRIBE')).toHaveLength(6);
	});

	it.each(['http://127.0.0.1/', 'file:///etc/passwd', 'rtsp://', ''])('to %j is not followed', async (location) => {
		const camera = await startCamera({ on: { DESCRIBE: (request) => status(request, 302, { Location: location }) } });
		const error = await new Pull(rtspSource(camera.url)).outcome;
		expect(error).toMatchObject({ code: 'camera_protocol', permanent: false });
		expect(error?.message).toContain('no camera URL');
		expect(camera.clients).toHaveLength(1);
	});
});
