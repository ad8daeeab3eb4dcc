import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SrtcpSession } from 'werift';
import { MAX_SSRCS } from '../../../src/webrtc/transport/limits.ts';
import { ReplayWindow } from '../../../src/webrtc/transport/srtp/replay-window.ts';
import { SrtcpReceiver, SrtcpSender } from '../../../src/webrtc/transport/srtp/srtcp.ts';
import { deriveSessionKeys } from '../../../src/webrtc/transport/srtp/srtp-keys.ts';

/** An empty receiver report with some bytes behind it. */
function report(ssrc: number): Buffer {
	const packet = Buffer.alloc(28, 0x5a);
	packet.set([0x80, 201, 0, 6]);
	packet.writeUInt32BE(ssrc, 4);
	return packet;
}

function pair() {
	const master = { key: randomBytes(16), salt: randomBytes(14) };
	const { rtcp } = deriveSessionKeys(master);
	const other = new SrtcpSession({
		profile: 1,
		keys: {
			localMasterKey: master.key,
			localMasterSalt: master.salt,
			remoteMasterKey: master.key,
			remoteMasterSalt: master.salt,
		},
	});
	return { rtcp, sender: new SrtcpSender(rtcp), receiver: new SrtcpReceiver(rtcp), other };
}

describe('SRTCP', () => {
	it('is read by another implementation, and reads it', () => {
		const { sender, receiver, other } = pair();
		for (let index = 0; index < 5; index++) {
			expect(other.decrypt(sender.protect(report(7)) as Buffer)).toEqual(report(7));
			expect(receiver.unprotect(other.encrypt(report(9)))).toEqual(report(9));
		}
	});

	it('hides everything behind the first eight bytes', () => {
		const protectedPacket = pair().sender.protect(report(7)) as Buffer;
		expect(protectedPacket.subarray(0, 8)).toEqual(report(7).subarray(0, 8));
		expect(protectedPacket.subarray(8, 28)).not.toEqual(report(7).subarray(8));
		expect(protectedPacket.length).toBe(28 + 4 + 10);
	});

	it('S9: drops what came before, what was changed and what is too short', () => {
		const { sender, receiver } = pair();
		const packet = sender.protect(report(7)) as Buffer;
		for (let position = 0; position < packet.length; position++) {
			const changed = Buffer.from(packet);
			changed.writeUInt8(changed.readUInt8(position) ^ 1, position);
			expect(receiver.unprotect(changed)).toBeUndefined();
			expect(receiver.unprotect(packet.subarray(0, position))).toBeUndefined();
		}
		expect(receiver.unprotect(packet)).toEqual(report(7));
		expect(receiver.unprotect(packet)).toBeUndefined();
	});

	it('drops what was signed but not encrypted', () => {
		const { rtcp, receiver } = pair();
		const signed = (encrypted: number) => {
			const bytes = Buffer.concat([report(7), Buffer.from([encrypted, 0, 0, 3])]);
			const tag = createHmac('sha1', rtcp.authentication).update(bytes).digest().subarray(0, 10);
			return Buffer.concat([bytes, tag]);
		};
		expect(receiver.unprotect(signed(0))).toBeUndefined();
		expect(receiver.unprotect(signed(0x80))).toBeDefined();
	});

	it('counts each source by itself, and only so many of them', () => {
		const { receiver, sender } = pair();
		const packets = Array.from({ length: MAX_SSRCS + 1 }, (_, ssrc) => sender.protect(report(ssrc)) as Buffer);
		for (let index = 0; index < 100; index++) sender.protect(report(0));
		expect(receiver.unprotect(sender.protect(report(0)) as Buffer)).toBeDefined();
		// Index 1 of another source is not old because source 0 has come to 100.
		for (const packet of packets.slice(1, MAX_SSRCS)) expect(receiver.unprotect(packet)).toBeDefined();
		expect(receiver.unprotect(packets[MAX_SSRCS] as Buffer)).toBeUndefined();
	});
});

describe('ReplayWindow', () => {
	it('knows the last 64 indexes', () => {
		const window = new ReplayWindow();
		for (const index of [0, 5, 100]) {
			expect(window.isNew(index)).toBe(true);
			window.accept(index);
		}
		expect([100, 36, 37, 99, 101].map((index) => window.isNew(index))).toEqual([false, false, true, true, true]);
		window.accept(37);
		expect(window.isNew(37)).toBe(false);
		window.accept(101);
		expect(window.isNew(37)).toBe(false);
	});
});
