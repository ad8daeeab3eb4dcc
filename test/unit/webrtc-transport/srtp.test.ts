import { createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SrtpSession } from 'werift';
import { MAX_PAYLOAD } from '../../../src/webrtc/transport/limits.ts';
import { MediaSender, type Route } from '../../../src/webrtc/transport/media-sender.ts';
import type { Destination, MediaPacket, TransportPeer } from '../../../src/webrtc/transport/secure-transport.ts';
import { packetCode } from '../../../src/webrtc/transport/srtp/packet-code.ts';
import { deriveSessionKeys, initialCounter, type SessionKeys } from '../../../src/webrtc/transport/srtp/srtp-keys.ts';
import { nearestIndex, SrtpSender } from '../../../src/webrtc/transport/srtp/srtp-sender.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('deriveSessionKeys', () => {
	it("gives RFC 3711 appendix B.3's keys", () => {
		const { rtp } = deriveSessionKeys({
			key: hex('e1f97a0d3e018be0d64fa32c06de4139'),
			salt: hex('0ec675ad498afeebb6960b3aabe6'),
		});
		expect(rtp.encryption.toString('hex')).toBe('c61e7a93744f39ee10734afe3ff7a087');
		expect(rtp.salt.toString('hex')).toBe('30cbbc08863d8c85d49db34a9ae1');
		expect(rtp.authentication.toString('hex')).toBe('cebe321f6ff7716b6fd4ab49af256a156d38baa4');
	});
});

describe('SrtpSender', () => {
	it("makes RFC 3711 appendix B.2's key stream", () => {
		const sender = new SrtpSender({
			encryption: hex('2b7e151628aed2a6abf7158809cf4f3c'),
			salt: hex('f0f1f2f3f4f5f6f7f8f9fafbfcfd'),
			authentication: Buffer.alloc(20),
		});
		const { memory, countUp } = packetCode(48);
		sender.writeCounter(new Uint32Array(memory), 0, 0, 0);
		countUp(0, 3);
		expect(sender.keyStream(Buffer.from(memory, 0, 48)).toString('hex')).toBe(
			'e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0',
		);
	});

	it('starts its counters where RFC 3711 4.1.1 says', () => {
		const salt = randomBytes(14);
		const sender = new SrtpSender({ encryption: randomBytes(16), salt, authentication: randomBytes(20) });
		for (const index of [0, 1, 0xffff, 0x10000, 0x123456789abc, 2 ** 48 - 1]) {
			const counters = new Uint32Array(4);
			sender.writeCounter(counters, 0, 0xfedcba98, index);
			expect(Buffer.from(counters.buffer)).toEqual(initialCounter(salt, 0xfedcba98, index));
		}
	});
});

describe('nearestIndex', () => {
	it.each([
		['the first packet', -1, 65_000, 65_000],
		['the next one', 10, 11, 11],
		['a wrap', 65_535, 0, 65_536],
		['a late one across a wrap', 65_537, 65_535, 65_535],
		['a late one in a later cycle', 5 * 65_536 + 10, 65_000, 4 * 65_536 + 65_000],
		['a jump ahead', 3 * 65_536 + 10, 30_000, 3 * 65_536 + 30_000],
		['one before the first', 3, 65_535, -1],
	])('%s', (_name, highest, sequence, index) => {
		expect(nearestIndex(highest, sequence)).toBe(index);
	});
});

/** A viewer whose datagrams end up in `sent`, and an independent receiver with the same keys. */
function viewer() {
	const key = randomBytes(16);
	const salt = randomBytes(14);
	const sent: Buffer[] = [];
	const route: Route = {
		description: 'test',
		send: (datagram) => sent.push(Buffer.from(datagram)) > 0,
	};
	const receiver = new SrtpSession({
		profile: 1,
		keys: { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt },
	});
	const { rtp } = deriveSessionKeys({ key, salt });
	const path = { srtp: new SrtpSender(rtp), route };
	const peer = { path } as unknown as TransportPeer;
	return { peer, path, rtp, sent, decrypt: () => sent.map((datagram) => receiver.decrypt(datagram)) };
}

/** The payload of a datagram if it was protected with this roll-over counter (RFC 3711 3.3). */
function open(datagram: Buffer, rollOver: number, rtp: SessionKeys): Buffer | undefined {
	const end = datagram.length - 10;
	const signed = Buffer.alloc(end + 4);
	datagram.copy(signed, 0, 0, end);
	signed.writeUInt32BE(rollOver, end);
	const tag = createHmac('sha1', rtp.authentication).update(signed).digest();
	if (tag.compare(datagram, end, undefined, 0, 10) !== 0) return undefined;
	const index = rollOver * 65_536 + datagram.readUInt16BE(2);
	const counter = initialCounter(rtp.salt, datagram.readUInt32BE(8), index);
	return createDecipheriv('aes-128-ctr', rtp.encryption, counter).update(datagram.subarray(12, end));
}

function packet(sequence: number, size: number, changes: Partial<MediaPacket> = {}): MediaPacket {
	return { sequence, timestamp: 0xfffffff0, marker: false, ssrc: 0xdeadbeef, payload: randomBytes(size), ...changes };
}

function mediaSender(isHeld: (memory: ArrayBufferLike) => boolean = () => false) {
	const counted = { datagrams: 0, bytes: 0, dropped: 0 };
	const sender = new MediaSender({
		sockets: 1,
		pathOf: (peer) => (peer as unknown as { path: ReturnType<typeof viewer>['path'] | undefined }).path,
		isHeld,
		onSent: (datagrams, bytes) => {
			counted.datagrams += datagrams;
			counted.bytes += bytes;
		},
		onDropped: () => counted.dropped++,
	});
	return { sender, counted };
}

const to = (peer: TransportPeer, changes: Partial<Destination> = {}): Destination => ({
	peer,
	payloadType: 96,
	sequenceOffset: 0,
	...changes,
});

describe('MediaSender', () => {
	it('sends what another implementation decrypts, for every length and several viewers', () => {
		const { sender, counted } = mediaSender();
		const viewers = Array.from({ length: 7 }, viewer);
		const packets = Array.from({ length: 90 }, (_, index) =>
			packet((65_500 + index) % 65_536, (index * 41) % (MAX_PAYLOAD + 1)),
		);
		sender.send(
			packets,
			viewers.map(({ peer }) => to(peer)),
		);
		for (const { decrypt } of viewers) {
			const plain = decrypt();
			expect(plain.map((bytes) => bytes.subarray(12))).toEqual(packets.map(({ payload }) => Buffer.from(payload)));
		}
		expect(counted.datagrams).toBe(7 * 90);
		expect(counted.dropped).toBe(0);
	});

	it("writes the viewer's header", () => {
		const { sender } = mediaSender();
		const { peer, decrypt } = viewer();
		sender.send([packet(65_530, 3, { marker: true })], [to(peer, { payloadType: 111, sequenceOffset: 10 })]);
		expect(decrypt()[0]?.subarray(0, 12).toString('hex')).toBe('80ef0004fffffff0deadbeef');
	});

	it('keeps the roll-over counter over wraps, for late retransmissions and per SSRC', () => {
		const { sender } = mediaSender();
		const { peer, sent, rtp } = viewer();
		const steps: [sequence: number, rollOver: number, ssrc: number][] = [
			...[0, 30_000, 60_000, 65_535].map((sequence): [number, number, number] => [sequence, 0, 1]),
			...[0, 1].map((sequence): [number, number, number] => [sequence, 1, 1]),
			[65_535, 0, 1],
			[60_000, 0, 1],
			[7, 0, 2],
			...[30_000, 60_000].map((sequence): [number, number, number] => [sequence, 1, 1]),
			[5, 2, 1],
			[65_000, 1, 1],
			[6, 2, 1],
			[8, 0, 2],
		];
		const packets = steps.map(([sequence, , ssrc]) => packet(sequence, 40, { ssrc }));
		for (const one of packets) sender.send([one], [to(peer)]);
		const opened = sent.map((datagram, step) => open(datagram, steps[step]?.[1] ?? -1, rtp));
		expect(opened).toEqual(packets.map(({ payload }) => Buffer.from(payload)));
	});

	it('sends the same bytes again for a retransmission', () => {
		const { sender } = mediaSender();
		const { peer, sent } = viewer();
		const repeated = packet(65_535, 700);
		sender.send([repeated, packet(0, 10)], [to(peer)]);
		sender.send([repeated], [to(peer)]);
		expect(sent[2]).toEqual(sent[0]);
	});

	it('skips viewers that are not secured and packets that are too long or before the first', () => {
		const { sender, counted } = mediaSender();
		const { peer, sent } = viewer();
		sender.send(
			[packet(1, 10), packet(2, MAX_PAYLOAD + 1), packet(65_535, 10), packet(3, 10)],
			[to(peer), to({} as TransportPeer)],
		);
		expect(sent.map((datagram) => datagram.readUInt16BE(2))).toEqual([1, 3]);
		expect(counted.dropped).toBe(2);
	});

	it('counts what was sent, not what was given up on the way', () => {
		const { sender, counted } = mediaSender();
		const [first, second] = [viewer(), viewer()];
		first.path.route.send = (datagram) => datagram.readUInt16BE(2) !== 2;
		sender.send(
			[packet(1, 10), packet(2, 20), packet(3, 30)],
			[first, second].map(({ peer }) => to(peer)),
		);
		expect(counted).toEqual({ datagrams: 5, bytes: 5 * (12 + 10) + 2 * 10 + 20 + 2 * 30, dropped: 0 });
	});

	it('leaves memory alone while a socket refers to it', () => {
		const references: Buffer[] = [];
		let held: ArrayBufferLike | undefined;
		const { sender } = mediaSender((memory) => memory === held);
		const { peer, path } = viewer();
		path.route.send = (datagram) => {
			references.push(datagram);
			held ??= datagram.buffer;
			return true;
		};
		sender.send([packet(1, 100)], [to(peer)]);
		const before = Buffer.from(references[0] as Buffer);
		sender.send([packet(2, 100)], [to(peer)]);
		sender.send([packet(3, 100)], [to(peer)]);
		expect(references[0]).toEqual(before);
	});
});
