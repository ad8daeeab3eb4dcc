import { expect, it } from 'vitest';
import { RtspSplitter } from '../../../../src/rtsp/framing.ts';
import { interleave } from '../../../../src/rtsp/server/interleaved-outlet.ts';

it('frames packets as a client splits them', () => {
	const packets = [Uint8Array.of(0x80, 96, 0, 1, 9, 9, 9, 9), new Uint8Array(1400).fill(0x80)];
	const frames: { channel: number; payload: Uint8Array }[] = [];
	const splitter = new RtspSplitter({
		onMessage() {},
		onFrame: (channel, payload) => frames.push({ channel, payload: Uint8Array.from(payload) }),
	});
	splitter.push(interleave(4, packets));
	expect(frames).toEqual(packets.map((payload) => ({ channel: 4, payload: Uint8Array.from(payload) })));
});
