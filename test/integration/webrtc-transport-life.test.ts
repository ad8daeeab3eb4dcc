import { describe, expect, it, vi } from 'vitest';
import { SrtcpSession } from 'werift';
import { DualcastError } from '../../src/base/errors.ts';
import {
	CONNECT_TIMEOUT_MS,
	CONSENT_TIMEOUT_MS,
	MAX_LATE_DATAGRAMS,
	SWEEP_PERIOD_MS,
} from '../../src/webrtc/transport/limits.ts';
import { secureTransports } from '../fakes/secure-transports.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';
import {
	authenticCheck,
	isAlert,
	isMedia,
	isStunResponse,
	openRaw,
	RAW_UFRAG,
	REPORT,
	srtpKeys,
	startDtls,
	udpWire,
} from './webrtc-transport-raw-client.ts';
import { startTransport } from './webrtc-transport-start.ts';

describe.each(secureTransports)('a viewer of the $name transport', (tested) => {
	it('ends when nobody connects, and when consent is not renewed', async () => {
		const clock = new VirtualClock();
		const transport = await startTransport(tested, { clock });
		const never = openRaw(transport);
		const silent = openRaw(transport);
		const wire = await udpWire(transport.port);
		wire.send(authenticCheck(silent.local));
		await wire.next(isStunResponse);
		startDtls(wire);
		await silent.whenSecured;
		await clock.advance(CONSENT_TIMEOUT_MS - 1001);
		expect([never.closed, silent.closed]).toEqual([[], []]);
		const goodbye = wire.next((datagram) => datagram[0] === 21);
		await clock.advance(2001);
		await vi.waitFor(() => expect([never.closed, silent.closed]).toEqual([[expect.any(String)], [expect.any(String)]]));
		expect(never.closed).toEqual([expect.stringMatching(/no connectivity check arrived within 30 s/)]);
		expect(silent.closed).toEqual([expect.stringMatching(/no connectivity check for 30 s/)]);
		expect(silent.peer.diagnosis()).toMatchObject({ state: 'closed', closeReason: silent.closed[0] });
		await goodbye;
	});

	it('ends without DTLS as soon with an ICE restart as without', async () => {
		const clock = new VirtualClock();
		const transport = await startTransport(tested, { clock });
		const { local, peer, closed } = openRaw(transport);
		const wire = await udpWire(transport.port);
		wire.send(authenticCheck(local));
		await wire.next(isStunResponse);
		await clock.advance(CONNECT_TIMEOUT_MS - 5000);
		wire.send(authenticCheck(peer.restartIce(RAW_UFRAG)));
		await wire.next(isStunResponse);
		expect(peer.diagnosis().bindingRequests).toBe(2);
		await clock.advance(6000);
		await vi.waitFor(() => expect(closed).toEqual(['not secured by DTLS within 30 s']), { timeout: 5000 });
	});

	// The native one has threads for DTLS, and a viewer waits for few datagrams of another's there.
	if (tested.name === 'typescript') {
		it('is bothered with little DTLS once it is secured', async () => {
			const clock = new VirtualClock();
			const transport = await startTransport(tested, { clock });
			const { local, peer, whenSecured } = openRaw(transport);
			const wire = await udpWire(transport.port);
			wire.send(authenticCheck(local));
			await wire.next(isStunResponse);
			startDtls(wire);
			await whenSecured;
			const flood = async (): Promise<number> => {
				const before = peer.diagnosis().dtlsDatagrams;
				for (let count = 0; count < 3 * MAX_LATE_DATAGRAMS; count++) {
					wire.send(Buffer.alloc(20, 20));
					wire.send(authenticCheck(local));
					await wire.next(isStunResponse);
				}
				return peer.diagnosis().dtlsDatagrams - before;
			};
			expect(await flood()).toBeLessThanOrEqual(MAX_LATE_DATAGRAMS);
			await clock.advance(SWEEP_PERIOD_MS);
			expect(await flood()).toBe(MAX_LATE_DATAGRAMS);
		});
	}

	it('is one of a bounded number, and leaves its place', async () => {
		const transport = await startTransport(tested, { maxPeers: 2 });
		const first = openRaw(transport);
		openRaw(transport);
		expect(() => openRaw(transport)).toThrow(DualcastError);
		first.peer.close();
		first.peer.close();
		expect(first.closed).toEqual([]);
		openRaw(transport);
	});

	it('gets nothing after its goodbye, whoever else gets the same', async () => {
		const transport = await startTransport(tested);
		const join = async () => {
			const opened = openRaw(transport);
			const wire = await udpWire(transport.port);
			wire.send(authenticCheck(opened.local));
			await wire.next(isStunResponse);
			startDtls(wire);
			await opened.whenSecured;
			return { ...opened, wire };
		};
		const leaving = await join();
		// One thread of the native one serves the first and the third.
		openRaw(transport);
		const staying = await join();
		const destinations = [leaving, staying].map(({ peer }) => ({ peer, payloadType: 96, sequenceOffset: 0 }));
		const send = async (sequence: number): Promise<void> => {
			const arrives = staying.wire.next(isMedia);
			const packet = { sequence, timestamp: sequence, marker: true, ssrc: 1, payload: Buffer.from('a picture') };
			transport.send([packet], destinations);
			await arrives;
		};
		const first = leaving.wire.next(isMedia);
		await send(1);
		await first;
		const heard: Buffer[] = [];
		leaving.wire.onDatagram((datagram) => heard.push(datagram));
		const goodbye = leaving.wire.next(isAlert);
		leaving.peer.close();
		await goodbye;
		heard.length = 0;
		await send(2);
		leaving.peer.sendRtcp(REPORT);
		// What was on its way before this answer came before it.
		const { local } = openRaw(transport);
		leaving.wire.send(authenticCheck(local));
		await leaving.wire.next(isStunResponse);
		expect(heard.map(([type]) => type)).toEqual([1]);
	});

	it('ends with the transport, whose port is free again', async () => {
		const transport = await startTransport(tested, { tcpPort: 0 });
		const { local, peer, closed, whenSecured } = openRaw(transport);
		const wire = await udpWire(transport.port);
		wire.send(authenticCheck(local));
		await wire.next(isStunResponse);
		startDtls(wire);
		await whenSecured;
		const goodbye = wire.next((datagram) => datagram[0] === 21);
		const { port } = transport;
		await Promise.all([transport.close(), transport.close()]);
		await goodbye;
		expect(peer.state).toBe('closed');
		expect(closed).toEqual([]);
		await startTransport(tested, { udpPort: port });
	});

	it('ends alone by a fault in what handles its RTCP', async () => {
		const transport = await startTransport(tested);
		const bystander = openRaw(transport);
		const { local, whenSecured, closed } = openRaw(transport, {
			onRtcp() {
				throw new Error('a fault');
			},
		});
		const wire = await udpWire(transport.port);
		wire.send(authenticCheck(local));
		await wire.next(isStunResponse);
		const client = startDtls(wire);
		await whenSecured;
		await vi.waitFor(() => expect(client.connected).toBe(true), { timeout: 5000 });
		wire.send(new SrtcpSession({ profile: 1, keys: srtpKeys(client) }).encrypt(REPORT));
		await vi.waitFor(() => expect(closed).toEqual(['internal error: a fault']), { timeout: 5000 });
		expect(bystander.closed).toEqual([]);
	});
});
