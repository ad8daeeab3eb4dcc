import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, createServer, type Http2Server } from 'node:http2';
import { type AddressInfo, connect as connectPlain, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFixture } from './api-fixture.ts';
import { RESOURCE } from './fake-ports.ts';

const OFFER = 'v=0\r\noffer';
const FRAGMENT = 'application/trickle-ice-sdpfrag';
const PATHS = ['/whep/live/stream', '/whep/live%2Fstream'];

let fixture: ReturnType<typeof createFixture>;
let server: Http2Server;
let session: ClientHttp2Session;

beforeEach(async () => {
	fixture = createFixture();
	server = createServer();
	// As `src/http` does: the API takes both kinds of requests.
	server.on('request', fixture.app as never);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
	await once(session, 'connect');
});
afterEach(async () => {
	session.destroy();
	server.close();
	await once(server, 'close');
});

function begin(path: string, headers: Record<string, string> = {}): ClientHttp2Stream {
	const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/sdp', ...headers });
	stream.on('error', () => {});
	return stream;
}

async function answerOf(stream: ClientHttp2Stream) {
	const [headers] = await once(stream, 'response');
	return { status: headers[':status'], location: headers.location, body: await text(stream) };
}

/** Whatever the server got before was dealt with. */
async function dealtWith(): Promise<void> {
	const stream = session.request({ ':method': 'HEAD', ':path': '/whep/live/stream' });
	expect((await answerOf(stream)).status).toBe(200);
}

/** Frames of RFC 9113 6 that break a body off, as Node's client does not send them. */
const FRAME = { data: 0, headers: 1, reset: 3, settings: 4 } as const;
const END_STREAM = 1;
const END_HEADERS = 4;
const CANCEL = Buffer.from([0, 0, 0, 8]);

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
	const head = Buffer.alloc(9);
	head.writeUIntBE(payload.length, 0, 3);
	head[3] = type;
	head[4] = flags;
	head.writeUInt32BE(stream, 5);
	return Buffer.concat([head, payload]);
}

/** Literal fields with their names (RFC 7541 6.2.2). */
function fields(headers: Record<string, string>): Buffer {
	const text = (value: string) => [Buffer.from([value.length]), Buffer.from(value)];
	return Buffer.concat(
		Object.entries(headers).flatMap(([name, value]) => [Buffer.from([0]), ...text(name), ...text(value)]),
	);
}

const RESET = frame(FRAME.reset, 0, 1, CANCEL);
const BREAKS: readonly [string, (socket: Socket, part: Buffer) => void][] = [
	['is reset', (socket, part) => socket.write(Buffer.concat([frame(FRAME.data, 0, 1, part), RESET]))],
	[
		'is ended and reset',
		(socket, part) => socket.write(Buffer.concat([frame(FRAME.data, END_STREAM, 1, part), RESET])),
	],
	['loses its connection', (socket, part) => socket.write(frame(FRAME.data, 0, 1, part), () => socket.destroy())],
];

/** Sends the beginning of a body once it is read, and breaks off; returns when the server knows. */
async function breakOff(
	path: string,
	headers: Record<string, string>,
	part: string,
	how: (typeof BREAKS)[number][1],
): Promise<void> {
	const socket = connectPlain((server.address() as AddressInfo).port, '127.0.0.1');
	const begun = once(server, 'request');
	const pseudo = { ':method': 'POST', ':scheme': 'http', ':authority': 'x', ':path': path };
	socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
	socket.write(frame(FRAME.settings, 0, 0, Buffer.alloc(0)));
	socket.write(frame(FRAME.headers, END_HEADERS, 1, fields({ ...pseudo, ...headers })));
	const [request, response] = await begun;
	const closed = once(response, 'close');
	await vi.waitFor(() => expect(request.listenerCount('data')).toBe(1));
	how(socket, Buffer.from(part));
	await closed;
	socket.destroy();
	await dealtWith();
}

describe.each(PATHS)('an offer over HTTP/2 to %s', (path) => {
	it('is answered', async () => {
		const stream = begin(path, { 'content-length': String(OFFER.length) });
		stream.end(OFFER);
		expect(await answerOf(stream)).toEqual({
			...{ status: 201, location: `/whep/sessions/${RESOURCE}`, body: 'v=0\r\nanswer' },
		});
		expect(fixture.webrtc.offers).toMatchObject([{ streamId: 'live/stream', offer: OFFER }]);
	});

	it.each([['while it waits'], ['just before the answer']])(
		'is given up when the player goes away %s, which is no fault of ours',
		async (when) => {
			const remove = vi.spyOn(fixture.webrtc, 'remove');
			fixture.webrtc.answer = (_streamId, _offer, signal) =>
				new Promise((resolve, reject) => {
					signal.addEventListener('abort', () => {
						if (when === 'while it waits') reject(signal.reason);
						else resolve({ sessionId: 'late', resource: 'r', answer: 'v=0', skipped: [] });
					});
				});
			const stream = begin(path);
			stream.end(OFFER);
			await vi.waitFor(() => expect(fixture.webrtc.offers).toHaveLength(1));
			stream.close(8);
			await vi.waitFor(() => expect(fixture.webrtc.offers[0]?.signal.aborted).toBe(true));
			await dealtWith();
			expect(fixture.log).toEqual([]);
			expect(remove.mock.calls).toEqual(when === 'while it waits' ? [] : [['late']]);
		},
	);

	it.each(BREAKS)('that %s in its body is none', async (_what, how) => {
		for (const length of [{}, { 'content-length': '100' }]) {
			await breakOff(path, { 'content-type': 'application/sdp', ...length }, 'v=0\r\nhal', how);
		}
		expect(fixture.webrtc.offers).toEqual([]);
		expect(fixture.log).toEqual([]);
	});

	it('that ends before its length is none', async () => {
		const ends = (socket: Socket, part: Buffer) => socket.write(frame(FRAME.data, END_STREAM, 1, part));
		await breakOff(path, { 'content-type': 'application/sdp', 'content-length': '100' }, OFFER, ends);
		expect(fixture.webrtc.offers).toEqual([]);
		expect(fixture.log).toEqual([]);
	});
});

describe('an ICE fragment over HTTP/2', () => {
	const headers = { ':method': 'PATCH', 'content-type': FRAGMENT, 'if-match': '*' };
	const path = `/whep/sessions/${RESOURCE}`;

	it('is taken', async () => {
		const stream = begin(path, headers);
		stream.end('a=ice-ufrag:restart');
		expect(await answerOf(stream)).toMatchObject({ status: 200, body: 'a=ice-ufrag:ours' });
	});

	it.each(BREAKS)('that %s is none', async (_what, how) => {
		await breakOff(path, headers, 'a=ice-ufrag:restart', how);
		expect(fixture.webrtc.restarts).toEqual([]);
		expect(fixture.webrtc.sessions()).toHaveLength(1);
	});
});
