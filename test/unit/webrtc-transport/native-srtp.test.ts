import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MAX_PAYLOAD } from '../../../src/webrtc/transport/limits.ts';
import { MediaSender } from '../../../src/webrtc/transport/media-sender.ts';
import { PacketWriter } from '../../../src/webrtc/transport/native/packet-writer.ts';
import type { MediaPacket, TransportPeer } from '../../../src/webrtc/transport/secure-transport.ts';
import { AES128_CM_SHA1_80, deriveSessionKeys } from '../../../src/webrtc/transport/srtp/srtp-keys.ts';
import { SrtpSender } from '../../../src/webrtc/transport/srtp/srtp-sender.ts';
import { nativeAddon } from '../../fakes/secure-transports.ts';

const PAYLOAD_TYPE = 102;
const SEQUENCE_OFFSET = 777;

/** What the TypeScript transport would send. */
function byTypescript(packets: readonly MediaPacket[], key: Buffer, salt: Buffer): Buffer[] {
	const sent: Buffer[] = [];
	const path = {
		srtp: new SrtpSender(deriveSessionKeys({ key, salt }).rtp),
		route: {
			description: 'test',
			send: (datagram: Buffer) => sent.push(Buffer.from(datagram)) > 0,
		},
	};
	const sender = new MediaSender({
		sockets: 1,
		pathOf: () => path,
		isHeld: () => false,
		onSent: () => {},
		onDropped: () => {},
	});
	const peer = {} as TransportPeer;
	for (const packet of packets) {
		sender.send([packet], [{ peer, payloadType: PAYLOAD_TYPE, sequenceOffset: SEQUENCE_OFFSET }]);
	}
	return sent;
}

/** What the addon would send. */
function byAddon(packets: readonly MediaPacket[], key: Buffer, salt: Buffer): Buffer[] {
	const writer = new PacketWriter();
	for (const packet of packets) expect(writer.add(packet)).toBe(true);
	const { profile } = AES128_CM_SHA1_80;
	const all = nativeAddon?.protect(profile, key, salt, writer.take(), PAYLOAD_TYPE, SEQUENCE_OFFSET) ?? Buffer.alloc(0);
	const sent: Buffer[] = [];
	for (let position = 0; position < all.length; ) {
		const length = all.readUInt16BE(position);
		if (length > 0) sent.push(all.subarray(position + 2, position + 2 + length));
		position += 2 + length;
	}
	return sent;
}

describe.skipIf(nativeAddon === undefined)('SRTP of the native transport', () => {
	it('is byte for byte that of the TypeScript one: every length, wraps, late packets, two sources', () => {
		const key = randomBytes(16);
		const salt = randomBytes(14);
		for (let start = 0; start <= MAX_PAYLOAD; start += 40) {
			const packets = Array.from({ length: 40 }, (_, index) => ({
				sequence: (64_740 + ((index * 7) % 40)) & 0xffff,
				timestamp: (0xfffff000 + index * 3000) >>> 0,
				marker: index % 3 === 0,
				ssrc: index % 5 === 0 ? 0xfedcba98 : 0x12345678,
				payload: randomBytes(Math.min(start + index, MAX_PAYLOAD)),
			}));
			const expected = byTypescript(packets, key, salt);
			expect(expected.length).toBeGreaterThan(30);
			expect(byAddon(packets, key, salt)).toEqual(expected);
		}
	});
});

describe('PacketWriter', () => {
	const packet = { sequence: 65_535, timestamp: 0xffffffff, marker: true, ssrc: 0xfedcba98 };

	it('writes headers and padded payloads side by side', () => {
		const writer = new PacketWriter();
		writer.add({ ...packet, payload: Uint8Array.of(1, 2, 3) });
		writer.add({ ...packet, sequence: 1, marker: false, payload: Uint8Array.of(4) });
		const bytes = writer.take();
		const words = new Uint32Array(bytes.buffer, 0, bytes.length / 4);
		expect([...words.subarray(0, 4)]).toEqual([0xfedcba98, 0xffffffff, 0x1ffff, 3]);
		expect([...bytes.subarray(16, 19)]).toEqual([1, 2, 3]);
		expect([...words.subarray(5, 9)]).toEqual([0xfedcba98, 0xffffffff, 1, 1]);
		expect(bytes[36]).toBe(4);
		expect(bytes).toHaveLength(40);
		expect(writer.take()).toHaveLength(0);
	});

	it('says when it is full, and lets nothing longer in than the addon refuses', () => {
		const writer = new PacketWriter();
		let count = 0;
		while (writer.add({ ...packet, payload: new Uint8Array(1200) })) count++;
		expect(count).toBe(Math.floor((640 * 1024) / 1216));
		writer.take();
		expect(writer.add({ ...packet, payload: new Uint8Array(100_000) })).toBe(true);
		expect(writer.take()).toHaveLength(16 + 1252);
	});
});
