import { beforeEach, describe, expect, test } from 'vitest';
import type { Sample } from '../../../src/web/player/sample.ts';
import { PlayerSupervisor } from '../../../src/web/player/supervisor.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { FakePlayback } from './fake-playback.ts';

const SAMPLE: Sample = {
	at: 0,
	framesDecoded: 1,
	framesDropped: 0,
	width: 640,
	height: 360,
	freezeCount: 0,
	pliCount: 0,
};

let clock: FakeClock;
let attempts: FakePlayback<boolean>[];
let events: unknown[];
let player: PlayerSupervisor;

function attempt(index: number): FakePlayback<boolean> {
	const found = attempts[index];
	if (!found) throw new Error(`there is no attempt ${index}`);
	return found;
}

beforeEach(() => {
	clock = new FakeClock();
	attempts = [];
	events = [];
	player = new PlayerSupervisor({
		clock,
		random: () => 1,
		playback: (_mode, beside) => {
			const playback = new FakePlayback(beside);
			attempts.push(playback);
			return playback;
		},
		onChange: () => undefined,
		onPlaying: () => events.push('playing'),
		onFallback: () => undefined,
		onError: ({ code }) => events.push(code),
		onServed: (url) => events.push(url),
		onTakeOver: () => events.push(['taken over', attempt(0).running]),
	});
	player.start('webrtc');
	attempt(0).listener?.served('http://a/');
	attempt(0).listener?.firstFrame();
	events = [];
});

describe('a player that moves', () => {
	test('opens the other place first and lets go of the old one when the picture is there', async () => {
		player.move();
		await settle();
		expect(attempts.map(({ made, running }) => [made, running])).toEqual([
			[false, true],
			[true, true],
		]);
		expect(player.state).toEqual({ name: 'playing', mode: 'webrtc', stalled: false });
		attempt(1).listener?.served('http://b/');
		attempt(1).listener?.firstFrame();
		expect(events).toEqual([]);
		attempt(1).listener?.sample(SAMPLE);
		await settle();
		expect(events).toEqual([['taken over', true], 'http://b/']);
		expect(attempts.map(({ running }) => running)).toEqual([false, true]);
		expect(player.state.name).toBe('playing');
	});

	test('moves on again, and tries again by itself when the last place is lost', async () => {
		for (const index of [1, 2]) {
			player.move();
			await settle();
			attempt(index).listener?.sample(SAMPLE);
			await settle();
		}
		expect(attempts.map(({ running }) => running)).toEqual([false, false, true]);
		await attempt(2).fail('connection_lost');
		expect(player.state.name).toBe('waiting');
		await clock.advance(500);
		expect(attempts.map(({ made }) => made)).toEqual([false, true, true, false]);
	});

	test('tries the move again while the old place plays', async () => {
		player.move();
		await settle();
		await attempt(1).fail('no_node');
		expect(player.state.name).toBe('playing');
		await clock.advance(500);
		expect(attempts).toHaveLength(3);
		attempt(2).listener?.sample(SAMPLE);
		await settle();
		expect(attempt(0).running).toBe(false);
		expect(attempt(2).running).toBe(true);
		expect(events).toEqual([['taken over', true]]);
	});

	test('stays when it would not be let in there, and moves when it is told to again', async () => {
		player.move();
		await settle();
		await attempt(1).fail('token_revoked');
		await clock.advance(20_000);
		expect(attempts.map(({ running }) => running)).toEqual([true, true]);
		expect([attempts.length, player.state.name, events]).toEqual([2, 'playing', []]);
		player.move();
		await settle();
		attempt(2).listener?.sample(SAMPLE);
		await settle();
		expect(events).toEqual([['taken over', true]]);
	});

	test('gives the move up when the old place is lost before: the next attempt goes elsewhere anyway', async () => {
		player.move();
		await settle();
		await attempt(0).fail('connection_lost');
		expect(attempt(1).running).toBe(false);
		attempt(1).listener?.sample(SAMPLE);
		await clock.advance(500);
		expect(attempts.map(({ made }) => made)).toEqual([false, true, false]);
		expect(events).toEqual(['connection_lost']);
	});

	test('ends both when the page is left', async () => {
		player.move();
		await settle();
		player.stop();
		expect(attempts.map(({ running }) => running)).toEqual([false, false]);
	});

	test('ends what took over when the page is left', async () => {
		player.move();
		await settle();
		attempt(1).listener?.sample(SAMPLE);
		await settle();
		player.stop();
		expect(attempts.map(({ running }) => running)).toEqual([false, false]);
	});

	test('does nothing while nothing plays, and one move at a time', async () => {
		player.move();
		player.move();
		await settle();
		expect(attempts).toHaveLength(2);
		player.stop();
		player.move();
		await settle();
		expect(attempts).toHaveLength(2);
	});
});
