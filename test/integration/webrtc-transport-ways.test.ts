import { describe, expect, it } from 'vitest';
import { ADDRESS_HOLD_MS } from '../../src/webrtc/transport/limits.ts';
import type { LocalParameters, SecureTransport, TransportPeer } from '../../src/webrtc/transport/secure-transport.ts';
import { secureTransports } from '../fakes/secure-transports.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';
import {
	authenticCheck,
	isMedia,
	isStunResponse,
	openRaw,
	RAW_UFRAG,
	startDtls,
	tcpPortOf,
	tcpWire,
	udpWire,
	type Wire,
} from './webrtc-transport-raw-client.ts';
import { startTransport } from './webrtc-transport-start.ts';

type Way = {
	readonly name: string;
	/** How a viewer who came by it is told of. */
	readonly remote: RegExp;
	connect(transport: SecureTransport, local: LocalParameters): Promise<Wire>;
};

const UDP4: Way = { name: 'UDP', remote: /^udp 127\.0\.0\.1:\d+$/, connect: ({ port }) => udpWire(port) };
const UDP6: Way = { name: 'UDP over IPv6', remote: /^udp \[::1\]:\d+$/, connect: ({ port }) => udpWire(port, '::1') };
const TCP4: Way = {
	...{ name: 'TCP', remote: /^tcp 127\.0\.0\.1:\d+$/ },
	connect: (_transport, local) => tcpWire(tcpPortOf(local)),
};
const TCP6: Way = {
	...{ name: 'TCP over IPv6', remote: /^tcp \[::1\]:\d+$/ },
	connect: (_transport, local) => tcpWire(tcpPortOf(local), '::1'),
};

async function open(way: Way, transport: SecureTransport, local: LocalParameters): Promise<Wire> {
	const wire = await way.connect(transport, local);
	return wire;
}

/** Has a check answered. */
async function prove(wire: Wire, local: LocalParameters, nominate = true): Promise<void> {
	const answer = wire.next(isStunResponse);
	wire.send(authenticCheck(local, nominate));
	await answer;
}

let sequence = 0;

/** A packet that is sent to the viewer arrives by this wire. */
async function expectMedia(transport: SecureTransport, peer: TransportPeer, wire: Wire): Promise<void> {
	const arriving = wire.next(isMedia);
	const packet = { sequence: sequence++, timestamp: 1, marker: false, ssrc: 7, payload: Buffer.alloc(100) };
	transport.send([packet], [{ peer, payloadType: 96, sequenceOffset: 0 }]);
	await arriving;
}

describe.each(secureTransports)('ways to the $name transport:', (tested) => {
	/** A viewer that came by this way and gets media. */
	async function join(transport: SecureTransport, way: Way) {
		const { local, peer, whenSecured } = openRaw(transport);
		const wire = await open(way, transport, local);
		await prove(wire, local);
		startDtls(wire);
		await whenSecured;
		await expectMedia(transport, peer, wire);
		expect(peer.diagnosis().remote).toMatch(way.remote);
		return { local, peer, wire };
	}

	it.each([UDP4, UDP6, TCP4, TCP6])('a viewer gets media by $name', async (way) => {
		await join(await startTransport(tested, { tcpPort: 0 }), way);
	});

	const MOVES = [
		[UDP4, TCP4],
		[TCP4, UDP4],
		[UDP6, TCP6],
		[TCP6, UDP4],
	] as const;
	const named = MOVES.map(([from, to]) => [from.name, to.name, from, to] as const);

	it.each(named)('media follows a viewer from %s to %s once it is nominated', async (_from, _to, from, to) => {
		const transport = await startTransport(tested, { tcpPort: 0 });
		const { local, peer, wire } = await join(transport, from);
		const next = await open(to, transport, local);
		await prove(next, local, false);
		await expectMedia(transport, peer, wire);
		await prove(next, local);
		await expectMedia(transport, peer, next);
		expect(peer.diagnosis().remote).toMatch(to.remote);
	});

	// Firefox nominates once; a NAT that starts anew gives its checks another port.
	it.each([UDP4, TCP4])('media follows a viewer by $name whose checks come from elsewhere alone', async (way) => {
		const clock = new VirtualClock();
		const transport = await startTransport(tested, { tcpPort: 0, clock });
		const { local, peer, wire } = await join(transport, way);
		const { remote } = peer.diagnosis();
		await clock.advance(8000);
		await prove(wire, local, false);
		const next = await open(UDP4, transport, local);
		await clock.advance(8000);
		await prove(next, local, false);
		await expectMedia(transport, peer, wire);
		await clock.advance(ADDRESS_HOLD_MS - 8000);
		await prove(next, local, false);
		await expectMedia(transport, peer, next);
		expect(peer.diagnosis().remote).toMatch(UDP4.remote);
		expect(peer.diagnosis().remote).not.toBe(remote);
		await prove(wire, local);
		await expectMedia(transport, peer, wire);
		expect(peer.diagnosis()).toMatchObject({ state: 'secured', remote });
	});

	it.each(named)('media follows an ICE restart from %s to %s', async (_from, _to, from, to) => {
		const transport = await startTransport(tested, { tcpPort: 0 });
		const { local, peer, wire } = await join(transport, from);
		const restarted = peer.restartIce(RAW_UFRAG);
		await prove(wire, local);
		await expectMedia(transport, peer, wire);
		const next = await open(to, transport, restarted);
		await prove(next, restarted);
		await expectMedia(transport, peer, next);
		expect(peer.diagnosis()).toMatchObject({ state: 'secured', remote: expect.stringMatching(to.remote) });
	});

	describe.each([UDP4, TCP4])('a viewer by $name who is ended', (way) => {
		it.each(['before its handshake', 'in its handshake', 'as it is secured'])('%s is gone', async (when) => {
			const transport = await startTransport(tested, { tcpPort: 0, maxPeers: 1 });
			const secured: string[] = [];
			const { local, peer, closed } = openRaw(transport, {
				onSecured: () => {
					secured.push(peer.state);
					end();
				},
			});
			let ended = (): void => {};
			const whenEnded = new Promise<void>((resolve) => {
				ended = resolve;
			});
			const end = (): void => {
				peer.close();
				peer.close();
				ended();
			};
			const wire = await open(way, transport, local);
			await prove(wire, local);
			if (when === 'before its handshake') end();
			startDtls(wire);
			if (when === 'in its handshake') {
				await wire.next(([type]) => type === 22);
				end();
			}
			await whenEnded;
			expect(peer.state).toBe('closed');
			// Its place is free, and whatever it still says arrives before the next one is served.
			await join(transport, way);
			expect(peer.state).toBe('closed');
			expect(closed).toEqual([]);
			expect(secured).toEqual(when === 'as it is secured' ? ['secured'] : []);
		});
	});
});
