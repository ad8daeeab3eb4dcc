import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { type DialOptions, dial } from '../../../src/rtsp/client/wire/dial.ts';
import { CERTIFICATES, FINGERPRINT } from '../../camera/front-door.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const HOME = '127.0.0.1';
const OLD = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
const closers: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<number> {
	const sockets = new Set<Socket>();
	server.on('connection', (socket: Socket) => {
		sockets.add(socket);
		socket.on('error', () => {});
	});
	server.listen(0, HOME);
	await once(server, 'listening');
	closers.push(() => {
		for (const socket of sockets) socket.destroy();
		return new Promise((resolve) => server.close(resolve));
	});
	return (server.address() as AddressInfo).port;
}

/** A camera that speaks TLS. */
async function listenTls(options: TlsOptions): Promise<{ port: number; names: TLSSocket['servername'][] }> {
	const cert = readFileSync(`${CERTIFICATES}/camera-cert.pem`);
	const names: TLSSocket['servername'][] = [];
	const server = createTlsServer({ cert, key: readFileSync(`${CERTIFICATES}/camera-key.pem`), ...options });
	server.on('secureConnection', (socket: TLSSocket) => names.push(socket.servername));
	return { port: await listen(server), names };
}

async function reach(options: Pick<DialOptions, 'port' | 'tls'> & Partial<DialOptions>): Promise<Socket> {
	const signal = new AbortController().signal;
	const socket = await dial({ host: HOME, clock: new VirtualClock(), connectTimeout: 5000, signal, ...options });
	closers.push(() => socket.destroy());
	return socket;
}

describe('a TLS connection', () => {
	it('to a camera that is not checked may be as old as the camera', async () => {
		const { port } = await listenTls(OLD);
		expect(await reach({ port, tls: 'unchecked' })).toMatchObject({ encrypted: true });
	});

	it.each(['chain', { fingerprint: FINGERPRINT }] as const)('to one that is checked, %j, is not', async (tls) => {
		const { port } = await listenTls(OLD);
		await expect(reach({ port, tls })).rejects.toMatchObject({ code: 'camera_protocol' });
	});

	it.each([
		[HOME, undefined, false],
		['localhost', undefined, 'localhost'],
		// Its name is told where its address is known as well.
		['camera.test', HOME, 'camera.test'],
	])('to %s at %s says the name %s', async (host, address, expected) => {
		const { port, names } = await listenTls({});
		await reach({ host, port, tls: 'unchecked', ...(address !== undefined && { address }) });
		await expect.poll(() => names).toEqual([expected]);
	});
});

describe('a connection that is not had in time', () => {
	it.each([
		['when its time is over', 'camera_timeout'],
		['when it is given up', 'camera_closed'],
	])('is closed %s', async (_, code) => {
		const server = createServer();
		const connected = once(server, 'connection');
		const port = await listen(server);
		const clock = new VirtualClock();
		const giveUp = new AbortController();
		const outcome = expect(reach({ port, tls: 'unchecked', clock, signal: giveUp.signal })).rejects.toMatchObject({
			code,
		});
		const [camera] = (await connected) as [Socket];
		camera.resume();
		await clock.advance(4999);
		if (code === 'camera_closed') giveUp.abort();
		else await clock.advance(1);
		await outcome;
		await expect.poll(() => camera.closed).toBe(true);
	});
});
