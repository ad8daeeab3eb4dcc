import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SrtcpSession, SrtpSession } from 'werift';
import {
	ADDRESS_HOLD_MS,
	HOST_LOOKUP_PERIOD_MS,
	MAX_ADDRESSES_PER_PEER,
	SWEEP_PERIOD_MS,
} from '../../src/webrtc/transport/limits.ts';
import type { LocalParameters, MediaPacket, SecureTransport } from '../../src/webrtc/transport/secure-transport.ts';
import { secureTransports } from '../fakes/secure-transports.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';
import { bindingRequest } from '../unit/webrtc-transport/binding-request.ts';
import { openViewer, VIDEO_PAYLOAD_TYPE } from './webrtc-transport-client.ts';
import {
	authenticCheck,
	certificate,
	isMedia,
	isStunResponse,
	openRaw,
	RAW_UFRAG,
	REPORT,
	srtpKeys,
	startDtls,
	tcpWire,
	udpWire,
	type Wire,
} from './webrtc-transport-raw-client.ts';
import { startTransport } from './webrtc-transport-start.ts';

async function viewerOf(transport: SecureTransport, changes: Parameters<typeof openViewer>[1] = {}) {
	const viewer = await openViewer(transport, changes);
	onTestFinished(() => viewer.connection.close());
	return viewer;
}

function packets(count: number, first = 65_500): MediaPacket[] {
	return Array.from({ length: count }, (_, index) => ({
		sequence: (first + index) & 0xffff,
		timestamp: (0xfffff000 + index * 3000) >>> 0,
		marker: index % 4 === 3,
		ssrc: 0x12345678,
		payload: randomBytes(1 + ((index * 113) % 1200)),
	}));
}

/** The transport has seen this many datagrams that belong to nobody. */
function strays(transport: SecureTransport, count: number): Promise<void> {
	return vi.waitFor(() => expect(transport.counters().strayDatagrams).toBe(count), { timeout: 5000 });
}

describe.each(secureTransports)('the $name transport', (tested) => {
	describe('a viewer made of libdatachannel, libsrtp and OpenSSL', () => {
		it('receives every packet as it was sent, through a sequence number wrap', async () => {
			const transport = await startTransport(tested);
			const viewer = await viewerOf(transport);
			expect(await viewer.outcome).toBe('secured');
			await vi.waitFor(() => expect(viewer.connection.state()).toBe('connected'), { timeout: 5000 });
			await vi.waitFor(() => expect(viewer.peer.diagnosis().remote).toMatch(/^udp /), { timeout: 5000 });
			expect(viewer.peer.state).toBe('secured');

			const sent = packets(300);
			const to = { peer: viewer.peer, payloadType: VIDEO_PAYLOAD_TYPE, sequenceOffset: 0 };
			for (let start = 0; start < sent.length; start += 10) transport.send(sent.slice(start, start + 10), [to]);
			await vi.waitFor(() => expect(viewer.received).toHaveLength(sent.length), { timeout: 5000 });
			expect(viewer.received.map((packet) => packet.subarray(12))).toEqual(sent.map(({ payload }) => payload));
			expect(viewer.received.map((packet) => packet.readUInt16BE(2))).toEqual(sent.map(({ sequence }) => sequence));
			// What arrived may not have been counted yet.
			await vi.waitFor(() => expect(transport.counters().packetsSent).toBe(300), { timeout: 5000 });
			expect(transport.counters().sendErrors).toBe(0);
		});

		it('receives a retransmission that comes late, across the wrap', async () => {
			const transport = await startTransport(tested);
			const viewer = await viewerOf(transport);
			await viewer.outcome;
			await vi.waitFor(() => expect(viewer.connection.state()).toBe('connected'), { timeout: 5000 });
			const to = [{ peer: viewer.peer, payloadType: VIDEO_PAYLOAD_TYPE, sequenceOffset: 0 }];
			const sent = packets(40, 65_530);
			transport.send(sent.slice(0, 2), to);
			transport.send(sent.slice(5), to);
			transport.send(sent.slice(2, 5), to);
			await vi.waitFor(() => expect(viewer.received).toHaveLength(sent.length), { timeout: 5000 });
			const late = viewer.received.slice(-3).map((packet) => packet.subarray(12));
			expect(late).toEqual(sent.slice(2, 5).map(({ payload }) => payload));
		});

		it('is heard: its RTCP arrives decrypted', async () => {
			const transport = await startTransport(tested);
			const viewer = await viewerOf(transport);
			await viewer.outcome;
			await vi.waitFor(() => expect(viewer.track.isOpen()).toBe(true), { timeout: 5000 });
			const lossOfPicture = Buffer.from('81ce00020000000112345678', 'hex');
			viewer.track.sendMessageBinary(lossOfPicture);
			await vi.waitFor(() => expect(viewer.rtcp).toContainEqual(lossOfPicture), { timeout: 5000 });
		});

		it('S8: gets nothing when its certificate is not the offered one', async () => {
			const transport = await startTransport(tested);
			const viewer = await viewerOf(transport, {
				fingerprint: () => certificate.fingerprint,
			});
			expect(await viewer.outcome).toMatch(/not the one whose fingerprint was offered/);
			expect(viewer.peer.state).toBe('closed');
			transport.send(packets(5), [{ peer: viewer.peer, payloadType: VIDEO_PAYLOAD_TYPE, sequenceOffset: 0 }]);
			await transport.close();
			expect(transport.counters().packetsSent).toBe(0);
		});

		it('is told when it is closed', async () => {
			const transport = await startTransport(tested);
			const viewer = await viewerOf(transport);
			expect(await viewer.outcome).toBe('secured');
			await vi.waitFor(() => expect(viewer.connection.state()).toBe('connected'), { timeout: 5000 });
			viewer.peer.close();
			await vi.waitFor(() => expect(viewer.connection.state()).toMatch(/disconnected|closed/), { timeout: 5000 });
		});

		it('shares the port with many others', async () => {
			const transport = await startTransport(tested);
			const viewers = await Promise.all(Array.from({ length: 12 }, () => viewerOf(transport)));
			expect(await Promise.all(viewers.map(({ outcome }) => outcome))).toEqual(viewers.map(() => 'secured'));
			await vi.waitFor(
				() => {
					for (const { connection } of viewers) expect(connection.state()).toBe('connected');
				},
				{ timeout: 5000 },
			);
			const sent = packets(60);
			const to = viewers.map(({ peer }) => ({ peer, payloadType: VIDEO_PAYLOAD_TYPE, sequenceOffset: 0 }));
			for (let start = 0; start < sent.length; start += 6) transport.send(sent.slice(start, start + 6), to);
			for (const { received } of viewers) {
				await vi.waitFor(() => expect(received).toHaveLength(sent.length), { timeout: 5000 });
				expect(received.map((packet) => packet.subarray(12))).toEqual(sent.map(({ payload }) => payload));
			}
		});
	});

	describe('the port', () => {
		it('S7: answers nothing that is not authenticated', async () => {
			const transport = await startTransport(tested);
			const { local, peer } = openRaw(transport);
			const stranger = await udpWire(transport.port);
			const answers: Buffer[] = [];
			stranger.onDatagram((datagram) => answers.push(datagram));
			const garbage = [
				authenticCheck({ ...local, password: 'guessed' }),
				authenticCheck({ ...local, ufrag: 'nobody' }),
				bindingRequest({ username: `${local.ufrag}:nobody`, password: local.password }),
				bindingRequest({ username: local.ufrag, password: local.password }),
				Buffer.from('16fefd00000000000000000010010000040000000000000004deadbeef', 'hex'),
				Buffer.alloc(0),
				...Array.from({ length: 256 }, (_, first) => Buffer.concat([Buffer.from([first]), randomBytes(100)])),
				randomBytes(3000),
			];
			for (const datagram of garbage) stranger.send(datagram);
			await strays(transport, garbage.length);
			// An answer to any of these would have come before the answer to this one.
			stranger.send(authenticCheck(local));
			await stranger.next(isStunResponse);
			expect(answers).toHaveLength(1);
			expect(peer.diagnosis().bindingRequests).toBe(1);
		});

		it('S8: hears a ClientHello only from an address that a check has proven', async () => {
			const transport = await startTransport(tested);
			const { local, peer, whenSecured } = openRaw(transport);
			const [stranger, viewer] = [await udpWire(transport.port), await udpWire(transport.port)];
			const answers: Buffer[] = [];
			stranger.onDatagram((datagram) => answers.push(datagram));
			startDtls(stranger);
			await strays(transport, 1);
			viewer.send(authenticCheck(local));
			await viewer.next(isStunResponse);
			startDtls(viewer);
			await whenSecured;
			expect(answers).toEqual([]);
			expect(peer.state).toBe('secured');
		});

		it('does not give one viewer the address of another who is there', async () => {
			const transport = await startTransport(tested);
			const [owner, thief] = [openRaw(transport), openRaw(transport)];
			const wire = await udpWire(transport.port);
			wire.send(authenticCheck(owner.local));
			await wire.next(isStunResponse);
			wire.send(authenticCheck(thief.local));
			await strays(transport, 1);
			expect(thief.peer.diagnosis().remote).toBeUndefined();
			owner.peer.close();
			wire.send(authenticCheck(thief.local));
			await wire.next(isStunResponse);
			expect(thief.peer.diagnosis().remote).toMatch(/^udp 127/);
		});

		it('gives an address that was not used for long to another viewer, who keeps it when the first one ends', async () => {
			const clock = new VirtualClock();
			const transport = await startTransport(tested, { clock });
			const [first, second] = [openRaw(transport), openRaw(transport)];
			const wire = await udpWire(transport.port);
			wire.send(authenticCheck(first.local));
			await wire.next(isStunResponse);
			await clock.advance(ADDRESS_HOLD_MS + SWEEP_PERIOD_MS);
			wire.send(authenticCheck(second.local));
			await wire.next(isStunResponse);
			first.peer.close();
			startDtls(wire);
			await second.whenSecured;
			expect(transport.counters().strayDatagrams).toBe(0);
		});

		it('knows so many addresses of one viewer, the oldest of which is free again', async () => {
			const transport = await startTransport(tested);
			const [roamer, other] = [openRaw(transport), openRaw(transport)];
			const prove = async (wire: Wire, local: LocalParameters): Promise<void> => {
				const answer = wire.next(isStunResponse);
				wire.send(authenticCheck(local));
				await answer;
			};
			const oldest = await udpWire(transport.port);
			await prove(oldest, roamer.local);
			for (let count = 1; count < MAX_ADDRESSES_PER_PEER; count++) {
				await prove(await udpWire(transport.port), roamer.local);
			}
			oldest.send(authenticCheck(other.local));
			await strays(transport, 1);
			await prove(await udpWire(transport.port), roamer.local);
			await prove(oldest, other.local);
			expect(roamer.peer.diagnosis().bindingRequests).toBe(MAX_ADDRESSES_PER_PEER + 1);
		});

		it('restarts ICE: the old credentials serve until a check with the new ones comes', async () => {
			const transport = await startTransport(tested);
			const { local, peer, whenSecured } = openRaw(transport);
			const wire = await udpWire(transport.port);
			wire.send(authenticCheck(local));
			await wire.next(isStunResponse);
			startDtls(wire);
			await whenSecured;

			const unused = peer.restartIce(RAW_UFRAG);
			const restarted = peer.restartIce(RAW_UFRAG);
			expect(new Set([local.ufrag, unused.ufrag, restarted.ufrag]).size).toBe(3);
			expect(restarted.candidates).toEqual(local.candidates);
			wire.send(authenticCheck(local));
			await wire.next(isStunResponse);
			wire.send(authenticCheck(unused));
			await strays(transport, 1);
			wire.send(authenticCheck(restarted));
			await wire.next(isStunResponse);
			expect(peer.state).toBe('secured');
			wire.send(authenticCheck(local));
			await strays(transport, 2);
			wire.send(authenticCheck(restarted));
			await wire.next(isStunResponse);
			peer.close();
			wire.send(authenticCheck(restarted));
			await strays(transport, 3);
		});

		it('follows a viewer to the address it nominates later', async () => {
			const transport = await startTransport(tested);
			const { local, peer, whenSecured } = openRaw(transport);
			const [first, second] = [await udpWire(transport.port), await udpWire(transport.port)];
			first.send(authenticCheck(local));
			await first.next(isStunResponse);
			startDtls(first);
			await whenSecured;
			const send = (): void => transport.send(packets(1), [{ peer, payloadType: 96, sequenceOffset: 0 }]);

			second.send(authenticCheck(local, false));
			await second.next(isStunResponse);
			const stillFirst = first.next(isMedia);
			send();
			await stillFirst;

			second.send(authenticCheck(local));
			await second.next(isStunResponse);
			const nowSecond = second.next(isMedia);
			send();
			await nowSecond;
		});

		it('is told to viewers under the address that a name has now', async () => {
			const clock = new VirtualClock();
			let addresses: string[] | undefined;
			const transport = await startTransport(tested, {
				additionalHosts: ['gateway.example'],
				clock,
				lookup: async () => addresses ?? Promise.reject(new Error('ENOTFOUND')),
			});
			const told = (address: string): boolean =>
				openRaw(transport).local.candidates.some((candidate) => candidate.includes(` ${address} `));
			expect(told('203.0.113.5')).toBe(false);
			addresses = ['203.0.113.5'];
			await clock.advance(HOST_LOOKUP_PERIOD_MS);
			expect(told('203.0.113.5')).toBe(true);
		});

		it('lets a viewer in by TCP', async () => {
			const transport = await startTransport(tested, { tcpPort: 0 });
			const { local, peer, whenSecured, rtcp, closed } = openRaw(transport);
			const candidate = local.candidates.find((line) => line.includes('tcptype passive'));
			const wire = await tcpWire(Number(candidate?.split(' ')[5]));
			wire.send(authenticCheck(local));
			await wire.next(isStunResponse);
			const client = startDtls(wire);
			await whenSecured;
			await vi.waitFor(() => expect(client.connected).toBe(true), { timeout: 5000 });
			expect(peer.diagnosis().remote).toMatch(/^tcp 127\.0\.0\.1:/);

			const keys = srtpKeys(client);
			const [packet] = packets(1);
			const arriving = wire.next((datagram) => datagram[0] === 0x80);
			transport.send([packet as MediaPacket], [{ peer, payloadType: 96, sequenceOffset: 0 }]);
			const received = new SrtpSession({ profile: 1, keys }).decrypt(await arriving);
			expect(received.subarray(12)).toEqual(packet?.payload);

			wire.send(new SrtcpSession({ profile: 1, keys }).encrypt(REPORT));
			await vi.waitFor(() => expect(rtcp).toEqual([REPORT]), { timeout: 5000 });

			const goodbye = wire.next((datagram) => datagram[0] === 21);
			peer.close();
			await goodbye;
			expect(closed).toEqual([]);
		});

		it('closes a TCP connection that sends no datagrams', async () => {
			const transport = await startTransport(tested, { tcpPort: 0 });
			const { local } = openRaw(transport);
			const candidate = local.candidates.find((line) => line.includes('tcptype passive'));
			const wire = await tcpWire(Number(candidate?.split(' ')[5]));
			for (let count = 0; count < 40; count++) wire.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
			wire.send(Buffer.alloc(60_000));
			await wire.closed;
		});
	});
});
