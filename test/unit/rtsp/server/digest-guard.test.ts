import { describe, expect, it } from 'vitest';
import { Authorizer, basicAuthorization, digestAuthorization } from '../../../../src/rtsp/auth.ts';
import { chooseChallenge } from '../../../../src/rtsp/challenge.ts';
import { type RtspResponse, request, response } from '../../../../src/rtsp/message.ts';
import { DigestGuard } from '../../../../src/rtsp/server/digest-guard.ts';
import { SERVER_LIMITS } from '../../../../src/rtsp/server/limits.ts';
import { VirtualClock } from '../../../fakes/virtual-clock.ts';

const URL = 'rtsp://127.0.0.1:8554/cam';
const CREDENTIALS = { username: 'víewer "1"', password: 'se:cret%"' };

function start() {
	const clock = new VirtualClock();
	let seed = 1;
	const guard = new DigestGuard({
		credentials: CREDENTIALS,
		clock,
		randomBytes: (length) => new Uint8Array(length).fill(seed++),
	});
	const ask = async (authorization?: string, uri = URL) => {
		const headers = authorization === undefined ? {} : { Authorization: authorization };
		const asked = guard.authorize(request('DESCRIBE', uri, headers));
		await clock.advance(SERVER_LIMITS.refusalDelay);
		return asked;
	};
	return { clock, guard, ask };
}

function challenges(answer: RtspResponse | undefined): string[] {
	expect(answer?.status).toBe(401);
	return answer?.headers.all('WWW-Authenticate') ?? [];
}

/** What a client answers to one of the challenges. */
function reply(headers: readonly string[], credentials = CREDENTIALS, uri = URL): string {
	const challenge = chooseChallenge(headers);
	if (!challenge) throw new Error('no challenge');
	const authorizer = new Authorizer(credentials, () => 0.5);
	authorizer.take(challenge);
	return authorizer.authorize('DESCRIBE', uri) ?? '';
}

describe('DigestGuard', () => {
	it('offers SHA-256 first and MD5 last', async () => {
		const [first, last] = challenges(await start().ask());
		expect(first).toContain('algorithm=SHA-256');
		expect(last).toContain('algorithm=MD5');
		expect(last).not.toContain('qop');
	});

	it.each([
		['SHA-256', 0],
		['MD5', 1],
	])('lets the right password in by %s', async (_, index) => {
		const { ask } = start();
		const headers = challenges(await ask());
		expect(await ask(reply([headers[index] ?? '']))).toBeUndefined();
	});

	it.each([
		['as usual', 'abc', true],
		['with a quotation mark', 'a\\"b', false],
		['too long', 'a'.repeat(129), false],
	])('shows that it knows the password, too, to a nonce of the client %s', async (_, client, shown) => {
		const { guard, ask } = start();
		const challenge = chooseChallenge(challenges(await ask()));
		if (challenge?.scheme !== 'digest') throw new Error('no Digest');
		const authorization = digestAuthorization(challenge, CREDENTIALS, 'DESCRIBE', URL, { count: 1, client });
		expect(await ask(authorization)).toBeUndefined();
		const answer = response(200, 'OK', {});
		guard.sign(request('DESCRIBE', URL, { Authorization: authorization }), answer);
		expect(answer.headers.get('Authentication-Info') !== undefined).toBe(shown);
	});

	it.each([
		['password', { ...CREDENTIALS, password: 'other' }],
		['user name', { ...CREDENTIALS, username: 'admin' }],
	])('refuses another %s, after a while', async (_, credentials) => {
		const { clock, guard, ask } = start();
		const headers = challenges(await ask());
		let refused: RtspResponse | undefined;
		const authorization = reply(headers, credentials);
		void guard.authorize(request('DESCRIBE', URL, { Authorization: authorization })).then((answer) => {
			refused = answer;
		});
		await clock.advance(SERVER_LIMITS.refusalDelay - 1);
		expect(refused).toBeUndefined();
		await clock.advance(1);
		expect(challenges(refused).join()).not.toContain('stale');
	});

	it.each([
		['Basic', basicAuthorization(CREDENTIALS)],
		['nothing', ''],
		['an unknown algorithm', 'Digest username="a", nonce="b", algorithm=MD4, response="c"'],
		['no parameters', 'Digest'],
		['a flood', `Digest ${'a="b", '.repeat(10_000)}`],
	])('refuses %s', async (_, authorization) => {
		expect((await start().ask(authorization))?.status).toBe(401);
	});

	it('lets nobody in with the nonce of another connection, and says that it is stale', async () => {
		const headers = challenges(await start().ask());
		const other = start();
		await other.ask();
		expect(challenges(await other.ask(reply(headers, CREDENTIALS).replace(/nonce="\w+"/, 'nonce="00"')))[0]).toContain(
			'stale=true',
		);
	});

	it('wants a new nonce after a while', async () => {
		const { clock, ask } = start();
		const authorization = reply(challenges(await ask()));
		await clock.advance(SERVER_LIMITS.nonceAge - 5000);
		expect(await ask(authorization)).toBeUndefined();
		await clock.advance(5000);
		const stale = challenges(await ask(authorization));
		expect(stale[0]).toContain('stale=true');
		expect(await ask(reply(stale))).toBeUndefined();
	});

	it('takes the URL of the presentation for one of its tracks, and no other', async () => {
		const { ask } = start();
		const headers = challenges(await ask());
		expect(await ask(reply(headers), `${URL}/trackID=0`)).toBeUndefined();
		expect(await ask(reply(headers, CREDENTIALS, `${URL}/`), `${URL}/trackID=0`)).toBeUndefined();
		expect((await ask(reply(headers), 'rtsp://127.0.0.1:8554/camera'))?.status).toBe(401);
	});
});
