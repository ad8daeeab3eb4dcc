import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { onTestFinished } from 'vitest';
import type { DtlsClient } from 'werift';
import type { LocalParameters, PeerOptions, SecureTransport } from '../../src/webrtc/transport/secure-transport.ts';
import { frameDatagram, StreamDeframer } from '../../src/webrtc/transport/stream-framing.ts';
import { createClientCertificate, createDtlsClient } from '../fakes/werift-dtls-client.ts';
import { bindingRequest } from '../unit/webrtc-transport/binding-request.ts';

export const RAW_UFRAG = 'rawclient';
/** Of every client made by hand. */
export const certificate = await createClientCertificate();

/** Opens a place for a client made by hand. */
export function openRaw(transport: SecureTransport, changes: Partial<PeerOptions> = {}) {
	let secured: () => void = () => {};
	const whenSecured = new Promise<void>((resolve) => {
		secured = resolve;
	});
	const rtcp: Buffer[] = [];
	const closed: string[] = [];
	const opened = transport.open({
		remoteUfrag: RAW_UFRAG,
		remotePassword: 'not used by a lite agent',
		remoteFingerprint: certificate.fingerprint,
		onSecured: secured,
		onRtcp: (packet) => rtcp.push(Buffer.from(packet)),
		onClosed: (reason) => closed.push(reason),
		...changes,
	});
	return { ...opened, whenSecured, rtcp, closed };
}

/** A path of datagrams to the transport; it is closed with the test. */
export type Wire = {
	send(datagram: Buffer): void;
	/** The next datagram that passes, from now on. */
	next(accept: (datagram: Buffer) => boolean): Promise<Buffer>;
	onDatagram(handle: (datagram: Buffer) => void): void;
	close(): void;
};

function wire(send: (datagram: Buffer) => void, close: () => void): Wire & { deliver(datagram: Buffer): void } {
	const handlers = new Set<(datagram: Buffer) => void>();
	onTestFinished(close);
	return {
		send,
		close,
		deliver: (datagram) => {
			for (const handle of [...handlers]) handle(datagram);
		},
		onDatagram: (handle) => void handlers.add(handle),
		next: (accept) =>
			new Promise((resolve) => {
				const handle = (datagram: Buffer): void => {
					if (!accept(datagram)) return;
					handlers.delete(handle);
					resolve(datagram);
				};
				handlers.add(handle);
			}),
	};
}

export async function udpWire(port: number, host = '127.0.0.1'): Promise<Wire> {
	const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
	await new Promise<void>((resolve, reject) => {
		socket.once('error', (error) => reject(unreachable(host, error)));
		socket.bind(0, host, resolve);
	});
	const path = wire(
		(datagram) => socket.send(datagram, port, host),
		() => socket.close(),
	);
	socket.on('message', path.deliver);
	return path;
}

export type TcpWire = Wire & {
	readonly closed: Promise<void>;
	readonly localPort: number;
	/** Goes away as a process does that is killed. */
	reset(): void;
};

/** @param localPort the system's choice by default */
export async function tcpWire(port: number, host = '127.0.0.1', localPort?: number): Promise<TcpWire> {
	const socket = connect({ port, host, ...(localPort !== undefined && { localPort, localAddress: host }) });
	await new Promise<void>((resolve, reject) => {
		socket.once('error', (error) => reject(unreachable(host, error)));
		socket.once('connect', resolve);
	});
	const deframer = new StreamDeframer();
	const path = wire(
		(datagram) => void socket.write(frameDatagram(datagram)),
		() => socket.destroy(),
	);
	socket.on('data', (bytes) => deframer.push(bytes, (datagram) => path.deliver(Buffer.from(datagram))));
	socket.on('error', () => {});
	return {
		...path,
		closed: new Promise((resolve) => socket.once('close', () => resolve())),
		localPort: socket.localPort as number,
		reset: () => socket.resetAndDestroy(),
	};
}

function unreachable(host: string, cause: Error): Error {
	return new Error(`this test needs ${host}, which cannot be used here: ${cause.message}`, { cause });
}

/** The port of the TCP candidates. */
export function tcpPortOf({ candidates }: LocalParameters): number {
	return Number(candidates.find((line) => line.includes('tcptype passive'))?.split(' ')[5]);
}

export const isMedia = (datagram: Buffer): boolean => datagram[0] === 0x80;
export const isAlert = (datagram: Buffer): boolean => datagram[0] === 21;

/** A check by a viewer who knows the answer's credentials. */
export function authenticCheck(local: LocalParameters, useCandidate = true): Buffer {
	return bindingRequest({ username: `${local.ufrag}:${RAW_UFRAG}`, password: local.password, useCandidate });
}

export const isStunResponse = (datagram: Buffer): boolean => datagram.readUInt16BE(0) === 0x0101;

/** Starts a DTLS handshake over the wire. */
export function startDtls(path: Wire): DtlsClient {
	const { client, deliver, start } = createDtlsClient({ certificate, send: path.send });
	path.onDatagram((datagram) => {
		if ((datagram[0] ?? 0) >= 20 && (datagram[0] ?? 0) < 64) deliver(datagram);
	});
	// Unanswered, it would say ClientHello for ever.
	onTestFinished(() => {
		client.dtls.flight = 100;
	});
	start();
	return client;
}

/** An empty receiver report. */
export const REPORT = Buffer.from('80c9000100000007', 'hex');

export function srtpKeys(client: DtlsClient) {
	const { localKey, localSalt, remoteKey, remoteSalt } = client.extractSessionKeys(16, 14);
	return {
		localMasterKey: localKey,
		localMasterSalt: localSalt,
		remoteMasterKey: remoteKey,
		remoteMasterSalt: remoteSalt,
	};
}
