import { describe, expect, it } from 'vitest';
import { RtspDialogue } from '../../../src/rtsp/client/dialogue.ts';
import { Login } from '../../../src/rtsp/client/login.ts';
import { type RtspRequest, type RtspResponse, response } from '../../../src/rtsp/message.ts';
import { DigestGuard } from '../../../src/rtsp/server/digest-guard.ts';
import { SERVER_LIMITS } from '../../../src/rtsp/server/limits.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const URL = 'rtsp://127.0.0.1:8554/cam';
const SECRET = { username: 'cluster', password: 'known to both' };

/** A client that wants the server to show what it knows, and a server that answers everything it lets in. */
function talk(server = SECRET, alter: (request: RtspRequest, answer: RtspResponse) => void = () => {}) {
	const clock = new VirtualClock();
	let seed = 1;
	const guard = new DigestGuard({
		credentials: server,
		clock,
		randomBytes: (length) => new Uint8Array(length).fill(seed++),
	});
	const answers: RtspResponse[] = [];
	const dialogue = new RtspDialogue({
		async exchange(request) {
			const refused = guard.authorize(request);
			await clock.advance(SERVER_LIMITS.refusalDelay);
			const answer = (await refused) ?? response(200, 'OK', {});
			if (answer.status === 200) guard.sign(request, answer);
			alter(request, answer);
			answers.push(answer);
			return answer;
		},
		login: new Login(SECRET, Math.random, undefined, true),
		userAgent: 'test',
	});
	return { dialogue, clock, answers };
}

const untrusted = { code: 'camera_untrusted', permanent: false };

describe('a client that wants proof', () => {
	it('goes on with a server that knows the password, over several requests and a new nonce', async () => {
		const { dialogue, clock } = talk();
		expect((await dialogue.call('DESCRIBE', URL)).status).toBe(200);
		expect((await dialogue.call('SETUP', `${URL}/trackID=0`)).status).toBe(200);
		await clock.advance(SERVER_LIMITS.nonceAge);
		expect((await dialogue.call('PLAY', URL)).status).toBe(200);
	});

	it('is not let in by a server with another password', async () => {
		const { dialogue } = talk({ ...SECRET, password: 'other' });
		await expect(dialogue.call('DESCRIBE', URL)).rejects.toMatchObject({ code: 'camera_unauthorized' });
	});

	it.each([
		['lets everybody in', () => [response(200, 'OK', {})]],
		['sends it elsewhere', () => [response(302, 'Found', { Location: 'rtsp://evil/' })]],
		['asks for the password in the clear', basic],
		['asks by MD5', () => [asking('algorithm=MD5, qop="auth"'), response(200, 'OK', { 'Authentication-Info': PROOF })]],
		['asks without qop', () => [asking('algorithm=SHA-256'), response(200, 'OK', { 'Authentication-Info': PROOF })]],
		[
			'invents a proof',
			() => [asking('algorithm=SHA-256, qop="auth"'), response(200, 'OK', { 'Authentication-Info': PROOF })],
		],
		['has none', () => [asking('algorithm=SHA-256, qop="auth"'), response(200, 'OK', {})]],
	])('does not believe a server that %s', async (_, answersOf) => {
		const answers = answersOf();
		const dialogue = new RtspDialogue({
			async exchange({ headers }) {
				expect(headers.get('Authorization') ?? '').not.toMatch(/^basic/i);
				return answers.shift() ?? response(500, 'One too many', {});
			},
			login: new Login(SECRET, Math.random, undefined, true),
			userAgent: 'test',
		});
		await expect(dialogue.call('DESCRIBE', URL)).rejects.toMatchObject(untrusted);
	});

	it('does not believe the proof of an earlier request', async () => {
		let first: string | undefined;
		const { dialogue } = talk(SECRET, (_request, answer) => {
			const proof = answer.headers.get('Authentication-Info');
			if (first === undefined) first = proof;
			else Object.assign(answer, { headers: response(200, 'OK', { 'Authentication-Info': first }).headers });
		});
		await dialogue.call('DESCRIBE', URL);
		await expect(dialogue.call('DESCRIBE', URL)).rejects.toMatchObject(untrusted);
	});
});

describe('DigestGuard', () => {
	it('shows what it knows to nobody who does not', async () => {
		const { dialogue, answers } = talk({ ...SECRET, password: 'other' });
		await dialogue.call('DESCRIBE', URL).catch(() => {});
		expect(answers.map(({ headers }) => headers.get('Authentication-Info'))).toEqual([undefined, undefined]);
	});
});

const PROOF = `rspauth="${'0'.repeat(64)}", qop=auth, cnonce="1", nc=00000001`;

function asking(how: string): RtspResponse {
	return response(401, 'Unauthorized', { 'WWW-Authenticate': `Digest realm="Dualcast", nonce="n", ${how}` });
}

function basic(): RtspResponse[] {
	return [response(401, 'Unauthorized', { 'WWW-Authenticate': 'Basic realm="Dualcast"' }), response(200, 'OK', {})];
}
