import { once } from 'node:events';
import { type AddressInfo, createServer, type LookupFunction, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { CLIENT_LIMITS } from '../../../src/rtsp/client/limits.ts';
import { Login } from '../../../src/rtsp/client/login.ts';
import { openHttpTunnel } from '../../../src/rtsp/client/wire/http-tunnel.ts';
import type { Wire } from '../../../src/rtsp/client/wire/wire.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const GRANTED = 'HTTP/1.0 200 OK\r\n\r\n';
const CHALLENGE = 'HTTP/1.0 401 No\r\nWWW-Authenticate: Basic realm="r"\r\n\r\n';
const closers: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

const refuseLookup: LookupFunction = (_host, _options, callback) => callback(new Error('no name is looked up'), '');

/** One connection to a web server that closes none by itself. */
type Visit = { readonly socket: Socket; text: string };

class WebServer {
	readonly visits: Visit[] = [];
	/** Connections the client has begun. */
	dials = 0;
	readonly #server = createServer({ allowHalfOpen: true }, (socket) => this.#welcome(socket));
	readonly #answer: (text: string) => string | undefined;

	constructor(answer: (text: string) => string | undefined) {
		this.#answer = answer;
	}

	/** @param onEnd takes why the tunnel ended */
	async open(onEnd: (failure: Error | undefined) => void = () => {}): Promise<Wire> {
		this.#server.listen(0, '127.0.0.1');
		await once(this.#server, 'listening');
		closers.push(() => {
			for (const { socket } of this.visits) socket.destroy();
			return new Promise((resolve) => this.#server.close(resolve));
		});
		const { port } = this.#server.address() as AddressInfo;
		const options = {
			host: '127.0.0.1',
			port,
			tls: undefined,
			places: { check: () => void this.dials++, lookup: refuseLookup },
			clock: new VirtualClock(),
			connectTimeout: 5000,
			responseTimeout: 5000,
			signal: new AbortController().signal,
			target: '/cam',
			login: new Login({ username: 'u', password: 'p' }, () => 0.5),
			userAgent: 'test',
		};
		const wire = await openHttpTunnel(options, () => 0.5);
		wire.start({ onBytes() {}, onEnd });
		closers.push(() => wire.destroy());
		return wire;
	}

	/** The visits whose first line begins so. */
	all(method: string): Visit[] {
		return this.visits.filter(({ text }) => text.startsWith(method));
	}

	#welcome(socket: Socket): void {
		const visit: Visit = { socket, text: '' };
		this.visits.push(visit);
		socket.on('error', () => {});
		socket.on('data', (chunk) => {
			const known = visit.text.includes('\r\n\r\n');
			visit.text += chunk.toString('latin1');
			const answer = known ? undefined : this.#answer(visit.text);
			if (answer !== undefined) socket.write(answer);
		});
	}
}

function bodyOf({ text }: Visit): string {
	return text.slice(text.indexOf('\r\n\r\n') + 4);
}

describe('openHttpTunnel', () => {
	it('leaves no connection behind that was asked for a password', async () => {
		const server = new WebServer((text) => {
			if (text.startsWith('POST')) return undefined;
			return text.includes('Authorization') ? GRANTED : CHALLENGE;
		});
		await server.open();
		await expect.poll(() => server.visits.length).toBe(3);
		const [asked, get, post] = server.visits;
		await expect.poll(() => asked?.socket.readableEnded).toBe(true);
		expect([get?.socket.readableEnded, post?.socket.readableEnded]).toEqual([false, false]);
	});

	it('ends with a refusal of its GET whose head has no end', async () => {
		const server = new WebServer(() => 'HTTP/1.0 404 No\r\nServer: cam\r\n');
		await expect(server.open()).rejects.toMatchObject({ code: 'camera_unsupported', facts: { status: 404 } });
	});

	it.each([
		['HTTP/1.0 404 Not Found', 'camera_unsupported'],
		['SSH-2.0-x', 'camera_protocol'],
	])('leaves no connection behind that was answered %s', async (answer, code) => {
		const server = new WebServer(() => `${answer}\r\n\r\n`);
		await expect(server.open()).rejects.toMatchObject({ code });
		await expect.poll(() => server.visits.map(({ socket }) => socket.readableEnded)).toEqual([true]);
	});

	it.each(['HTTP/1.0 405 No\r\n', 'HTTP/1.0 405 No\r\nServer: cam\r\n', 'HTTP/1.0 405\n'])(
		'ends with a refusal of its POST whose head has no end: %j',
		async (refusal) => {
			const server = new WebServer((text) => (text.startsWith('GET') ? GRANTED : refusal));
			const failures: (Error | undefined)[] = [];
			await server.open((failure) => failures.push(failure));
			await expect.poll(() => failures).toMatchObject([{ code: 'camera_unsupported', facts: { status: 405 } }]);
		},
	);

	it.each(['HTTP/1.0 405', 'HTTP/1.0 200 OK\r\n', 'HTTP/1.0 401 No\r\nWWW-Authenticate: Basic realm="'])(
		'waits for what is still to come of an answer to its POST: %j',
		async (beginning) => {
			const server = new WebServer((text) => (text.startsWith('GET') ? GRANTED : beginning));
			const failures: (Error | undefined)[] = [];
			const wire = await server.open((failure) => failures.push(failure));
			await expect.poll(() => server.all('POST').length).toBe(1);
			wire.write(Buffer.from('still here'));
			await expect.poll(() => bodyOf(server.all('POST')[0] as Visit)).toBe(btoa('still here'));
			expect([failures, server.all('POST').length]).toEqual([[], 1]);
		},
	);

	it('holds no more than it may while a POST is opened', async () => {
		const server = new WebServer((text) => (text.startsWith('GET') ? GRANTED : undefined));
		const wire = await server.open();
		await expect.poll(() => server.all('POST').length).toBe(1);
		server.all('POST')[0]?.socket.destroy();
		const piece = Buffer.alloc(3 * 1024, 'x');
		let most = 0;
		// The write that finds the POST ended opens another one: what comes within the same turn waits for it.
		await expect
			.poll(() => {
				wire.write(piece);
				if (server.dials < 3) return false;
				for (let count = 0; count < 100; count++) wire.write(piece);
				most = wire.waiting;
				return true;
			})
			.toBe(true);
		expect(most).toBe(CLIENT_LIMITS.tunnelQueueBytes);
		await expect.poll(() => bodyOf(server.all('POST').at(-1) as Visit).length).toBe(65_536);
		expect(wire.waiting).toBe(0);
		wire.write(Buffer.from('and on'));
		await expect.poll(() => bodyOf(server.all('POST').at(-1) as Visit).slice(65_536)).toBe(btoa('and on'));
	});

	it('closes both halves', async () => {
		const server = new WebServer((text) => (text.startsWith('GET') ? GRANTED : undefined));
		const wire = await server.open();
		await expect.poll(() => server.all('POST').length).toBe(1);
		wire.destroy();
		await expect.poll(() => server.visits.map(({ socket }) => socket.readableEnded)).toEqual([true, true]);
	});
});
