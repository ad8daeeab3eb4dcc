import { describe, expect, it } from 'vitest';
import { ClipPresentation } from '../../../src/demo/clip-presentation.ts';
import { parseRtp, type RtpPacket, sequenceDistance, timestampDistance } from '../../../src/media/rtp/rtp.ts';
import type { PresentationFrame } from '../../../src/rtsp/server/presentation.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { tinyClip } from './tiny-clip.ts';

/** A clock on which time can pass without any timer running, as on a machine that was suspended. */
class SuspendableClock extends VirtualClock {
	#suspended = 0;

	suspend(milliseconds: number): void {
		this.#suspended += milliseconds;
	}

	override now(): number {
		return super.now() + this.#suspended;
	}
}

/** A presentation whose numbers are about to wrap, and what a subscriber got. */
function present() {
	const clock = new SuspendableClock();
	const presentation = new ClipPresentation('test', tinyClip, clock, () => 0xfffffffe);
	const frames: (PresentationFrame & { at: number })[] = [];
	const reader = { onFrame: (frame: PresentationFrame) => frames.push({ ...frame, at: clock.now() }), onEnd() {} };
	const packets = (track: number) =>
		frames.filter((frame) => frame.track === track).flatMap((frame) => frame.packets.map((bytes) => parseRtp(bytes)));
	return { clock, presentation, frames, reader, packets: (track: number) => packets(track) as RtpPacket[] };
}

describe('ClipPresentation', () => {
	it('goes on over the loop without a break in sequence numbers and timestamps', async () => {
		const { clock, presentation, reader, packets } = present();
		presentation.subscribe(reader);
		await clock.advance(999);
		for (const [track, count, step] of [
			[0, 25, 3600],
			[1, 50, 960],
		] as const) {
			const sent = packets(track);
			const timestamps = sent.map((packet) => packet.timestamp);
			expect(new Set(timestamps).size).toBe(count);
			for (const [n, packet] of sent.slice(1).entries()) {
				const before = sent[n] as RtpPacket;
				expect(sequenceDistance(before.sequence, packet.sequence)).toBe(1);
				expect([0, step]).toContain(timestampDistance(before.timestamp, packet.timestamp));
			}
		}
	});

	it('sends each frame when it is due, first the key picture with its parameter sets', async () => {
		const { clock, presentation, frames, reader } = present();
		presentation.subscribe(reader);
		await clock.advance(399);
		const video = frames.filter((frame) => frame.track === 0);
		expect(video.map((frame) => frame.at)).toEqual([0, 40, 80, 120, 160, 200, 240, 280, 320, 360]);
		expect(video.map((frame) => frame.key)).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4].map((n) => n === 0));
		const types = video[5]?.packets.map((bytes) => (parseRtp(bytes)?.payload[0] as number) & 0x1f);
		expect(types).toEqual([24]);
	});

	it('tells the same instant for the picture and the sound that belong together', async () => {
		const { clock, presentation, frames, reader } = present();
		presentation.subscribe(reader);
		await clock.advance(199);
		for (const frame of frames) {
			expect(frame.clock.ntp - clock.wall()).toBeCloseTo(frame.at - clock.now(), 6);
			expect(frame.clock.rtpTimestamp).toBe(parseRtp(frame.packets[0] as Uint8Array)?.timestamp);
		}
	});

	it('plays only while somebody is there, the same packets for all', async () => {
		const { clock, presentation, frames, reader } = present();
		await clock.advance(1000);
		const other: PresentationFrame[] = [];
		const leave = presentation.subscribe(reader);
		const leaveToo = presentation.subscribe({ onFrame: (frame) => other.push(frame), onEnd() {} });
		await clock.advance(100);
		expect(frames.map((frame) => frame.packets)).toEqual(other.map((frame) => frame.packets));
		leaveToo();
		leaveToo();
		await clock.advance(100);
		expect(frames.length).toBeGreaterThan(other.length);
		leave();
		const { length } = frames;
		await clock.advance(1000);
		expect(frames.length).toBe(length);
	});

	it('catches up after a short delay and skips a long one', async () => {
		const { clock, presentation, frames, reader, packets } = present();
		presentation.subscribe(reader);
		await clock.advance(1);
		clock.suspend(500);
		await clock.advance(39);
		expect(frames.filter((frame) => frame.track === 0).length).toBe(14);
		clock.suspend(60_000);
		await clock.advance(40);
		const video = packets(0);
		expect(video.length).toBeLessThan(20);
		const [first, last] = [video[0], video.at(-1)] as [RtpPacket, RtpPacket];
		expect(timestampDistance(first.timestamp, last.timestamp) / 90).toBeCloseTo(60_580, -2);
	});

	it('describes a clip without sound', () => {
		const { audio: _, ...silent } = tinyClip;
		const presentation = new ClipPresentation('test', { ...silent, sounds: [] }, new VirtualClock(), () => 1);
		expect(presentation.tracks.map((track) => track.kind)).toEqual(['video']);
		expect(presentation.sdp).not.toContain('m=audio');
	});
});
