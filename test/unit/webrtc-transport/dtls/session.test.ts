import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/base/clock.ts';
import { createCertificate } from '../../../../src/webrtc/transport/certificate.ts';
import type { Fingerprint } from '../../../../src/webrtc/transport/dtls/client-certificate.ts';
import { DtlsSession } from '../../../../src/webrtc/transport/dtls/session.ts';
import { MAX_HANDSHAKE_DATAGRAMS } from '../../../../src/webrtc/transport/limits.ts';
import type { MasterKey } from '../../../../src/webrtc/transport/srtp/srtp-keys.ts';
import {
	type ClientCertificate,
	createClientCertificate,
	createDtlsClient,
} from '../../../fakes/werift-dtls-client.ts';

const server = createCertificate(Date.now());
let viewer: ClientCertificate;
let stranger: ClientCertificate;

beforeAll(async () => {
	[viewer, stranger] = await Promise.all([createClientCertificate(), createClientCertificate()]);
});

type Link = {
	/** Between the client and the session, in both directions: what arrives instead of a datagram. */
	toSession?: (datagram: Buffer) => Buffer[];
	toClient?: (datagram: Buffer) => Buffer[];
	/** What the client shows and signs with. */
	certificate?: ClientCertificate;
	key?: string;
	/** What the offer said. */
	fingerprint?: Fingerprint;
	srtpProfiles?: (1 | 7)[];
	extendedMasterSecret?: boolean;
};

const cleanups: (() => void)[] = [];
afterEach(() => {
	for (const cleanup of cleanups.splice(0)) cleanup();
});

function connect(link: Link = {}) {
	const certificate = link.certificate ?? viewer;
	let settle: (outcome: string) => void = () => {};
	const outcome = new Promise<string>((resolve) => {
		settle = resolve;
	});
	const keys: { local: MasterKey; remote: MasterKey }[] = [];
	const closed: string[] = [];
	const sent: Buffer[] = [];
	const { client, deliver, start, stop } = createDtlsClient({
		certificate,
		keyPem: link.key ?? certificate.keyPem,
		srtpProfiles: link.srtpProfiles ?? [7, 1],
		extendedMasterSecret: link.extendedMasterSecret ?? true,
		send: (datagram) => {
			for (const arriving of link.toSession?.(datagram) ?? [datagram]) {
				setImmediate(() => session.receive(Buffer.from(arriving)));
			}
		},
	});
	const clientClosed = new Promise<void>((resolve) => client.onClose.subscribe(() => resolve()));
	const session = new DtlsSession({
		certificate: server,
		remoteFingerprint: link.fingerprint ?? certificate.fingerprint,
		clock: systemClock,
		send(datagram) {
			sent.push(datagram);
			for (const arriving of link.toClient?.(datagram) ?? [datagram]) {
				setImmediate(() => deliver(Buffer.from(arriving)));
			}
		},
		onSecured(both) {
			keys.push(both);
			settle('secured');
		},
		onClosed(reason) {
			closed.push(reason);
			settle(reason);
		},
	});
	cleanups.push(() => {
		session.close();
		stop();
	});
	start();
	return { client, session, outcome, keys, closed, sent, clientClosed };
}

/** Of a byte of the random in a ClientHello: behind the headers of record and message, and the version. */
const RANDOM_POSITION = 13 + 12 + 2;

/** Handshake records in the clear of one message type. */
function isHandshake(datagram: Buffer, type: number): boolean {
	return datagram[0] === 22 && datagram.readUInt16BE(3) === 0 && datagram[13] === type;
}

describe("DtlsSession with werift's client", () => {
	it('secures a client with the offered certificate, with the same keys on both sides', async () => {
		const { client, outcome, keys, session } = connect();
		expect(await outcome).toBe('secured');
		expect(client.srtp.srtpProfile).toBe(1);
		const other = client.extractSessionKeys(16, 14);
		expect(keys).toEqual([
			{
				local: { key: other.remoteKey, salt: other.remoteSalt },
				remote: { key: other.localKey, salt: other.localSalt },
			},
		]);
		session.close();
	});

	it('refuses a certificate that was not offered', async () => {
		const { outcome, keys, sent } = connect({ fingerprint: stranger.fingerprint });
		expect(await outcome).toMatch(/not the one whose fingerprint was offered/);
		expect(keys).toEqual([]);
		expect(sent.at(-1)?.[0]).toBe(21);
	});

	it('refuses a fingerprint by a broken hash function', async () => {
		const { outcome } = connect({ fingerprint: { algorithm: 'sha-1', value: `${'AB:'.repeat(19)}AB` } });
		expect(await outcome).toMatch(/sha-1 is not supported/);
	});

	it("refuses a client that shows the viewer's certificate but does not hold its key", async () => {
		const { outcome, keys } = connect({ certificate: viewer, key: stranger.keyPem });
		expect(await outcome).toMatch(/did not prove/);
		expect(keys).toEqual([]);
	});

	it('refuses a client without a common SRTP profile', async () => {
		const { outcome } = connect({ srtpProfiles: [7] });
		expect(await outcome).toMatch(/DTLS handshake failed|SRTP/);
	});

	it('does not take a second key exchange, which the proof would not cover', async () => {
		let forged: Buffer | undefined;
		const { outcome, keys, client } = connect({
			toSession(datagram) {
				if (!isHandshake(datagram, 16)) return [datagram];
				forged = Buffer.from(datagram);
				forged.writeUInt8(forged.readUInt8(forged.length - 1) ^ 1, forged.length - 1);
				return [datagram, forged];
			},
		});
		expect(await outcome).toBe('secured');
		expect(forged).toBeDefined();
		expect(keys[0]?.remote.key).toEqual(client.extractSessionKeys(16, 14).localKey);
	});

	it('refuses a handshake that was changed on its way', async () => {
		const { outcome, keys } = connect({
			// With it, the two sides would not even come to the same keys.
			extendedMasterSecret: false,
			toSession(datagram) {
				if (!isHandshake(datagram, 1)) return [datagram];
				const changed = Buffer.from(datagram);
				changed.writeUInt8(changed.readUInt8(RANDOM_POSITION) ^ 1, RANDOM_POSITION);
				return [changed];
			},
		});
		expect(await outcome).toMatch(/did not prove/);
		expect(keys).toEqual([]);
	});

	it('survives the loss of any one datagram, and duplicates', async () => {
		for (let lost = 0; lost < 6; lost++) {
			let counted = 0;
			const { outcome, keys } = connect({
				toSession: (datagram) => (counted++ === lost ? [] : [datagram, datagram]),
				toClient: (datagram) => [datagram, datagram],
			});
			expect(await outcome, `datagram ${lost}`).toBe('secured');
			expect(keys).toHaveLength(1);
		}
	});

	it('says goodbye on close, once', async () => {
		const { outcome, session, sent, clientClosed, closed } = connect();
		await outcome;
		const before = sent.length;
		session.close();
		session.close();
		await clientClosed;
		expect(sent.length - before).toBe(1);
		expect(closed).toEqual([]);
	});

	it("ends with the client's close_notify, and only an encrypted one", async () => {
		const { outcome, session, client, closed } = connect();
		await outcome;
		session.receive(Buffer.from('15fefd0000000000000063000201000', 'hex'));
		session.receive(Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 1, 0]));
		expect(closed).toEqual([]);
		const header = { type: 21, version: 0xfefd, epoch: 1, sequenceNumber: 77 };
		const { cipher } = client;
		const fragment = cipher.cipher.encrypt(cipher.sessionType, Buffer.from([1, 0]), header);
		const record = Buffer.from([21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 77, 0, fragment.length]);
		session.receive(Buffer.concat([record, fragment]));
		expect(closed).toEqual(['the viewer ended DTLS: close_notify']);
	});

	it('ends with a fatal alert during the handshake', () => {
		const { session, closed } = connect({ toSession: () => [] });
		session.receive(Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 2, 42]));
		expect(closed).toEqual(['the viewer ended DTLS: bad_certificate']);
	});

	it('gives up a handshake that takes too many datagrams', () => {
		const { session, closed } = connect({ toSession: () => [] });
		for (let count = 0; count < MAX_HANDSHAKE_DATAGRAMS + 5; count++) session.receive(Buffer.alloc(60, 22));
		expect(closed).toHaveLength(1);
	});
});
