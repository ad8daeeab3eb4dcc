import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { Timer } from '../../../../src/base/clock.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { response } from '../../../../src/rtsp/message.ts';
import { type ConnectionOptions, ServerConnection } from '../../../../src/rtsp/server/connection.ts';
import { SERVER_LIMITS } from '../../../../src/rtsp/server/limits.ts';
import { UdpOutlets } from '../../../../src/rtsp/server/outlets/udp-outlet.ts';
import type { RequestGuard } from '../../../../src/rtsp/server/request-guard.ts';
import { openGuard } from '../../../../src/rtsp/server/request-guard.ts';
import { VirtualClock } from '../../../fakes/virtual-clock.ts';
import { FakePresentation, frameOf } from './fake-presentation.ts';

const URL = 'rtsp://h/cam';
const TCP = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1';
const UDP = 'Transport: RTP/AVP;unicast;client_port=5000-5001';
const RTCP_FRAME = '$\x01\x00\x08\x80\xc9\x00\x01\x00\x00\x00\x01';
const closers: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

/** Knows how many of its timers run. */
class CountingClock extends VirtualClock {
	readonly running = new Set<Timer>();

	override after(delay: number, run: () => void): Timer {
		const inner = super.after(delay, () => {
			this.running.delete(timer);
			run();
		});
		const timer = {
			cancel: () => {
				this.running.delete(timer);
				inner.cancel();
			},
		};
		this.running.add(timer);
		return timer;
	}
}

/** The client's end of a TCP connection. */
class FakeSocket extends Duplex {
	readonly remoteAddress = '127.0.0.1';
	readonly remotePort = 4000;
	received = '';

	override _read(): void {}

	override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
		this.received += chunk.toString('latin1');
		done();
	}

	setNoDelay(): void {}
	setKeepAlive(): void {}

	destroySoon(): void {
		this.end(() => this.destroy());
	}

	get statuses(): number[] {
		return [...this.received.matchAll(/RTSP\/1\.0 (\d{3})/g)].map((match) => Number(match[1]));
	}
}

function connect(options: Partial<ConnectionOptions> = {}) {
	const clock = new CountingClock();
	const socket = new FakeSocket();
	const presentation = new FakePresentation();
	let ends = 0;
	const connection = new ServerConnection({
		socket: socket as unknown as Socket,
		presentations: { open: async (path) => (path === 'cam' ? presentation : undefined) },
		guard: openGuard,
		clock,
		logger: silentLogger,
		sessionId: 'abcdef0123456789',
		udpPorts: undefined,
		onClosed: () => void ends++,
		...options,
	});
	closers.push(() => connection.close('the test is over'));
	let asked = 0;
	const ask = async (method: string, uri: string, ...headers: string[]): Promise<number | undefined> => {
		asked += 1;
		socket.push([`${method} ${uri} RTSP/1.0`, `CSeq: ${asked}`, ...headers, '', ''].join('\r\n'), 'latin1');
		await expect.poll(() => socket.statuses.length, { interval: 1 }).toBe(asked);
		return socket.statuses.at(-1);
	};
	return { clock, socket, presentation, connection, ask, ends: () => ends };
}

/** Refuses as long as it is told so. */
class FakeGuard implements RequestGuard {
	readonly asked: string[] = [];
	readonly signed: number[] = [];
	refusing = false;
	closed = 0;

	async authorize({ method }: { method: string }) {
		this.asked.push(method);
		return this.refusing ? response(401, 'Unauthorized', {}) : undefined;
	}

	sign(_request: unknown, { status }: { status: number }): void {
		this.signed.push(status);
	}

	close(): void {
		this.closed += 1;
	}
}

async function udpPorts(clock: VirtualClock): Promise<() => Promise<UdpOutlets>> {
	const outlets = await UdpOutlets.bind('127.0.0.1', 0, clock);
	closers.push(() => outlets.close());
	return async () => outlets;
}

describe('a connection that is closed', () => {
	it.each(['before its client is let in', 'by its client', 'while it plays'])('leaves nothing: %s', async (when) => {
		const guard = new FakeGuard();
		const { clock, socket, presentation, connection, ask, ends } = connect({ guard });
		if (when === 'while it plays') {
			await ask('SETUP', `${URL}/trackID=0`, TCP);
			await ask('PLAY', URL);
		}
		if (when === 'by its client') socket.destroy();
		else connection.close('enough');
		connection.close('again');
		await expect.poll(() => socket.closed).toBe(true);
		if (when === 'by its client') await clock.advance(SERVER_LIMITS.linger);
		expect(clock.running.size).toBe(0);
		expect([presentation.readers.size, guard.closed, ends()]).toEqual([0, 1, 1]);
	});

	it('sends nothing more of what waits to go by UDP', async () => {
		const clock = new CountingClock();
		const { socket, presentation, connection, ask } = connect({ clock, udpPorts: await udpPorts(clock) });
		await ask('SETUP', `${URL}/trackID=0`, UDP);
		await ask('PLAY', URL);
		const packets = new Array<Uint8Array>(200).fill(new Uint8Array(1200));
		presentation.deliver({ ...frameOf(0, 1, true), packets });
		const before = clock.running.size;
		connection.close('enough');
		await expect.poll(() => socket.closed).toBe(true);
		expect([before, clock.running.size]).toEqual([2, 0]);
	});
});

describe('a guard', () => {
	it('is asked again before anything is shown or opened, and for nothing else', async () => {
		const guard = new FakeGuard();
		const { ask } = connect({ guard });
		await ask('OPTIONS', URL);
		await ask('DESCRIBE', URL);
		await ask('SETUP', `${URL}/trackID=0`, TCP);
		await ask('PLAY', URL);
		for (const method of ['GET_PARAMETER', 'PAUSE', 'TEARDOWN']) await ask(method, URL);
		expect(guard.asked).toEqual(['DESCRIBE', 'SETUP', 'PLAY']);
	});

	it.each(['GET_PARAMETER', 'SET_PARAMETER', 'PAUSE', 'TEARDOWN', 'RECORD'])(
		'is asked for the %s of a client that was not let in',
		async (method) => {
			const guard = new FakeGuard();
			guard.refusing = true;
			expect(await connect({ guard }).ask(method, URL)).toBe(401);
		},
	);

	it('ends a client that is refused too often in a row', async () => {
		const guard = new FakeGuard();
		const { socket, ask } = connect({ guard });
		for (const round of [1, 2]) {
			guard.refusing = true;
			for (let count = 1; count < SERVER_LIMITS.refusals; count++) expect(await ask('DESCRIBE', URL)).toBe(401);
			expect([round, socket.writable]).toEqual([round, true]);
			guard.refusing = false;
			expect(await ask('DESCRIBE', URL)).toBe(200);
		}
		guard.refusing = true;
		for (let count = 0; count < SERVER_LIMITS.refusals; count++) expect(await ask('DESCRIBE', URL)).toBe(401);
		await expect.poll(() => socket.closed).toBe(true);
	});

	it('signs what was granted', async () => {
		const guard = new FakeGuard();
		const { ask } = connect({ guard });
		for (const uri of [URL, 'rtsp://h/other']) await ask('DESCRIBE', uri);
		expect(guard.signed).toEqual([200]);
	});

	it('that decides after the client left lets nothing be opened', async () => {
		let decide: () => void = () => {};
		const opened: string[] = [];
		const decided = new Promise<undefined>((resolve) => {
			decide = () => resolve(undefined);
		});
		const { socket, connection } = connect({
			guard: { authorize: () => decided },
			presentations: {
				async open(path) {
					opened.push(path);
					return undefined;
				},
			},
		});
		socket.push(`DESCRIBE ${URL} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
		await expect.poll(() => socket.readableLength).toBe(0);
		connection.close('enough');
		decide();
		await expect.poll(() => socket.closed).toBe(true);
		expect([opened, socket.received]).toEqual([[], '']);
	});
});

describe('the life of a client', () => {
	it.each([
		['that is set up and says nothing', [], '', true],
		['that paused and says nothing', ['PLAY', 'PAUSE'], '', true],
		['that paused and sends RTCP', ['PLAY', 'PAUSE'], RTCP_FRAME, false],
		['that plays and says nothing', ['PLAY'], '', false],
	] as const)('%s over TCP', async (_, methods, sign, ended) => {
		const { clock, socket, ask } = connect();
		await ask('SETUP', `${URL}/trackID=0`, TCP);
		for (const method of methods) await ask(method, URL);
		await clock.advance(59_000);
		if (sign !== '') socket.push(sign, 'latin1');
		await expect.poll(() => socket.readableLength).toBe(0);
		await clock.advance(10_000);
		await expect.poll(() => socket.writable).toBe(!ended);
	});

	it('that plays over UDP ends with its silence, and goes on with its words', async () => {
		const clock = new CountingClock();
		const { socket, ask } = connect({ clock, udpPorts: await udpPorts(clock) });
		await ask('SETUP', `${URL}/trackID=0`, UDP);
		await ask('PLAY', URL);
		for (let minute = 0; minute < 3; minute++) {
			await clock.advance(55_000);
			expect(await ask('GET_PARAMETER', URL)).toBe(200);
		}
		await clock.advance(66_000);
		await expect.poll(() => socket.writable).toBe(false);
	});
});

describe('what a client asks for', () => {
	it.each(['client_port=0-1', 'client_port=5000-0', 'client_port=70000-70001', 'client_port=65535', 'ttl=1'])(
		'is no way by UDP with %s',
		async (ports) => {
			const clock = new CountingClock();
			const { ask } = connect({ clock, udpPorts: await udpPorts(clock) });
			expect(await ask('SETUP', `${URL}/trackID=0`, `Transport: RTP/AVP;unicast;${ports}`)).toBe(461);
		},
	);

	it('is told of it at a bounded length', async () => {
		const { connection, ask } = connect();
		await ask('OPTIONS', '*', `User-Agent: ${'x'.repeat(5000)}`);
		expect(connection.userAgent).toBe('x'.repeat(SERVER_LIMITS.userAgentCharacters));
	});

	it.each([
		['interleaved=4-4', 461],
		['interleaved=255-256', 200],
		['interleaved=254-255', 200],
	])('is two channels that there are: %s, %i', async (channels, expected) => {
		const { ask, socket } = connect();
		const status = await ask('SETUP', `${URL}/trackID=0`, `Transport: RTP/AVP/TCP;unicast;${channels}`);
		expect(status).toBe(expected);
		expect(socket.received).not.toContain('256');
	});

	it('may have been long in all, where the answers were taken', async () => {
		const { ask } = connect();
		const text = `Require: ${'x'.repeat(8000)}`;
		for (let taken = 0; taken <= SERVER_LIMITS.answerBytes; taken += text.length) {
			expect(await ask('OPTIONS', '*', text)).toBe(551);
		}
		expect(await ask('OPTIONS', '*')).toBe(200);
	});

	it('that fails is answered, and the next is too', async () => {
		let fails = true;
		const { ask } = connect({
			presentations: {
				async open() {
					if (fails) throw new Error('CANARY');
					return undefined;
				},
			},
		});
		expect(await ask('DESCRIBE', URL)).toBe(500);
		fails = false;
		expect(await ask('DESCRIBE', URL)).toBe(404);
	});
});
