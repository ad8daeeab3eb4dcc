import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { createCertificate } from '../../../src/webrtc/transport/certificate.ts';
import { DatagramRouter } from '../../../src/webrtc/transport/datagram-router.ts';
import { createIceCredentials, type IceCredentials } from '../../../src/webrtc/transport/ice/ice-lite.ts';
import { Peer, type PeerHost, type Remote } from '../../../src/webrtc/transport/peer.ts';
import { createTypescriptTransport } from '../../../src/webrtc/transport/typescript-transport.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { bindingRequest } from './binding-request.ts';

const VIEWER_UFRAG = 'viewer';
const DTLS = Buffer.alloc(20, 20);

const VIEWER = {
	...{ remoteUfrag: VIEWER_UFRAG, remotePassword: 'x', remoteFingerprint: { algorithm: 'sha-256', value: '' } },
	...{ onSecured: () => {}, onRtcp: () => {}, onClosed: () => {} },
};

/** A way back that leads nowhere. */
function remote(port: number): Remote {
	const route = { description: `udp 192.0.2.7:${port}`, send: () => {} } as unknown as Remote['route'];
	return { address: '192.0.2.7', port, route };
}

function check({ ufrag, password }: IceCredentials): Buffer {
	return bindingRequest({ username: `${ufrag}:${VIEWER_UFRAG}`, password, useCandidate: true });
}

function scene() {
	const clock = new VirtualClock();
	const router = new DatagramRouter();
	const retired: string[] = [];
	const announced: IceCredentials[] = [];
	const host: PeerHost = {
		certificate: createCertificate(clock.wall()),
		clock,
		announce(peer) {
			const credentials = createIceCredentials(randomBytes);
			announced.push(credentials);
			router.add(peer, credentials.ufrag);
			return { credentials, local: undefined as never };
		},
		retire: (ufrag) => retired.push(ufrag),
		forget: (peer) => router.delete(peer),
	};
	const open = () => {
		const credentials = createIceCredentials(randomBytes);
		const peer = new Peer(VIEWER, credentials, host);
		router.add(peer, credentials.ufrag);
		return { peer, credentials };
	};
	const route = (datagram: Buffer, from: Remote) => router.route(datagram, from, clock.now());
	return { router, route, open, retired, announced };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a viewer who restarts ICE', () => {
	it('is known by no credentials but those in use and those of the last restart', () => {
		const { route, open, retired, announced } = scene();
		const { peer, credentials } = open();
		peer.restartIce(VIEWER_UFRAG);
		expect(retired).toEqual([]);
		peer.restartIce(VIEWER_UFRAG);
		const [unused, restarted] = announced as [IceCredentials, IceCredentials];
		expect(retired).toEqual([unused.ufrag]);
		expect(route(check(credentials), remote(1))).toBe(peer);
		expect(retired).toEqual([unused.ufrag]);
		expect(route(check(restarted), remote(1))).toBe(peer);
		expect(retired).toEqual([unused.ufrag, credentials.ufrag]);
		expect(peer.ufrags).toEqual([restarted.ufrag]);
	});

	it('leaves nothing of the old ones behind at the transport', async () => {
		const retire = vi.spyOn(DatagramRouter.prototype, 'retire');
		onTestFinished(() => retire.mockRestore());
		const options = { udpPort: 0, host: '127.0.0.1', additionalHosts: [], maxPeers: 1 };
		const transport = await createTypescriptTransport({ ...options, clock: systemClock, logger: silentLogger });
		onTestFinished(() => transport.close());
		const { peer } = transport.open(VIEWER);
		const { ufrag } = peer.restartIce(VIEWER_UFRAG);
		peer.restartIce(VIEWER_UFRAG);
		expect(retire.mock.calls).toEqual([[ufrag]]);
	});

	it('is found by no ufrag that was retired', () => {
		const { router, route, open } = scene();
		const { peer, credentials } = open();
		const asked = vi.spyOn(peer, 'check');
		router.retire(credentials.ufrag);
		expect(route(check(credentials), remote(1))).toBeUndefined();
		expect(asked).not.toHaveBeenCalled();
	});
});

describe('an address', () => {
	it('is of the viewer who proved it, until its connection is gone', () => {
		const { router, route, open } = scene();
		const [one, other] = [open(), open()];
		const from = remote(1);
		expect(route(check(one.credentials), from)).toBe(one.peer);
		expect(route(check(other.credentials), from)).toBeUndefined();
		router.release(from.route.description);
		expect([...one.peer.addresses]).toEqual([]);
		expect(route(DTLS, from)).toBeUndefined();
		expect(route(check(other.credentials), from)).toBe(other.peer);
	});
});

describe('a viewer who leaves', () => {
	it('is told no more of what was waiting for it', async () => {
		const { route, open } = scene();
		const { peer, credentials } = open();
		route(check(credentials), remote(1));
		for (let count = 0; count < 3; count++) expect(route(DTLS, remote(1))).toBe(peer);
		await turn();
		expect(peer.diagnosis().dtlsDatagrams).toBe(1);
		peer.close();
		for (let count = 0; count < 4; count++) await turn();
		expect(peer.diagnosis().dtlsDatagrams).toBe(1);
	});
});
