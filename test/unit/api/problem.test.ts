import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { answerError, PROBLEMS, problemDetails, toDualcastError } from '../../../src/api/problem.ts';
import { DualcastError, type ErrorCode, SourceError } from '../../../src/base/errors.ts';

describe('the table', () => {
	it.each(Object.entries(PROBLEMS))('has a fitting row for %s', (code, { status, title, retryAfter, offerStatus }) => {
		expect(title).toMatch(/^[A-Z].*[^.]$/);
		if (code.startsWith('camera_')) expect([502, 504]).toContain(status);
		if (code.endsWith('_disabled')) expect(status).toBe(503);
		if (code.endsWith('_not_found') && !code.startsWith('camera_')) expect(status).toBe(404);
		if (status === 503 || status === 409) expect(retryAfter).toBeGreaterThan(0);
		// A stream that is not live (draft-ietf-wish-whep).
		if (offerStatus !== undefined) expect([offerStatus, retryAfter]).toEqual([409, 2]);
		// 406 is a counter-offer in WHEP.
		expect(status).not.toBe(406);
	});
});

describe('problemDetails', () => {
	it('shows the facts, but never over its own members', () => {
		const facts = { stream: 'a', status: 200, code: 'x', title: 'x', detail: 'x', type: 'x', nothing: undefined };
		expect(problemDetails(new DualcastError('camera_timeout', 'late', { facts }))).toEqual({
			stream: 'a',
			nothing: undefined,
			type: 'urn:dualcast:problem:camera_timeout',
			title: 'The camera does not answer in time',
			status: 504,
			detail: 'late',
			code: 'camera_timeout',
		});
	});

	it('takes credentials out', () => {
		const error = new SourceError('camera_refused', 'rtsp://admin:CANARY@h/x?token=CANARY refused');
		expect(JSON.stringify(problemDetails(error))).not.toContain('CANARY');
	});

	it('says nothing of an internal error', () => {
		const error = new DualcastError('internal', 'inner state', { facts: { path: '/etc' } });
		expect(JSON.stringify(problemDetails(error))).not.toMatch(/inner state|etc/);
	});
});

describe('toDualcastError', () => {
	it.each<[unknown, ErrorCode]>([
		[Object.assign(new Error('x'), { status: 413 }), 'payload_too_large'],
		[Object.assign(new Error('x'), { status: 415 }), 'unsupported_media_type'],
		[Object.assign(new Error('x'), { status: 400 }), 'request_invalid'],
		[Object.assign(new Error('x'), { status: 500 }), 'internal'],
		[new URIError('x'), 'not_found'],
		[new Error('x'), 'internal'],
		['x', 'internal'],
		[undefined, 'internal'],
	])('turns %s into %s', (thrown, code) => {
		expect(toDualcastError(thrown).code).toBe(code);
	});
});

describe('answerError', () => {
	async function answer(
		handle: (request: IncomingMessage, response: ServerResponse) => void,
		method = 'GET',
		type?: string,
	) {
		const server = createServer(handle).listen(0, '127.0.0.1');
		await once(server, 'listening');
		try {
			const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
				method,
				...(type !== undefined && { headers: { 'Content-Type': type }, body: 'v=0' }),
			});
			return { status: response.status, headers: response.headers, text: await response.text() };
		} finally {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		}
	}

	it('keeps headers set before', async () => {
		const { status, headers, text } = await answer((request, response) => {
			response.setHeader('Access-Control-Allow-Origin', '*');
			answerError(request, response, new DualcastError('too_many_sessions', 'full'));
		});
		expect(status).toBe(503);
		expect(headers.get('access-control-allow-origin')).toBe('*');
		expect(headers.get('content-type')).toBe('application/problem+json');
		expect(headers.get('retry-after')).toBe('5');
		expect(JSON.parse(text)).toMatchObject({ code: 'too_many_sessions' });
	});

	it('says when to ask again for a camera that is away, and that it is away only to an offer', async () => {
		const refuse = (request: IncomingMessage, response: ServerResponse) =>
			answerError(request, response, new SourceError('camera_timeout', 'late'));
		const [playlist, fragment, probe, offer] = [
			await answer(refuse),
			await answer(refuse, 'PATCH', 'application/sdp'),
			await answer(refuse, 'POST', 'application/json'),
			await answer(refuse, 'POST', 'Application/SDP; charset=utf-8'),
		];
		expect([playlist.status, fragment.status, probe.status, offer.status]).toEqual([504, 504, 504, 409]);
		for (const { status, headers, text } of [playlist, probe, offer]) {
			expect(headers.get('retry-after')).toBe('2');
			expect(JSON.parse(text)).toMatchObject({ code: 'camera_timeout', status });
		}
	});

	it('says when to ask again as the error itself does', async () => {
		const error = new DualcastError('rate_limited', 'try again in 17 s', { facts: { retry_after_s: 17 } });
		const { status, headers } = await answer((request, response) => answerError(request, response, error));
		expect([status, headers.get('retry-after')]).toEqual([429, '17']);
	});

	it('answers HEAD without a body', async () => {
		const { status, text } = await answer((request, response) => answerError(request, response, new Error()), 'HEAD');
		expect([status, text]).toEqual([500, '']);
	});

	it('cuts an answer that has begun', async () => {
		const cut = answer((request, response) => {
			response.writeHead(200, { 'Content-Length': 100 });
			response.write('part');
			answerError(request, response, new Error());
		});
		await expect(cut).rejects.toThrow();
	});

	it('does nothing twice', async () => {
		const { status } = await answer((request, response) => {
			answerError(request, response, new DualcastError('not_found', 'x'));
			answerError(request, response, new Error());
		});
		expect(status).toBe(404);
	});
});
