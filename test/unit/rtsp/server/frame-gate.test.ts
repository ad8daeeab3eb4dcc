import { describe, expect, it } from 'vitest';
import { SERVER_LIMITS } from '../../../../src/rtsp/server/limits.ts';
import { FrameGate } from '../../../../src/rtsp/server/relay/frame-gate.ts';
import { frameOf } from './fake-presentation.ts';

const key = frameOf(0, 0, true);
const delta = frameOf(0, 1);

describe('FrameGate', () => {
	it('counts what a slow client misses, not what came before its first key frame', () => {
		const gate = new FrameGate(true);
		expect(gate.admits(delta, 'video', 0, 0)).toBe(false);
		expect(gate.dropped).toBe(0);
		expect(gate.admits(key, 'video', SERVER_LIMITS.backlogBytes, 0)).toBe(true);
		expect(gate.admits(delta, 'video', SERVER_LIMITS.backlogBytes + 1, 1)).toBe(false);
		expect(gate.admits(delta, 'video', 0, 2)).toBe(false);
		expect(gate.dropped).toBe(2);
	});

	it('knows since when there has been no room', () => {
		const gate = new FrameGate(true);
		for (const now of [5, 6, 7]) gate.admits(key, 'video', SERVER_LIMITS.backlogBytes + 1, now);
		expect(gate.fullSince).toBe(5);
		gate.admits(delta, 'video', 0, 8);
		expect(gate.fullSince).toBeUndefined();
	});

	it('lets every frame pass from the first key frame on, however much waited until then', () => {
		const gate = new FrameGate(true);
		const { backlogBytes } = SERVER_LIMITS;
		expect(gate.admits(delta, 'video', backlogBytes + 1, 0)).toBe(false);
		expect(gate.admits(key, 'video', backlogBytes, 1)).toBe(true);
		expect(gate.admits(delta, 'video', backlogBytes, 2)).toBe(true);
		expect(gate.dropped).toBe(0);
	});

	it('lets sound pass at once where there are no pictures, after a pause too', () => {
		const gate = new FrameGate(false);
		const sound = frameOf(0, 1);
		expect(gate.admits(sound, 'audio', 0, 0)).toBe(true);
		expect(gate.admits(sound, 'audio', SERVER_LIMITS.backlogBytes + 1, 1)).toBe(false);
		gate.restart();
		expect(gate.fullSince).toBeUndefined();
		expect(gate.admits(sound, 'audio', 0, 20_000)).toBe(true);
		expect(gate.admitsReplay(sound, 'audio', 100)).toBe(true);
	});
});

describe('a slow client', () => {
	it('gets key frames only until it has caught up', () => {
		const gate = new FrameGate(true);
		const { backlogBytes, recoveredBytes } = SERVER_LIMITS;
		expect(gate.admits(key, 'video', 0, 0)).toBe(true);
		expect(gate.admits(delta, 'video', backlogBytes + 1, 1)).toBe(false);
		expect(gate.admits(key, 'video', recoveredBytes + 1, 2)).toBe(true);
		expect(gate.admits(delta, 'video', recoveredBytes, 3)).toBe(false);
		expect(gate.admits(key, 'video', recoveredBytes, 4)).toBe(true);
		expect(gate.admits(delta, 'video', recoveredBytes, 5)).toBe(true);
		expect(gate.dropped).toBe(2);
	});

	it('hears on as long as there is room', () => {
		const gate = new FrameGate(true);
		gate.admits(key, 'video', 0, 0);
		gate.admits(delta, 'video', SERVER_LIMITS.backlogBytes + 1, 1);
		expect(gate.admits(frameOf(1, 2), 'audio', SERVER_LIMITS.backlogBytes, 2)).toBe(true);
	});

	it('is not one because of the pictures of the past it began with', () => {
		const gate = new FrameGate(true);
		const megabytes = 4 * 1024 * 1024;
		expect(gate.admitsReplay(frameOf(1, 1), 'audio', 100)).toBe(false);
		expect(gate.admitsReplay(delta, 'video', 100)).toBe(false);
		expect(gate.admitsReplay(key, 'video', megabytes)).toBe(true);
		expect(gate.admitsReplay(frameOf(1, 2), 'audio', 100)).toBe(true);
		expect(gate.admits(delta, 'video', megabytes, 1)).toBe(true);
		expect(gate.admits(delta, 'video', 0, 2)).toBe(true);
		// Once it had caught up, the usual bound holds.
		expect(gate.admits(delta, 'video', megabytes, 3)).toBe(false);
	});

	it('goes on with a key frame after a pause', () => {
		const gate = new FrameGate(true);
		gate.admits(key, 'video', 0, 0);
		gate.restart();
		expect(gate.admits(delta, 'video', 0, 1)).toBe(false);
		expect(gate.admits(frameOf(1, 2), 'audio', 0, 2)).toBe(false);
		expect(gate.admits(key, 'video', 0, 3)).toBe(true);
		expect(gate.dropped).toBe(0);
	});
});
