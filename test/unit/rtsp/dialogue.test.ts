import { describe, expect, it } from 'vitest';
import { RtspDialogue } from '../../../src/rtsp/client/dialogue.ts';
import { Login } from '../../../src/rtsp/client/login.ts';
import { type RtspRequest, type RtspResponse, response } from '../../../src/rtsp/message.ts';

const BASIC = { 'WWW-Authenticate': 'Basic realm="r"' };

function digest(nonce: string, stale = false): Record<string, string> {
	return { 'WWW-Authenticate': `Digest realm="r", nonce="${nonce}"${stale ? ', stale=true' : ''}` };
}

/** A dialogue with a camera that gives these answers in turn. */
function talk(answers: RtspResponse[], credentials: { username: string; password: string } | undefined) {
	const seen: RtspRequest[] = [];
	const dialogue = new RtspDialogue({
		async exchange(request) {
			seen.push(request);
			const answer = answers.shift();
			if (!answer) throw new Error('one request too many');
			return answer;
		},
		login: new Login(credentials, () => 0.5),
		userAgent: 'test',
	});
	const authorizations = () => seen.map((request) => request.headers.get('Authorization')?.replace(/ .*/, ''));
	return { dialogue, seen, authorizations };
}

const LOGIN = { username: 'u', password: 'p' };
const ok = (headers = {}) => response(200, 'OK', headers);
const no = (headers = {}) => response(401, 'Unauthorized', headers);

describe('RtspDialogue', () => {
	it('sends credentials when asked, and from then on', async () => {
		const { dialogue, authorizations } = talk([no(BASIC), ok(), ok()], LOGIN);
		await dialogue.call('DESCRIBE', 'rtsp://c/');
		await dialogue.call('SETUP', 'rtsp://c/');
		expect(authorizations()).toEqual([undefined, 'Basic', 'Basic']);
	});

	it.each([
		['basic', [no(BASIC), no(BASIC)]],
		['digest', [no(digest('a')), no(digest('b'))]],
	])('stops at the second 401 by %s', async (_, answers) => {
		const { dialogue, seen } = talk([...answers], LOGIN);
		await expect(dialogue.call('DESCRIBE', 'rtsp://c/')).rejects.toMatchObject({
			code: 'camera_unauthorized',
			permanent: true,
		});
		expect(seen).toHaveLength(2);
	});

	it('does not repeat a password that is known to be refused', async () => {
		const { dialogue, seen } = talk([no(BASIC), ok(), no(BASIC)], LOGIN);
		await dialogue.call('DESCRIBE', 'rtsp://c/');
		await expect(dialogue.call('SETUP', 'rtsp://c/')).rejects.toMatchObject({ code: 'camera_unauthorized' });
		expect(seen).toHaveLength(3);
	});

	it('never tells a password again that was refused', async () => {
		const { dialogue, authorizations } = talk([no(digest('a')), no(digest('b')), ok(), no(digest('c'))], LOGIN);
		await expect(dialogue.call('DESCRIBE', 'rtsp://c/')).rejects.toMatchObject({ code: 'camera_unauthorized' });
		expect((await dialogue.call('OPTIONS', 'rtsp://c/')).status).toBe(200);
		await expect(dialogue.call('TEARDOWN', 'rtsp://c/')).rejects.toMatchObject({
			code: 'camera_unauthorized',
			message: expect.stringContaining('refused'),
		});
		expect(authorizations()).toEqual([undefined, 'Digest', undefined, undefined]);
	});

	it('takes a new nonce once more when the last one was stale, and no more', async () => {
		const good = talk([no(digest('a')), no(digest('b', true)), ok()], LOGIN);
		await good.dialogue.call('DESCRIBE', 'rtsp://c/');
		expect(good.seen.at(-1)?.headers.get('Authorization')).toContain('nonce="b"');
		const bad = talk([no(digest('a', true)), no(digest('b', true)), no(digest('c', true))], LOGIN);
		await expect(bad.dialogue.call('DESCRIBE', 'rtsp://c/')).rejects.toMatchObject({ code: 'camera_unauthorized' });
	});

	it('follows a nonce that changes with the method', async () => {
		const { dialogue, seen } = talk([no(digest('a')), ok(), no(digest('b')), ok()], LOGIN);
		await dialogue.call('DESCRIBE', 'rtsp://c/');
		await dialogue.call('SETUP', 'rtsp://c/');
		expect(seen.map((request) => /nonce="(.)"/.exec(request.headers.get('Authorization') ?? '')?.[1])).toEqual([
			undefined,
			'a',
			'a',
			'b',
		]);
	});

	it('says that credentials are missing, or that the scheme is unknown', async () => {
		const missing = talk([no(BASIC)], undefined).dialogue.call('DESCRIBE', 'rtsp://c/');
		await expect(missing).rejects.toMatchObject({ code: 'camera_unauthorized', permanent: true });
		await expect(missing).rejects.toThrow('asks for a user name');
		const unknown = talk([no({ 'WWW-Authenticate': 'Negotiate' })], LOGIN).dialogue.call('DESCRIBE', 'rtsp://c/');
		await expect(unknown).rejects.toThrow('not known');
	});

	it('carries the session of the last SETUP', async () => {
		const { dialogue, seen } = talk(
			[ok({ Session: 'a;timeout=20' }), ok({ Session: 'b; timeout=30' }), ok({ Session: 'c' })],
			undefined,
		);
		expect(dialogue.hasSession).toBe(false);
		await dialogue.call('SETUP', 'rtsp://c/1');
		await dialogue.call('SETUP', 'rtsp://c/2');
		await dialogue.call('PLAY', 'rtsp://c/');
		expect(seen.map((request) => request.headers.get('Session'))).toEqual([undefined, 'a', 'b']);
		expect(dialogue.sessionTimeout).toBe(30);
	});

	it.each([
		['the same session', 'a'],
		['another one', 'b;x=y'],
		['a broken one', 'a;timeout=soon'],
	])('keeps the timeout that a later SETUP does not repeat: %s', async (_, later) => {
		const { dialogue } = talk([ok({ Session: 'a;timeout=20' }), ok({ Session: later })], undefined);
		await dialogue.call('SETUP', 'rtsp://c/1');
		await dialogue.call('SETUP', 'rtsp://c/2');
		expect(dialogue.sessionTimeout).toBe(20);
	});

	it('asks without a password and takes any answer', async () => {
		const { dialogue, authorizations } = talk([no(BASIC)], LOGIN);
		expect((await dialogue.ask('OPTIONS', 'rtsp://c/')).status).toBe(401);
		expect(authorizations()).toEqual([undefined]);
	});
});
