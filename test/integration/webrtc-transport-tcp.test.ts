import { spawnSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import {
	CONSENT_TIMEOUT_MS,
	MAX_ADDRESSES_PER_PEER,
	TCP_GOODBYE_MS,
	TCP_IDLE_TIMEOUT_MS,
} from '../../src/webrtc/transport/limits.ts';
import type { LocalParameters } from '../../src/webrtc/transport/secure-transport.ts';
import { frameDatagram } from '../../src/webrtc/transport/stream-framing.ts';
import { freePort } from '../camera/free-port.ts';
import { secureTransports } from '../fakes/secure-transports.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';
import {
	authenticCheck,
	isAlert,
	isMedia,
	isStunResponse,
	openRaw,
	startDtls,
	type TcpWire,
	tcpPortOf,
	tcpWire,
} from './webrtc-transport-raw-client.ts';
import { startTransport } from './webrtc-transport-start.ts';

const TCP = { host: '127.0.0.1', tcpPort: 0 };

/** Has a check of this viewer answered. */
async function prove(wire: TcpWire, local: LocalParameters): Promise<void> {
	const answer = wire.next(isStunResponse);
	wire.send(authenticCheck(local));
	const outcome = await Promise.race([answer.then(() => 'answered'), wire.closed.then(() => 'closed')]);
	expect(outcome).toBe('answered');
}

/** A connection over which this viewer's check was answered. */
async function provenWire(local: LocalParameters, localPort?: number): Promise<TcpWire> {
	const wire = await tcpWire(tcpPortOf(local), '127.0.0.1', localPort);
	await prove(wire, local);
	return wire;
}

/** Connects, sends these bytes and resets, all before this process gets to accept the connection. */
function resetBeforeAccept(port: number, bytes: Buffer): void {
	const client = `
		const [port, bytes] = process.argv.slice(1);
		const socket = require('node:net').connect(Number(port), '127.0.0.1', () => {
			socket.write(Buffer.from(bytes, 'base64'), () => socket.resetAndDestroy());
		});`;
	const { status, stderr } = spawnSync(process.execPath, ['-e', client, String(port), bytes.toString('base64')]);
	expect(status, String(stderr)).toBe(0);
}

describe.each(secureTransports)('ICE-TCP of the $name transport', (tested) => {
	it('outlives a connection that is reset before it is accepted', async () => {
		const transport = await startTransport(tested, TCP);
		const { local, peer } = openRaw(transport);
		resetBeforeAccept(tcpPortOf(local), Buffer.alloc(0));
		resetBeforeAccept(tcpPortOf(local), frameDatagram(authenticCheck(local)));
		// Connections are accepted in order: by this answer both were met.
		await provenWire(local);
		expect(peer.diagnosis().bindingRequests).toBe(1);
	});

	it('closes the connections of a viewer who ended, once it was told', async () => {
		const clock = new VirtualClock();
		const transport = await startTransport(tested, { ...TCP, clock });
		const { local, peer, whenSecured } = openRaw(transport);
		const [unused, used] = [await provenWire(local), await provenWire(local)];
		startDtls(used);
		await whenSecured;
		const goodbye = used.next(isAlert);
		peer.close();
		await goodbye;
		await clock.advance(TCP_GOODBYE_MS);
		await Promise.all([used.closed, unused.closed]);
	});

	it('closes a connection over which no check came for long', async () => {
		const clock = new VirtualClock();
		const transport = await startTransport(tested, { ...TCP, clock });
		const { local, peer, whenSecured } = openRaw(transport);
		const [forsaken, used] = [await provenWire(local), await provenWire(local)];
		startDtls(used);
		await whenSecured;
		await clock.advance(TCP_IDLE_TIMEOUT_MS / 2);
		await prove(used, local);
		await clock.advance(TCP_IDLE_TIMEOUT_MS / 2);
		await forsaken.closed;
		await prove(used, local);
		expect(peer.state).toBe('secured');
	});

	it('sends media to the connection by which a viewer comes back, from the same port too', async () => {
		const transport = await startTransport(tested, TCP);
		const { local, peer, whenSecured } = openRaw(transport);
		const packet = { sequence: 1, timestamp: 1, marker: false, ssrc: 7, payload: Buffer.alloc(100) };
		const send = () =>
			transport.send([{ ...packet, sequence: packet.sequence++ }], [{ peer, payloadType: 96, sequenceOffset: 0 }]);
		// Bound by us from the start: a port that the system lends may have others on it, to other places.
		const first = await provenWire(local, await freePort());
		startDtls(first);
		await whenSecured;
		const arriving = first.next(isMedia);
		send();
		await arriving;
		first.reset();
		await first.closed;
		// Resets and connections arrive in order.
		const second = await provenWire(local, first.localPort);
		expect(second.localPort).toBe(first.localPort);
		const arrivingAgain = second.next(isMedia);
		send();
		await arrivingAgain;
		expect(peer.state).toBe('secured');
	});

	it('gives the address of a connection that is gone to the next viewer there', async () => {
		const transport = await startTransport(tested, TCP);
		const [leaving, coming] = [openRaw(transport), openRaw(transport)];
		const first = await provenWire(leaving.local, await freePort());
		first.reset();
		await first.closed;
		// Resets and connections arrive in order.
		const second = await provenWire(coming.local, first.localPort);
		expect(second.localPort).toBe(first.localPort);
		expect(coming.peer.diagnosis().bindingRequests).toBe(1);
	});

	it('ends a viewer whose consent is not renewed, and its connection', async () => {
		const clock = new VirtualClock();
		const transport = await startTransport(tested, { ...TCP, clock });
		const { local, peer, whenSecured, closed } = openRaw(transport);
		const wire = await provenWire(local);
		startDtls(wire);
		await whenSecured;
		await clock.advance(CONSENT_TIMEOUT_MS - 1001);
		await prove(wire, local);
		await clock.advance(CONSENT_TIMEOUT_MS - 1001);
		expect([peer.state, closed]).toEqual(['secured', []]);
		const goodbye = wire.next(isAlert);
		await clock.advance(2001);
		await goodbye;
		await vi.waitFor(() => expect(closed).toEqual(['no connectivity check for 30 s']), { timeout: 5000 });
		await clock.advance(TCP_GOODBYE_MS);
		await wire.closed;
	});

	it('leaves room for others, however many connections one viewer makes', async () => {
		const transport = await startTransport(tested, { ...TCP, maxPeers: 2 });
		const [greedy, other] = [openRaw(transport), openRaw(transport)];
		const wires: TcpWire[] = [];
		for (let count = 0; count < MAX_ADDRESSES_PER_PEER + 8; count++) wires.push(await provenWire(greedy.local));
		await Promise.all(wires.slice(0, 8).map(({ closed }) => closed));
		await provenWire(other.local);
		await prove(wires.at(-1) as TcpWire, greedy.local);
	});
});
