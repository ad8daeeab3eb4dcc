import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Auth } from '../../../src/auth/auth.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { createFixture } from './api-fixture.ts';
import { RESOURCE, SESSION } from './fake-ports.ts';

const OFFER = 'v=0\r\noffer';
const LIFETIME_S = 60;
/** With the difference that clocks may have. */
const EXPIRED_MS = (LIFETIME_S + 30) * 1000;

let clock: VirtualClock;
let auth: Auth;
let fixture: ReturnType<typeof createFixture>;
let server: Server;
/** The camera has begun to send. */
let play: () => void;

beforeEach(async () => {
	clock = new VirtualClock();
	auth = new Auth(
		{
			...{ read: 'jwt', issuer: 'here', audience: 'here', lifetime: LIFETIME_S, openIssuing: false },
			...{ apiKeys: [], classes: {}, classCodes: {}, issuers: [] },
		},
		{ clock, logger: silentLogger },
	);
	fixture = createFixture({ auth });
	const playing = new Promise<void>((resolve) => {
		play = resolve;
	});
	const answer = { sessionId: SESSION.id, resource: RESOURCE, answer: 'v=0\r\nanswer', skipped: [] };
	fixture.webrtc.answer = () => playing.then(() => answer);
	server = createServer(fixture.app).listen(0, '127.0.0.1');
	await once(server, 'listening');
});
afterEach(async () => {
	auth.close();
	server.close();
	server.closeAllConnections();
	await once(server, 'close');
});

/** Sends an offer, its body when told to. */
async function offer(subject: string, path = '/whep/live/stream') {
	const wish = { subject, role: 'student', actions: ['read'], streams: ['*'], lifetime: LIFETIME_S } as const;
	const { token } = await auth.issue(wish);
	const outgoing = httpRequest({
		...{ port: (server.address() as AddressInfo).port, host: '127.0.0.1', method: 'POST', path, agent: false },
		headers: {
			authorization: `Bearer ${token}`,
			'content-type': 'application/sdp',
			'content-length': OFFER.length,
		},
	});
	const answered = once(outgoing, 'response').then(async ([response]) => {
		const { statusCode, headers } = response;
		if (statusCode === 201) response.resume();
		const code = statusCode === 201 ? undefined : ((await json(response)) as { code: string }).code;
		return { status: statusCode as number, code, location: headers.location as string | undefined };
	});
	return { outgoing, answered };
}

/** Sends an offer, and waits until it waits for the camera. */
async function waiting(subject: string, path?: string) {
	const { outgoing, answered } = await offer(subject, path);
	outgoing.end(OFFER);
	await vi.waitFor(() => expect(fixture.webrtc.offers).toHaveLength(1));
	return { answered };
}

const REFUSED = { status: 401, location: undefined };

describe('an offer whose right ends before it is answered', () => {
	it.each(['/whep/live/stream', '/whep/live%2Fstream'])(
		'is refused, and its session ended, when the token is revoked while the camera starts: %s',
		async (path) => {
			const { answered } = await waiting('ann', path);
			auth.revoke({ subject: 'ann' });
			play();
			expect(await answered).toEqual({ ...REFUSED, code: 'token_revoked' });
			expect(fixture.webrtc.sessions()).toEqual([]);
			expect(fixture.log).toEqual([]);
		},
	);

	it('is refused when the token is revoked while it arrives', async () => {
		const authorize = vi.spyOn(auth.access, 'authorize');
		play();
		const { outgoing, answered } = await offer('ann');
		outgoing.write(OFFER.slice(0, 3));
		await vi.waitFor(() => expect(authorize).toHaveBeenCalled());
		await authorize.mock.results[0]?.value;
		auth.revoke({ subject: 'ann' });
		outgoing.end(OFFER.slice(3));
		expect(await answered).toEqual({ ...REFUSED, code: 'token_revoked' });
		expect(fixture.webrtc.sessions()).toEqual([]);
	});

	it('is refused when the token expires while the camera starts', async () => {
		const { answered } = await waiting('ann');
		await clock.advance(EXPIRED_MS);
		play();
		expect(await answered).toEqual({ ...REFUSED, code: 'token_expired' });
		expect(fixture.webrtc.sessions()).toEqual([]);
	});

	it('is answered when the token of another one is revoked', async () => {
		const { answered } = await waiting('ann');
		auth.revoke({ subject: 'bob' });
		play();
		expect(await answered).toMatchObject({ status: 201, code: undefined });
		expect(fixture.webrtc.sessions()).toHaveLength(1);
	});

	it('is answered as long as the token is taken, for a session that lives until it is not', async () => {
		const { answered } = await waiting('ann');
		await clock.advance(EXPIRED_MS - 1);
		play();
		expect((await answered).status).toBe(201);
		expect(fixture.webrtc.sessions()).toHaveLength(1);
		await clock.advance(1);
		expect(fixture.webrtc.sessions()).toEqual([]);
	});

	it('is refused when the session ends before the answer does', async () => {
		fixture.webrtc.answer = async (_stream, _offer, _signal, onEnded = () => {}) => {
			fixture.webrtc.remove(SESSION.id);
			onEnded();
			return { sessionId: SESSION.id, resource: RESOURCE, answer: 'v=0\r\nanswer', skipped: [] };
		};
		const remove = vi.spyOn(fixture.webrtc, 'remove');
		const { answered } = await waiting('ann');
		expect(await answered).toEqual({ status: 503, code: 'stream_closed', location: undefined });
		remove.mockClear();
		await clock.advance(EXPIRED_MS);
		expect(remove).not.toHaveBeenCalled();
	});

	it('is answered for a session that its token has nothing to do with once it has ended', async () => {
		let end = () => {};
		const { answer } = fixture.webrtc;
		fixture.webrtc.answer = (stream, offer, signal, onEnded = () => {}) => {
			end = onEnded;
			return answer(stream, offer, signal);
		};
		const remove = vi.spyOn(fixture.webrtc, 'remove');
		play();
		const { answered } = await waiting('ann');
		expect((await answered).status).toBe(201);
		end();
		auth.revoke({ subject: 'ann' });
		await clock.advance(EXPIRED_MS);
		expect(remove).not.toHaveBeenCalled();
	});
});
