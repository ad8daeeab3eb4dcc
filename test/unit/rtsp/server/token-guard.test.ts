import { describe, expect, it } from 'vitest';
import { DualcastError, type ErrorCode } from '../../../../src/base/errors.ts';
import { request } from '../../../../src/rtsp/message.ts';
import { SERVER_LIMITS } from '../../../../src/rtsp/server/limits.ts';
import { type RtspCaller, TokenGuard } from '../../../../src/rtsp/server/token-guard.ts';

function ask(uri: string, refuse?: ErrorCode, authorization?: string) {
	const asked: [RtspCaller, string][] = [];
	const guard = new TokenGuard(
		async (caller, stream) => {
			asked.push([caller, stream]);
			if (refuse) throw new DualcastError(refuse, 'the reason');
			return () => {};
		},
		'192.0.2.1',
		() => {},
	);
	const headers = authorization === undefined ? {} : { Authorization: authorization };
	return { asked, answer: guard.authorize(request('DESCRIBE', uri, headers)) };
}

describe('TokenGuard', () => {
	it.each([
		['rtsp://host:8554/live/stream', 'live/stream'],
		['rtsp://host/live/stream/', 'live/stream'],
		['rtsp://host/live/stream?jwt=a.b.c', 'live/stream'],
		['rtsp://host/live/stream/trackID=1', 'live/stream'],
		['rtsp://host/live%2Fstream', 'live/stream'],
	])('asks whether %s may be read', async (uri, stream) => {
		const { asked, answer } = ask(uri, undefined, 'Basic eDp5');
		expect(await answer).toBeUndefined();
		expect(asked).toEqual([[{ authorization: 'Basic eDp5', url: uri, address: '192.0.2.1' }, stream]]);
	});

	it.each<[ErrorCode, number, string | undefined]>([
		['token_missing', 401, 'Basic realm="Dualcast"'],
		['token_expired', 401, 'Basic realm="Dualcast"'],
		['forbidden', 403, undefined],
		['issuer_unreachable', 503, undefined],
		['rate_limited', 503, undefined],
	])('answers %s with %d and the reason', async (code, status, challenge) => {
		const answer = await ask('rtsp://host/cam', code).answer;
		expect([answer?.status, answer?.reason]).toEqual([status, 'the reason']);
		expect(answer?.headers.get('WWW-Authenticate')).toBe(challenge);
	});

	it('takes what was brought to DESCRIBE for the requests that follow on the connection', async () => {
		const asked: RtspCaller[] = [];
		const guard = new TokenGuard(
			async (caller) => {
				asked.push(caller);
				return () => {};
			},
			'192.0.2.1',
			() => {},
		);
		await guard.authorize(request('DESCRIBE', 'rtsp://host/cam?jwt=a.b.c', {}));
		await guard.authorize(request('SETUP', 'rtsp://host/cam/trackID=0', {}));
		expect(asked.map(({ url }) => url)).toEqual(['rtsp://host/cam?jwt=a.b.c', 'rtsp://host/cam?jwt=a.b.c']);
	});

	it.each([
		['in the URL', 'rtsp://host/cam/trackID=0?jwt=d.e.f', undefined],
		['in the header', 'rtsp://host/cam/trackID=0', 'Basic eDp6'],
	])('takes what a later request brings %s, and nothing of what came before', async (_, uri, authorization) => {
		const asked: RtspCaller[] = [];
		const guard = new TokenGuard(
			async (caller) => {
				asked.push(caller);
				return () => {};
			},
			'192.0.2.1',
			() => {},
		);
		await guard.authorize(request('DESCRIBE', 'rtsp://host/cam?jwt=a.b.c', { Authorization: 'Basic eDp5' }));
		const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization };
		await guard.authorize(request('SETUP', uri, headers));
		expect(asked[1]).toEqual({ authorization, url: uri, address: '192.0.2.1' });
	});

	it('holds the right until the connection is over, once', async () => {
		const left: number[] = [];
		let admitted = 0;
		const admit = async () => {
			const number = admitted++;
			return () => void left.push(number);
		};
		const guard = new TokenGuard(admit, '192.0.2.1', () => {});
		await guard.authorize(request('DESCRIBE', 'rtsp://host/cam', {}));
		await guard.authorize(request('SETUP', 'rtsp://host/cam/trackID=0', {}));
		expect(left).toEqual([0]);
		const late = guard.authorize(request('PLAY', 'rtsp://host/cam', {}));
		guard.close();
		await late;
		expect(left).toContain(1);
		expect(left).toContain(2);
	});

	it('holds the right to each stream: asking for another one does not end it', async () => {
		const held = new Set<string>();
		const admit = async (_: RtspCaller, stream: string) => {
			held.add(stream);
			return () => void held.delete(stream);
		};
		const guard = new TokenGuard(admit, '192.0.2.1', () => {});
		await guard.authorize(request('SETUP', 'rtsp://host/cam/trackID=0', {}));
		await guard.authorize(request('PLAY', 'rtsp://host/other', {}));
		expect([...held]).toEqual(['cam', 'other']);
		guard.close();
		expect([...held]).toEqual([]);
	});

	it('holds a bounded number of rights', async () => {
		let held = 0;
		const guard = new TokenGuard(
			async () => {
				held += 1;
				return () => void held--;
			},
			'192.0.2.1',
			() => {},
		);
		const ask = (stream: number) => guard.authorize(request('DESCRIBE', `rtsp://host/${stream}`, {}));
		for (let stream = 0; stream < SERVER_LIMITS.streams; stream++) expect(await ask(stream)).toBeUndefined();
		expect((await ask(SERVER_LIMITS.streams))?.status).toBe(503);
		expect(await ask(0)).toBeUndefined();
		expect(held).toBe(SERVER_LIMITS.streams);
	});

	it('refuses what is no address', async () => {
		const { asked, answer } = ask('*');
		expect((await answer)?.status).toBe(400);
		expect(asked).toEqual([]);
	});
});
