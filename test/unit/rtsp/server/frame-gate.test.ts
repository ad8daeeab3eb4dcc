import { describe, expect, it } from 'vitest';
import { FrameGate, MAX_BACKLOG } from '../../../../src/rtsp/server/frame-gate.ts';
import { frameOf } from './fake-presentation.ts';

const key = frameOf(0, 0, true);
const delta = frameOf(0, 1);

describe('FrameGate', () => {
	it('counts what a slow client misses, not what came before its first key frame', () => {
		const gate = new FrameGate(true);
		expect(gate.admits(delta, 'video', 0, 0)).toBe(false);
		expect(gate.dropped).toBe(0);
		expect(gate.admits(key, 'video', MAX_BACKLOG, 0)).toBe(true);
		expect(gate.admits(delta, 'video', MAX_BACKLOG + 1, 1)).toBe(false);
		expect(gate.admits(delta, 'video', 0, 2)).toBe(false);
		expect(gate.dropped).toBe(2);
	});

	it('knows since when there has been no room', () => {
		const gate = new FrameGate(true);
		for (const now of [5, 6, 7]) gate.admits(key, 'video', MAX_BACKLOG + 1, now);
		expect(gate.fullSince).toBe(5);
		gate.admits(delta, 'video', 0, 8);
		expect(gate.fullSince).toBeUndefined();
	});
});
