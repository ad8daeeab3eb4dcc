import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { PlainRequestReader } from '../../../src/http/plain-request.ts';

function read(text: string) {
	return new PlainRequestReader().read(Buffer.from(text, 'latin1'));
}

/** What Node.js understands of it. */
async function readByNode(text: string): Promise<Pick<IncomingMessage, 'method' | 'url' | 'headers'>> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as { port: number };
	const client = connect(port, '127.0.0.1');
	try {
		client.write(Buffer.from(text, 'latin1'));
		const [{ method, url, headers }] = (await once(server, 'request')) as [IncomingMessage];
		return { method, url, headers };
	} finally {
		client.destroy();
		server.closeAllConnections();
		server.close();
	}
}

const LINE = 'GET /hls/yard/index.m3u8 HTTP/1.1\r\n';
const HOST = 'Host: gateway\r\n';

describe('a plain request', () => {
	it.each([
		['the least there can be', `${LINE}${HOST}\r\n`],
		['a query', `GET /hls/yard/ll.m3u8?_HLS_msn=1&_HLS_part=2&jwt=a.b-c_d HTTP/1.1\r\n${HOST}\r\n`],
		['HEAD', `HEAD /hls/yard/seg.ts HTTP/1.1\r\n${HOST}\r\n`],
		[
			'fields of all kinds',
			`${LINE}${HOST}Range: bytes=0-\r\nX-A:b\r\nX-C:  d \t\r\nUser-Agent: a (b; c) \xe9\r\nX-E:\r\nX-F: \xa0g\xa0 \r\nX-H:  \t \r\n\r\n`,
		],
		['a connection that stays', `${LINE}${HOST}Connection: Keep-Alive\r\n\r\n`],
		['a path of any bytes that can be seen', `GET /%2e/\\"<>|^{}~ HTTP/1.1\r\n${HOST}\r\n`],
		['a field named as what objects have', `${LINE}${HOST}__proto__: 1\r\nconstructor: 2\r\n\r\n`],
	])('is read as Node.js reads it: %s', async (_, text) => {
		const { method, url, headers } = await readByNode(text);
		const asked = read(text);
		expect([asked?.method, asked?.url]).toEqual([method, url]);
		// Node.js loses the one that its own objects have already.
		const { __proto__: __, ...others } = { ...asked?.headers };
		expect(others).toEqual({ ...headers });
	});

	it('is read again when only its target is another', () => {
		const reader = new PlainRequestReader();
		const fields = `${HOST}X-A: 1\r\n\r\n`;
		const first = reader.read(Buffer.from(`GET /a HTTP/1.1\r\n${fields}`));
		const second = reader.read(Buffer.from(`HEAD /b HTTP/1.1\r\n${fields}`));
		const third = reader.read(Buffer.from(`GET /c HTTP/1.1\r\n${HOST}X-A: 2\r\n\r\n`));
		expect([first, second, third].map((each) => [each?.method, each?.url, each?.headers['x-a']])).toEqual([
			['GET', '/a', '1'],
			['HEAD', '/b', '1'],
			['GET', '/c', '2'],
		]);
	});

	it.each([
		['nothing', ''],
		['a part of a head', `${LINE}Host: gat`],
		['a head without its end', `${LINE}${HOST}`],
		['two requests', `${LINE}${HOST}\r\n${LINE}${HOST}\r\n`],
		['bytes behind the head', `${LINE}${HOST}\r\n\0`],
		['bytes before it', `\r\n${LINE}${HOST}\r\n`],
		['another method', `POST /whep/yard HTTP/1.1\r\n${HOST}\r\n`],
		['a method in small letters', `get / HTTP/1.1\r\n${HOST}\r\n`],
		['the version before', `GET / HTTP/1.0\r\n${HOST}\r\n`],
		['a target of a proxy', `GET http://gateway/ HTTP/1.1\r\n${HOST}\r\n`],
		['a target of two words', `GET /a b HTTP/1.1\r\n${HOST}\r\n`],
		['a target of other letters', `GET /\xe9 HTTP/1.1\r\n${HOST}\r\n`],
		['no host', `${LINE}X-A: 1\r\n\r\n`],
		['an empty host', `${LINE}Host: \r\n\r\n`],
		['two hosts', `${LINE}${HOST}${HOST}\r\n`],
		['a field twice', `${LINE}${HOST}X-A: 1\r\nx-a: 1\r\n\r\n`],
		['a body by its length', `${LINE}${HOST}Content-Length: 3\r\n\r\n`],
		['no body by its length', `${LINE}${HOST}Content-Length: 0\r\n\r\n`],
		['a body in chunks', `${LINE}${HOST}Transfer-Encoding: chunked\r\n\r\n`],
		['an expectation', `${LINE}${HOST}Expect: 100-continue\r\n\r\n`],
		['another protocol', `${LINE}${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
		['another protocol by its name alone', `${LINE}${HOST}Upgrade: h2c\r\n\r\n`],
		['settings of another protocol', `${LINE}${HOST}HTTP2-Settings: AAMAAABk\r\n\r\n`],
		['codings of the answer', `${LINE}${HOST}TE: trailers\r\n\r\n`],
		['fields behind a body', `${LINE}${HOST}Trailer: X-A\r\n\r\n`],
		['a connection that ends', `${LINE}${HOST}Connection: close\r\n\r\n`],
		['a field without a name', `${LINE}${HOST}: 1\r\n\r\n`],
		['a name with a blank', `${LINE}${HOST}X-A : 1\r\n\r\n`],
		['a line that goes on', `${LINE}${HOST}X-A: 1\r\n 2\r\n\r\n`],
		['a line without a colon', `${LINE}${HOST}X-A\r\n\r\n`],
		['a bare line feed', `${LINE}${HOST}X-A: 1\nContent-Length: 3\r\n\r\n`],
		['a bare carriage return', `${LINE}${HOST}X-A: 1\rContent-Length: 3\r\n\r\n`],
		['a zero', `${LINE}${HOST}X-A: \0\r\n\r\n`],
		['a head that is too long', `${LINE}${HOST}X-A: ${'a'.repeat(8192)}\r\n\r\n`],
	])('is not: %s', (_, text) => {
		expect(read(text)).toBeUndefined();
	});
});
