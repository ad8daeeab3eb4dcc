import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { Scope } from '../../src/base/scope.ts';
import { RtspServer, type RtspServerOptions } from '../../src/rtsp/server/server.ts';
import { openUdpPortPair } from '../../src/rtsp/udp-port-pair.ts';
import { CERTIFICATES } from '../camera/front-door.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';
import { FakePresentation, frameOf } from '../unit/rtsp/server/fake-presentation.ts';

const CLOSE_DEADLINE = { timeout: 5000 };
/** Bytes on their way between two sockets. */
const MORE_THAN_A_SYSTEM_KEEPS = 256 * 1024 * 1024;
let scope = new Scope();
afterEach(async () => {
	await scope.close();
	scope = new Scope();
});

async function start(maxConnections = 10, options: Partial<RtspServerOptions> = {}) {
	const clock = new VirtualClock();
	const presentation = new FakePresentation();
	const server = await RtspServer.listen({
		host: '127.0.0.1',
		port: 0,
		presentations: { open: async (path) => (path === 'cam' ? presentation : undefined) },
		clock,
		logger: silentLogger,
		randomBytes: (length) => new Uint8Array(length).fill(7),
		maxConnections,
		...options,
	});
	scope.defer(() => server.close());
	return { clock, presentation, server, url: `rtsp://127.0.0.1:${server.port}/cam` };
}

/** A client that sends text and keeps what comes back. */
class RawClient {
	readonly socket: Socket;
	received = '';

	constructor(port: number) {
		this.socket = connect(port, '127.0.0.1');
		this.socket.setEncoding('latin1');
		this.socket.on('data', (text) => {
			this.received += text;
		});
		this.socket.on('error', () => {});
		scope.defer(() => void this.socket.destroy());
	}

	send(method: string, url: string, ...headers: string[]): void {
		this.socket.write([`${method} ${url} RTSP/1.0`, 'CSeq: 1', ...headers, '', ''].join('\r\n'));
	}

	/** Status codes of the answers so far. */
	get statuses(): number[] {
		return [...this.received.matchAll(/RTSP\/1\.0 (\d{3})/g)].map((match) => Number(match[1]));
	}

	async answers(...statuses: number[]): Promise<void> {
		await expect.poll(() => this.statuses, CLOSE_DEADLINE).toEqual(statuses);
	}

	async closed(): Promise<void> {
		await expect.poll(() => this.socket.closed, CLOSE_DEADLINE).toBe(true);
	}
}

async function udpSocket(): Promise<UdpSocket> {
	const socket = createSocket('udp4');
	socket.bind(0, '127.0.0.1');
	await once(socket, 'listening');
	scope.defer(() => new Promise<void>((done) => socket.close(() => done())));
	return socket;
}

describe('RtspServer', () => {
	it('answers requests that come at once in their order', async () => {
		const { server, url } = await start();
		const client = new RawClient(server.port);
		client.send('OPTIONS', url);
		client.send('DESCRIBE', `${url}/nothing`);
		client.send('DESCRIBE', url);
		client.send('PLAY', url);
		await client.answers(200, 404, 200, 455);
	});

	it('gives a channel to one track only, and frees it with the teardown', async () => {
		const { server, url } = await start();
		const client = new RawClient(server.port);
		const transport = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1';
		client.send('SETUP', `${url}/trackID=0`, transport);
		client.send('SETUP', `${url}/trackID=1`, transport);
		client.send('SETUP', `${url}/trackID=1`, 'Transport: RTP/AVP/TCP;unicast');
		await client.answers(200, 461, 200);
		expect(client.received).toContain('interleaved=2-3');
		client.send('TEARDOWN', url);
		client.send('SETUP', `${url}/trackID=1`, transport);
		await client.answers(200, 461, 200, 200, 200);
	});

	it('closes a client that says nothing', async () => {
		const { server, clock, url } = await start();
		const client = new RawClient(server.port);
		client.send('DESCRIBE', url);
		await client.answers(200);
		await clock.advance(59_000);
		client.send('OPTIONS', url);
		await client.answers(200, 200);
		await clock.advance(59_000);
		expect(client.socket.closed).toBe(false);
		await clock.advance(10_000);
		await client.closed();
	});

	it.each([
		['sends nothing', ''],
		['asks for nothing but options', 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'],
		['never ends its request', 'DESCRIBE rtsp://h/cam RTSP/1.0\r\nX-Slow: '],
	])('gives no place to a client that %s', async (_, text) => {
		const { server, clock } = await start();
		const client = new RawClient(server.port);
		await once(client.socket, 'connect');
		client.socket.write(text);
		if (text.startsWith('OPTIONS')) await client.answers(200);
		await expect.poll(() => server.connections, CLOSE_DEADLINE).toBe(1);
		await clock.advance(14_000);
		client.socket.write(text.startsWith('DESCRIBE') ? 'x' : '');
		expect(client.socket.closed).toBe(false);
		await clock.advance(1000);
		await client.closed();
		expect(server.connections).toBe(0);
	});

	it.each([
		['more requests than it may', 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'.repeat(100)],
		['a head without end', `DESCRIBE rtsp://h/cam RTSP/1.0\r\n${'X: y\r\n'.repeat(10_000)}`],
		['a body without end', 'OPTIONS * RTSP/1.0\r\nContent-Length: 1000000000\r\n\r\n'],
		['garbage', 'x'.repeat(2_000_000)],
		['HTTP', 'HTTP/1.1 200 OK\r\n\r\n'],
	])('ends a client that sends %s, and no other', async (_, text) => {
		const { server, url, presentation } = await start();
		const other = new RawClient(server.port);
		other.send('SETUP', `${url}/trackID=0`, 'Transport: RTP/AVP/TCP;unicast');
		other.send('PLAY', url);
		await other.answers(200, 200);
		const client = new RawClient(server.port);
		client.socket.write(text);
		await client.closed();
		presentation.deliver(frameOf(0, 42, true));
		await expect.poll(() => other.received.charCodeAt(other.received.length - 1), CLOSE_DEADLINE).toBe(42);
	});

	it('ends a client that asks and asks and takes no answer, before it is let in', async () => {
		const { server } = await start();
		const client = new RawClient(server.port);
		client.socket.pause();
		await expect.poll(() => server.connections, CLOSE_DEADLINE).toBe(1);
		// What is required and not known is repeated in the answer.
		const text = `OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nRequire: ${'x'.repeat(8000)}\r\n\r\n`;
		const closed = once(client.socket, 'close');
		for (let sent = 0; sent < MORE_THAN_A_SYSTEM_KEEPS && server.connections > 0; sent += text.length) {
			if (!client.socket.write(text)) await Promise.race([once(client.socket, 'drain'), closed]);
		}
		expect(server.connections).toBe(0);
	});

	it('lets answers wait behind media', async () => {
		const { server, url, presentation } = await start();
		const client = new RawClient(server.port);
		client.send('SETUP', `${url}/trackID=0`, 'Transport: RTP/AVP/TCP;unicast');
		client.send('PLAY', url);
		await client.answers(200, 200);
		client.socket.pause();
		presentation.deliver({ ...frameOf(0, 1, true), packets: new Array(1000).fill(new Uint8Array(60_000)) });
		client.send('OPTIONS', url);
		client.send('TEARDOWN', url);
		await expect.poll(() => presentation.readers.size, CLOSE_DEADLINE).toBe(0);
		client.socket.resume();
		await client.answers(200, 200, 200, 200);
	});

	it.each([
		['8000 digits', '9'.repeat(8000)],
		['more than 32 bits', '12345678901'],
		['-1', '-1'],
		['1e3', '1e3'],
		['two numbers', '1 2'],
		['nothing', ''],
	])('refuses a CSeq of %s and does not repeat it', async (_, sequence) => {
		const { server } = await start();
		const client = new RawClient(server.port);
		client.socket.write(`OPTIONS * RTSP/1.0\r\nCSeq: ${sequence}\r\n\r\n`);
		await client.answers(400);
		expect(client.received).not.toContain('CSeq');
		client.send('OPTIONS', '*');
		await client.answers(400, 200);
	});

	it.each(['0', '007', '4294967295'])('repeats the CSeq %s as it is', async (sequence) => {
		const { server } = await start();
		const client = new RawClient(server.port);
		client.socket.write(`OPTIONS * RTSP/1.0\r\ncseq:${sequence} \r\n\r\n`);
		await client.answers(200);
		expect(client.received).toContain(`\r\nCSeq: ${sequence}\r\n`);
	});

	it('plays over UDP to the address the requests come from, whatever destination is asked for', async () => {
		const { server, url, presentation } = await start();
		const [rtp, rtcp] = [await udpSocket(), await udpSocket()];
		const client = new RawClient(server.port);
		const ports = `${rtp.address().port}-${rtcp.address().port}`;
		client.send('SETUP', `${url}/trackID=0`, `Transport: RTP/AVP;unicast;destination=192.0.2.1;client_port=${ports}`);
		client.send('PLAY', url);
		await client.answers(200, 200);
		expect(client.received).not.toContain('192.0.2.1');
		const media = once(rtp, 'message');
		presentation.deliver(frameOf(0, 42, true));
		expect((await media)[0].at(-1)).toBe(42);
	});

	it('plays on over UDP as long as RTCP comes back', async () => {
		const { server, clock, url, presentation } = await start();
		const [rtp, rtcp] = [await udpSocket(), await udpSocket()];
		const client = new RawClient(server.port);
		const ports = `${rtp.address().port}-${rtcp.address().port}`;
		client.send('SETUP', `${url}/trackID=0`, `Transport: RTP/AVP;unicast;client_port=${ports}`);
		await client.answers(200);
		const [, rtpPort, rtcpPort] = /server_port=(\d+)-(\d+)/.exec(client.received) ?? [];
		expect(Number(rtpPort) % 2).toBe(0);
		client.send('PLAY', url);
		await client.answers(200, 200);
		const media = once(rtp, 'message');
		presentation.deliver(frameOf(0, 42, true));
		expect((await media)[0].at(-1)).toBe(42);

		for (let minute = 0; minute < 3; minute++) {
			rtcp.send(Buffer.from('80c9000100000001', 'hex'), Number(rtcpPort), '127.0.0.1');
			// A packet that goes the other way later has arrived, so the server has had its turn to read the report.
			const reported = once(rtcp, 'message');
			await clock.advance(5000);
			presentation.deliver(frameOf(0, minute, true));
			await reported;
			await clock.advance(40_000);
			expect(client.socket.closed).toBe(false);
		}
		await clock.advance(70_000);
		await client.closed();
		expect(presentation.readers.size).toBe(0);
	});

	it('plays on over TCP to a client that only listens', async () => {
		const { server, clock, url, presentation } = await start();
		const client = new RawClient(server.port);
		client.send('SETUP', `${url}/trackID=0`, 'Transport: RTP/AVP/TCP;unicast');
		client.send('PLAY', url);
		await client.answers(200, 200);
		await clock.advance(300_000);
		presentation.deliver(frameOf(0, 42, true));
		await expect.poll(() => client.received.charCodeAt(client.received.length - 1), CLOSE_DEADLINE).toBe(42);
		client.socket.destroy();
		await expect.poll(() => presentation.readers.size, CLOSE_DEADLINE).toBe(0);
	});

	it('turns away more clients than it may have', async () => {
		const { server, url } = await start(1);
		const first = new RawClient(server.port);
		first.send('OPTIONS', url);
		await first.answers(200);
		await new RawClient(server.port).closed();
	});

	it('frees its ports, and says goodbye to who plays', async () => {
		const { server, url, presentation } = await start();
		const client = new RawClient(server.port);
		const { port } = server;
		const [rtp, rtcp] = [await udpSocket(), await udpSocket()];
		const ports = `${rtp.address().port}-${rtcp.address().port}`;
		client.send('SETUP', `${url}/trackID=0`, `Transport: RTP/AVP;unicast;client_port=${ports}`);
		client.send('PLAY', url);
		await client.answers(200, 200);
		const heard: number[] = [];
		rtcp.on('message', (bytes) => heard.push(...bytes.filter((_, at) => at % 4 === 1)));
		presentation.deliver(frameOf(0, 1, true));
		const [, first = '', second = ''] = /server_port=(\d+)-(\d+)/.exec(client.received) ?? [];
		await server.close();
		await client.closed();
		await expect.poll(() => heard, CLOSE_DEADLINE).toContain(203);
		const again = await openUdpPortPair('127.0.0.1', Number(first));
		scope.defer(() => void again.rtp.close());
		scope.defer(() => void again.rtcp.close());
		expect(again.rtcp.address().port).toBe(Number(second));
		const [failure] = await once(connect(port, '127.0.0.1'), 'error');
		expect(failure).toMatchObject({ code: 'ECONNREFUSED' });
	});

	it('frees its port when it cannot have the UDP port that was chosen', async () => {
		const taken = await openUdpPortPair('127.0.0.1');
		scope.defer(() => void taken.rtp.close());
		scope.defer(() => void taken.rtcp.close());
		const probe = createServer().listen(0, '127.0.0.1');
		await once(probe, 'listening');
		const { port } = probe.address() as AddressInfo;
		await new Promise((done) => probe.close(done));
		await expect(start(10, { port, udpPort: taken.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
		await start(10, { port });
	});

	it('closes although a client of TLS never says anything', async () => {
		const tls = {
			cert: readFileSync(`${CERTIFICATES}/camera-cert.pem`),
			key: readFileSync(`${CERTIFICATES}/camera-key.pem`),
		};
		const { server, clock } = await start(10, { tls });
		const [silent, brief] = [new RawClient(server.port), new RawClient(server.port)];
		await Promise.all([once(silent.socket, 'connect'), once(brief.socket, 'connect')]);
		brief.socket.write('no TLS at all\r\n\r\n');
		await brief.closed();
		const closed = server.close();
		await clock.advance(1000);
		await closed;
		await silent.closed();
	});

	it('closes although a client takes nothing', async () => {
		const { server, clock, url, presentation } = await start();
		const client = new RawClient(server.port);
		client.send('SETUP', `${url}/trackID=0`, 'Transport: RTP/AVP/TCP;unicast');
		client.send('PLAY', url);
		await client.answers(200, 200);
		client.socket.pause();
		const big = { ...frameOf(0, 1, true), packets: Array.from({ length: 1000 }, () => new Uint8Array(60_000)) };
		presentation.deliver(big);
		const closed = server.close();
		await clock.advance(1000);
		await closed;
	});
});
