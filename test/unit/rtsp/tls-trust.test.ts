import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { distrust } from '../../../src/rtsp/client/wire/tls-trust.ts';
import { CERTIFICATES, FINGERPRINT } from '../../camera/front-door.ts';

const cert = readFileSync(`${CERTIFICATES}/camera-cert.pem`);
const server = createServer({ cert, key: readFileSync(`${CERTIFICATES}/camera-key.pem`) }, (socket) => {
	socket.on('error', () => {});
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

/** A connection whose other end says to be `servername`, checked against these authorities. */
async function handshake(servername: string, ca: Buffer | undefined): Promise<TLSSocket> {
	const address = server.address();
	const port = address !== null && typeof address === 'object' ? address.port : 0;
	const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false, ...(ca && { ca }) });
	await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
	return socket;
}

describe('a certificate', () => {
	it.each([
		['of an authority, for the name', 'camera.test', cert, 'chain', undefined],
		['of an authority, for another name', 'other.test', cert, 'chain', 'ERR_TLS_CERT_ALTNAME_INVALID'],
		['of nobody', 'camera.test', undefined, 'chain', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
		['of nobody, unchecked', 'other.test', undefined, 'unchecked', undefined],
		['of the fingerprint, for another name', 'other.test', undefined, { fingerprint: FINGERPRINT }, undefined],
		['of an authority and another fingerprint', 'camera.test', cert, { fingerprint: '00' }, 'another certificate'],
		['without a fingerprint to compare', 'camera.test', cert, { fingerprint: '' }, 'another certificate'],
	] as const)('%s', async (_, servername, ca, trust, words) => {
		const socket = await handshake(servername, ca);
		const error = distrust(socket, trust, 'camera:322');
		socket.destroy();
		if (words === undefined) return expect(error).toBeUndefined();
		expect(error).toMatchObject({ code: 'camera_untrusted', permanent: true, facts: { fingerprint: FINGERPRINT } });
		expect(error?.message).toContain(words);
		expect(error?.message).toContain('camera:322');
	});

	it('is missed on a connection without TLS', () => {
		expect(distrust(new Socket(), 'chain', 'camera:554')).toMatchObject({ code: 'camera_untrusted' });
	});
});
