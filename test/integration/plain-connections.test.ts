import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../src/base/http-exchange.ts';
import { HEADERS_TIMEOUT_MS, IDLE_TIMEOUT_MS } from '../../src/http/limits.ts';
import { listenHttp, type WebServer } from '../../src/http/web-server.ts';

type Asked = { by: 'plain' | 'node'; request: HttpRequest; response: HttpResponse; timeout?: number | undefined };

let server: WebServer;
let asked: Asked[];
let client: Client;

/** A client that shows what came. */
class Client {
	readonly socket: Socket;
	text = '';
	ended = false;

	constructor(port: number) {
		this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
		this.socket.setEncoding('latin1');
		this.socket.on('data', (chunk: string) => {
			this.text += chunk;
		});
		this.socket.on('error', () => {});
		this.socket.on('end', () => {
			this.ended = true;
		});
	}

	ask(method: string, target: string, fields = '', body = ''): void {
		this.socket.write(`${method} ${target} HTTP/1.1\r\nHost: gateway\r\n${fields}\r\n${body}`);
	}

	/** The answers as they stand, dates left out. */
	get answers(): string {
		return this.text.replace(/Date: [^\r]*\r\n/g, '');
	}
}

/** Takes what is below `/plain/`. */
function plain(request: HttpRequest, response: HttpResponse): boolean {
	if (!request.url?.startsWith('/plain/')) return false;
	asked.push({ by: 'plain', request, response, timeout: (request.socket as Socket).timeout });
	return true;
}

/** On a connection of its own, refused at once. */
async function exchange(): Promise<void> {
	const other = new Client(server.port);
	other.socket.write('no HTTP\r\n\r\n');
	await vi.waitFor(() => expect(other.text).toMatch(/^HTTP\/1\.1 400 /));
	other.socket.destroy();
}

async function nth(number: number): Promise<Asked> {
	await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(number));
	return asked[number - 1] as Asked;
}

beforeEach(async () => {
	asked = [];
	server = await listenHttp({ host: '127.0.0.1', port: 0 });
	server.serve({ plain, handle: (request, response) => void asked.push({ by: 'node', request, response }) });
	client = new Client(server.port);
});

afterEach(async () => {
	client.socket.destroy();
	await server.close();
});

describe('a connection with plain requests', () => {
	it('answers one after the other', async () => {
		client.ask('GET', '/plain/1');
		const first = await nth(1);
		expect([first.by, first.request.method, first.request.socket.remoteAddress]).toEqual(['plain', 'GET', '127.0.0.1']);
		first.response.writeHead(200, ['Content-Type', 'text/plain', 'Content-Length', '3']).end(Buffer.from('one'));
		await vi.waitFor(() => expect(client.text).toMatch(/one$/));
		client.ask('HEAD', '/plain/2');
		(await nth(2)).response.writeHead(200, { 'Content-Length': 5 }).end();
		await vi.waitFor(() => expect(client.text).toMatch(/Length: 5\r\n.*\r\n\r\n$/));
		client.ask('GET', '/plain/3');
		const third = (await nth(3)).response;
		third.statusCode = 404;
		third.setHeader('X-One', 1);
		third.setHeader('X-Two', '2');
		third.setHeader('x-one', 4);
		third.end('none');
		await vi.waitFor(() => expect(client.text).toMatch(/none$/));
		expect(client.answers).toBe(
			'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\none' +
				'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n' +
				'HTTP/1.1 404 Not Found\r\nx-one: 4\r\nX-Two: 2\r\nContent-Length: 4\r\n\r\nnone',
		);
		expect(client.text).toMatch(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r$/m);
	});

	it('tells two answers with one head apart', async () => {
		const head = ['Content-Length', '3'];
		for (const [number, word] of ['one', 'two', 'two'].entries()) {
			client.ask('GET', `/plain/${number}`);
			(await nth(number + 1)).response.writeHead(200, head).end(Buffer.from(word));
		}
		await vi.waitFor(() => expect(client.text).toMatch(/one.*two.*two$/s));
	});

	it('lets questions wait that come before the answer, and keeps their order', async () => {
		client.ask('GET', '/plain/1');
		await nth(1);
		client.ask('GET', '/plain/2');
		client.ask('GET', '/other/3');
		await exchange();
		expect(asked.length).toBe(1);
		(await nth(1)).response.writeHead(200, { 'Content-Length': 3 }).end(Buffer.from('one'));
		(await nth(2)).response.writeHead(200, { 'Content-Length': 3 }).end(Buffer.from('two'));
		(await nth(3)).response.writeHead(200, { 'Content-Length': 5 }).end(Buffer.from('three'));
		await vi.waitFor(() => expect(client.text).toMatch(/one.*two.*three$/s));
		expect(asked.map(({ request }) => request.url)).toEqual(['/plain/1', '/plain/2', '/other/3']);
	});

	it.each([
		['what the handler leaves', () => client.ask('GET', '/other')],
		['another method', () => client.ask('POST', '/plain/2', 'Content-Length: 2\r\n', 'hi')],
		['a connection that ends', () => client.ask('GET', '/plain/2', 'Connection: close\r\n')],
		['a field twice', () => client.ask('GET', '/plain/2', 'X-A: 1\r\nX-A: 2\r\n')],
		[
			'a head in pieces',
			async () => {
				await new Promise((resolve) => client.socket.write('GET /plain/2 HTTP/1.1\r\nHo', resolve));
				// What was sent before a whole exchange has been read by its end.
				await exchange();
				client.socket.write('st: gateway\r\n\r\n');
			},
		],
	])('goes on with Node.js, for good, at %s', async (_, ask) => {
		client.ask('GET', '/plain/1');
		(await nth(1)).response.writeHead(200, { 'Content-Length': 3 }).end(Buffer.from('one'));
		await vi.waitFor(() => expect(client.text).toMatch(/one$/));
		await ask();
		const second = await nth(2);
		expect(second.by).toBe('node');
		second.response.writeHead(200, { 'Content-Length': 3 }).end('two');
		await vi.waitFor(() => expect(client.text).toMatch(/one.*two$/s));
	});

	it.each([
		['no HTTP at all\r\n\r\n'],
		['GET /plain/1 HTTP/1.1\r\n\r\n'],
		['GET /plain/1 HTTP/1.1\r\nHost : a\r\n\r\n'],
	])('has Node.js refuse what is none: %j', async (text) => {
		client.socket.write(text);
		await vi.waitFor(() => expect(client.text).toMatch(/^HTTP\/1\.1 400 /));
		expect(asked.length).toBe(0);
	});

	it('has heads of several requests in one piece read by Node.js', async () => {
		const request = (number: number) => `GET /plain/${number} HTTP/1.1\r\nHost: gateway\r\n\r\n`;
		client.socket.write(request(1) + request(2));
		for (const number of [1, 2]) {
			const { by, response } = await nth(number);
			expect(by).toBe('node');
			response.writeHead(200, { 'Content-Length': 1 }).end(`${number}`);
		}
		await vi.waitFor(() => expect(client.text).toMatch(/1.*2$/s));
	});

	it.each([
		['http://cams.example:81/plain/1?a=b', '/plain/1?a=b', 'cams.example:81'],
		['HTTPS://user@cams.example?a=http://b/', '/?a=http://b/', 'cams.example'],
		['/http://cams.example/', '/http://cams.example/', 'gateway'],
		['*', '*', 'gateway'],
	])('takes the whole address for its path, as proxies may write it: %s', async (target, path, host) => {
		client.ask('GET', target);
		const { by, request } = await nth(1);
		expect([by, request.url, request.headers.host]).toEqual(['node', path, host]);
	});

	it('forgets a held request whose client goes', async () => {
		client.ask('GET', '/plain/1');
		const { response } = await nth(1);
		const closed = vi.fn();
		response.on('close', closed);
		client.socket.destroy();
		await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(1));
		expect(response.destroyed).toBe(true);
		response.writeHead(200, []).end(Buffer.from('late'));
		expect(closed).toHaveBeenCalledTimes(1);
	});

	it('forgets a held request whose client says no more', async () => {
		client.ask('GET', '/plain/1');
		const { response } = await nth(1);
		const closed = vi.fn();
		response.on('close', closed);
		client.socket.end();
		await vi.waitFor(() => expect(client.ended).toBe(true));
		expect(closed).toHaveBeenCalledTimes(1);
		expect(response.destroyed).toBe(true);
		expect(client.text).toBe('');
	});

	it('has the time of a head for its first request, then that of silence, and is cut when it is over', async () => {
		client.ask('GET', '/plain/1');
		const { request, response } = await nth(1);
		const socket = request.socket as Socket;
		expect(asked[0]?.timeout).toBe(HEADERS_TIMEOUT_MS);
		expect(socket.timeout).toBe(IDLE_TIMEOUT_MS);
		socket.emit('timeout');
		await vi.waitFor(() => expect(client.ended).toBe(true));
		expect(response.destroyed).toBe(true);
	});

	it('reads no more from who says much before the answer', async () => {
		client.ask('GET', '/plain/1');
		const { request, response } = await nth(1);
		const socket = request.socket as Socket;
		client.socket.write(Buffer.alloc(16 * 1024 * 1024, 'a'));
		await vi.waitFor(() => expect(socket.isPaused()).toBe(true));
		await exchange();
		expect(socket.bytesRead).toBeLessThan(1024 * 1024);
		response.writeHead(200, { 'Content-Length': 3 }).end(Buffer.from('one'));
		await vi.waitFor(() => expect(client.text).toMatch(/one.*HTTP\/1\.1 4\d\d /s));
	});

	it('ends alone when its client breaks it', async () => {
		const idle = new Client(server.port);
		await once(idle.socket, 'connect');
		client.ask('GET', '/plain/1');
		const { response } = await nth(1);
		idle.socket.resetAndDestroy();
		client.socket.resetAndDestroy();
		await vi.waitFor(() => expect(response.destroyed).toBe(true));
		response.end('nobody');
		await exchange();
	});

	it('says that an answer is over when the system has it, not before', async () => {
		client.socket.pause();
		client.ask('GET', '/plain/1');
		const { response } = await nth(1);
		const closed = vi.fn();
		response.on('close', closed);
		const body = Buffer.alloc(32 * 1024 * 1024, 'a');
		response.writeHead(200, ['Content-Length', `${body.length}`]).end(body);
		const closedToo = vi.fn();
		response.on('close', closedToo);
		expect(response.writableEnded).toBe(true);
		// Whoever does not read is not asked what else he wants.
		client.ask('GET', '/plain/2');
		await exchange();
		expect(closed).not.toHaveBeenCalled();
		expect(closedToo).not.toHaveBeenCalled();
		expect(asked.length).toBe(1);
		client.socket.resume();
		await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(1), { timeout: 10_000 });
		await vi.waitFor(() => expect(closedToo).toHaveBeenCalledTimes(1), { timeout: 10_000 });
		(await nth(2)).response.writeHead(200, { 'Content-Length': 3 }).end(Buffer.from('two'));
		await vi.waitFor(() => expect(client.text.endsWith('two')).toBe(true), { timeout: 10_000 });
		expect(client.text.length).toBeGreaterThan(body.length);
	});

	it('refuses a header that would be two', async () => {
		client.ask('GET', '/plain/1');
		const { response } = await nth(1);
		response.writeHead(307, { Location: '/a\r\nX-Evil: 1' });
		expect(() => response.end()).toThrow(/Invalid character/);
	});

	it('is cut when the port is closed', async () => {
		client.ask('GET', '/plain/1');
		const { response } = await nth(1);
		await server.close();
		await vi.waitFor(() => expect(response.destroyed).toBe(true));
		await vi.waitFor(() => expect(client.ended || client.socket.destroyed).toBe(true));
	});
});
