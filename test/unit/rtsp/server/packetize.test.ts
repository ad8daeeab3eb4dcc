import { describe, expect, it } from 'vitest';
import type { AudioTrack } from '../../../../src/media/track.ts';
import type { AudioUnit } from '../../../../src/media/unit.ts';
import { packetize, packetizedSize } from '../../../../src/rtsp/server/relay/packetize.ts';
import { picture, sound } from '../../../fakes/access-units.ts';
import { OPUS, PCMA } from '../../../fakes/sample-tracks.ts';
import { VIDEO_TRACK } from '../../../fakes/scripted-source.ts';

function packetsOf(unit: Parameters<typeof packetize>[0], maxPayload: number) {
	const packets: { ticks: number; length: number; marker: boolean }[] = [];
	let now = Number.NaN;
	packetize(unit, maxPayload, {
		at: (ticks) => {
			now = ticks;
		},
		add: (payload, marker) => packets.push({ ticks: now, length: payload.length, marker }),
	});
	return packets;
}

function heard(track: AudioTrack, size: number): AudioUnit {
	return sound(1, { track, pts: 1000, data: new Uint8Array(size) });
}

describe('packetize', () => {
	it.each([
		['pcma', 1, 1400, [1000, 2400]],
		['g722', 1, 1400, [1000, 2400]],
		['g722', 2, 1400, [1000, 1700]],
		['l16', 2, 1400, [1000, 1350]],
	] as const)('splits a long run of %s at whole samples, each part at its time', (codec, channels, length, ticks) => {
		const packets = packetsOf(heard({ ...PCMA, codec, channels }, 1600), 1400 + channels - 1);
		const [first, rest] = ticks;
		expect(packets).toEqual([
			{ ticks: first, length, marker: false },
			{ ticks: rest, length: 1600 - length, marker: false },
		]);
	});

	it('sends an Opus packet whole or not at all', () => {
		expect(packetsOf(heard(OPUS, 1200), 1200).length).toBe(1);
		expect(packetsOf(heard(OPUS, 1201), 1200)).toEqual([]);
	});

	it('marks the last packet of a picture, H.265 too', () => {
		const nalus = [new Uint8Array(3000).fill(0x26)];
		for (const codec of ['h264', 'h265'] as const) {
			const packets = packetsOf(picture(1, true, { track: { ...VIDEO_TRACK, codec }, nalus, size: 3000 }), 1000);
			expect(packets.map(({ marker }) => marker)).toEqual([false, false, false, true]);
			expect(new Set(packets.map(({ ticks }) => ticks))).toEqual(new Set([90_000]));
		}
	});

	it('knows beforehand about how much it makes', () => {
		const nalus = [4000, 20, 1000, 1452, 1453].map((size) => new Uint8Array(size).fill(0x41));
		const unit = picture(0, false, { nalus, size: nalus.reduce((sum, nalu) => sum + nalu.length, 0) });
		const packets = packetsOf(unit, 1452);
		const { bytes, packets: count } = packetizedSize(unit, 1452);
		expect(packets.length).toBeLessThanOrEqual(count);
		expect(packets.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(bytes);
	});
});
