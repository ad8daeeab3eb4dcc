import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { CATCH_UP, MAX_PAYLOAD } from '../../../src/webrtc/limits.ts';
import {
	type NativeAddon,
	NativeEvent,
	type NativeTransportObject,
	type OnNativeEvent,
} from '../../../src/webrtc/transport/native/addon.ts';
import { createNativeTransport } from '../../../src/webrtc/transport/native/native-transport.ts';
import type { Destination, MediaPacket, SecureTransport } from '../../../src/webrtc/transport/secure-transport.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const COUNTERS = { packetsSent: 0, bytesSent: 0, strayDatagrams: 0, sendErrors: 0 };
const sends: { bytes: number; destinations: Uint32Array; keep?: boolean }[] = [];
const ended: number[] = [];
let tell: OnNativeEvent = () => {};

const native: NativeTransportObject = {
	bind: () => 40_000,
	start() {},
	stop: () => COUNTERS,
	open() {},
	restartIce() {},
	close: (id) => void ended.push(id),
	send: (packets, destinations, keep) => void sends.push({ bytes: packets.length, destinations, keep }),
	sendAgain: (destinations) => void sends.push({ bytes: 0, destinations }),
	sendRtcp() {},
	sweep() {},
	receive() {},
	releaseConnection() {},
	facts: () => ({ bindingRequests: 1, dtlsDatagrams: 2, remote: 'udp 192.0.2.1:5' }),
	counters: () => COUNTERS,
};
const addon: NativeAddon = {
	gcm: 'none',
	createTransport(_certificate, _privateKey, _threads, _segmentation, onEvent) {
		tell = onEvent;
		return native;
	},
	protect: () => Buffer.alloc(0),
};

let transport: SecureTransport;

beforeEach(async () => {
	sends.length = 0;
	ended.length = 0;
	transport = await createNativeTransport({
		addon,
		threads: 1,
		udpPort: 0,
		additionalHosts: [],
		clock: new VirtualClock(),
		logger: silentLogger,
		maxPeers: 10,
	});
});

afterEach(() => transport.close());

/** A viewer, and what it was told. */
function open(onSecured = () => {}) {
	const told: string[] = [];
	const { peer } = transport.open({
		remoteUfrag: 'them',
		remotePassword: '',
		remoteFingerprint: { algorithm: 'sha-256', value: 'AB' },
		onSecured: () => {
			told.push('secured');
			onSecured();
		},
		onRtcp: (packet) => told.push(`rtcp ${Buffer.from(packet).toString('hex')}`),
		onClosed: (reason) => told.push(reason),
	});
	return { peer, told };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the native transport's side of JavaScript", () => {
	it('hands a frame over once, whatever the number of viewers, and makes their list once', () => {
		const destinations: Destination[] = Array.from({ length: 10 }, (_, index) => {
			return { peer: open().peer, payloadType: 96, sequenceOffset: index };
		});
		const packet: MediaPacket = { sequence: 1, timestamp: 2, marker: true, ssrc: 3, payload: new Uint8Array(1000) };
		transport.send([packet, packet], destinations);
		transport.send([packet], destinations);
		expect(sends.map(({ bytes }) => bytes)).toEqual([2 * 1016, 1016]);
		expect([...(sends[0]?.destinations ?? [])].slice(0, 6)).toEqual([1, 96, 0, 2, 96, 1]);
		expect(sends[0]?.destinations).toHaveLength(30);
		expect(sends[1]?.destinations).toBe(sends[0]?.destinations);
	});

	it('hands packets over once that several viewers begin with one after the other', () => {
		const packet: MediaPacket = { sequence: 1, timestamp: 2, marker: true, ssrc: 3, payload: new Uint8Array(1000) };
		const opening = [packet, packet];
		const to = (): Destination[] => [{ peer: open().peer, payloadType: 96, sequenceOffset: 0 }];
		for (let viewer = 0; viewer < 3; viewer++) {
			transport.send(opening, to(), true);
			transport.send([packet], to());
		}
		expect(sends.map(({ bytes, keep }) => [bytes, keep])).toEqual([
			...[
				[2 * 1016, true],
				[1016, false],
			],
			...[
				[0, undefined],
				[1016, false],
			],
			...[
				[0, undefined],
				[1016, false],
			],
		]);
		expect(sends.map(({ destinations }) => destinations[0])).toEqual([1, 2, 3, 4, 5, 6]);
	});

	it('keeps the first burst of a viewer who is behind', () => {
		const payload = new Uint8Array(MAX_PAYLOAD);
		const packet: MediaPacket = { sequence: 1, timestamp: 2, marker: true, ssrc: 3, payload };
		const burst: MediaPacket[] = new Array(Math.ceil(CATCH_UP.burst / payload.length)).fill(packet);
		const destinations: Destination[] = [{ peer: open().peer, payloadType: 96, sequenceOffset: 0 }];
		transport.send(burst, destinations, true);
		expect(sends.map(({ keep }) => keep)).toEqual([true]);
	});

	it('keeps nothing that goes over in parts', () => {
		const packet: MediaPacket = { sequence: 1, timestamp: 2, marker: true, ssrc: 3, payload: new Uint8Array(1000) };
		const large: MediaPacket[] = new Array(700).fill(packet);
		const destinations: Destination[] = [{ peer: open().peer, payloadType: 96, sequenceOffset: 0 }];
		for (let viewer = 0; viewer < 2; viewer++) transport.send(large, destinations, true);
		expect(sends).toHaveLength(4);
		expect(sends.every(({ keep }) => keep === false)).toBe(true);
	});

	it('lets viewers who are secured at once in one by one, a turn of the event loop each', async () => {
		const viewers = [open(), open(), open()];
		for (const [index] of viewers.entries()) tell(NativeEvent.secured, index + 1, undefined);
		const secured = () => viewers.filter(({ peer }) => peer.state === 'secured').length;
		for (const expected of [1, 2, 3]) {
			await turn();
			expect(secured()).toBe(expected);
		}
	});

	it('tells a viewer nothing after its end', async () => {
		const { peer, told } = open();
		tell(NativeEvent.secured, 1, undefined);
		peer.close();
		await turn();
		tell(NativeEvent.rtcp, 1, Buffer.of(1));
		tell(NativeEvent.closed, 1, 'gone');
		expect([told, ended]).toEqual([[], [1]]);
		expect(peer.diagnosis()).toEqual({
			state: 'closed',
			bindingRequests: 1,
			dtlsDatagrams: 2,
			remote: 'udp 192.0.2.1:5',
			closeReason: 'closed by the gateway',
		});
	});

	it('ends the viewer alone whose handler fails', async () => {
		const bystander = open();
		const { told } = open(() => {
			throw new Error('a fault');
		});
		tell(NativeEvent.secured, 2, undefined);
		await vi.waitFor(() => expect(told).toEqual(['secured', 'internal error: a fault']));
		expect(bystander.told).toEqual([]);
		expect(ended).toEqual([2]);
	});
});
