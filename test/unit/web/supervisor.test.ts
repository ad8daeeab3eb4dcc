import { beforeEach, describe, expect, test } from 'vitest';
import type { Mode } from '../../../src/web/player/playback.ts';
import type { Sample } from '../../../src/web/player/sample.ts';
import { PlayerSupervisor } from '../../../src/web/player/supervisor.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { FakePlayback } from './fake-playback.ts';

const sample = (at: number, framesDecoded: number): Sample => ({
	at,
	framesDecoded,
	framesDropped: 0,
	width: 640,
	height: 360,
	freezeCount: 0,
	pliCount: 0,
});

let clock: FakeClock;
let attempts: FakePlayback<Mode>[];
let events: unknown[];
let player: PlayerSupervisor;
const current = () => {
	const last = attempts.at(-1);
	if (!last) throw new Error('nothing was tried');
	return last;
};
const modes = () => attempts.map(({ made }) => made);

beforeEach(() => {
	clock = new FakeClock();
	attempts = [];
	events = [];
	player = new PlayerSupervisor({
		clock,
		random: () => 1,
		playback: (mode) => {
			attempts.push(new FakePlayback(mode));
			return current();
		},
		onChange: () => undefined,
		onServed: (url) => events.push(['served', url]),
		onTakeOver: () => events.push(['taken over']),
		onPlaying: (mode, firstFrameMs) => events.push(['playing', mode, firstFrameMs]),
		onFallback: (reason) => events.push(['fallback', reason]),
		onError: ({ code }, retryInMs) => events.push(['error', code, retryInMs]),
	});
});

describe('the player', () => {
	test('starts by WebRTC at once and tells when the first picture is there', async () => {
		player.start('auto');
		expect(modes()).toEqual(['webrtc']);
		expect(player.state).toEqual({ name: 'connecting', mode: 'webrtc' });
		await clock.advance(80);
		current().listener?.firstFrame();
		expect(player.state).toEqual({ name: 'playing', mode: 'webrtc', stalled: false });
		expect(events).toEqual([['playing', 'webrtc', 80]]);
	});

	test('falls back to HLS with the reason, and counts the first picture from the start', async () => {
		player.start('auto');
		await clock.advance(3000);
		await current().fail('no_frame', 'No picture came.');
		expect(modes()).toEqual(['webrtc', 'hls']);
		expect(player.fallbackReason).toBe('No picture came.');
		await clock.advance(500);
		current().listener?.firstFrame();
		expect(events).toEqual([
			['fallback', 'No picture came.'],
			['playing', 'hls', 3500],
		]);
	});

	test('does not ask HLS about trouble of the camera, and tries again ever more slowly', async () => {
		player.start('auto');
		await current().fail('camera_timeout');
		expect(player.state).toMatchObject({ name: 'waiting', retryAt: 500 });
		await clock.advance(500);
		await current().fail('camera_timeout');
		await clock.advance(1000);
		await current().fail('camera_timeout');
		expect(modes()).toEqual(['webrtc', 'webrtc', 'webrtc']);
		expect(events).toEqual([
			['error', 'camera_timeout', 500],
			['error', 'camera_timeout', 1000],
			['error', 'camera_timeout', 2000],
		]);
	});

	test('gives up on a wrong password until somebody asks', async () => {
		player.start('auto');
		await current().fail('camera_unauthorized');
		expect(player.state.name).toBe('failed');
		await clock.advance(3_600_000);
		expect(attempts).toHaveLength(1);
		player.retry();
		expect(attempts).toHaveLength(2);
		expect(events).toEqual([['error', 'camera_unauthorized', undefined]]);
	});

	test('says that it waits for the camera, and not after the next attempt began', async () => {
		player.start('auto');
		current().listener?.hasAudio();
		current().listener?.awaitsCamera();
		expect(player.hasAudio).toBe(true);
		expect(player.state).toEqual({ name: 'connecting', mode: 'webrtc', awaitsCamera: true });
		await current().fail('session_ended');
		expect(player.state).toEqual({ name: 'connecting', mode: 'webrtc' });
	});

	test('asks again at once what became of a session that the gateway ended, and shows that', async () => {
		player.start('auto');
		await current().fail('session_ended');
		expect(modes()).toEqual(['webrtc', 'webrtc']);
		await current().fail('camera_refused', 'The camera refuses.');
		expect(player.state).toMatchObject({
			name: 'waiting',
			mode: 'webrtc',
			failure: { message: 'The camera refuses.' },
		});
		expect(player.fallbackReason).toBeUndefined();
		expect(events).toEqual([['error', 'camera_refused', 500]]);
	});

	test('does not ask again and again when sessions end', async () => {
		player.start('auto');
		await current().fail('session_ended');
		await current().fail('session_ended');
		expect(player.state).toMatchObject({ name: 'waiting', mode: 'webrtc' });
		await clock.advance(500);
		await current().fail('session_ended');
		expect(player.state).toMatchObject({ name: 'waiting', mode: 'webrtc' });
		expect(attempts).toHaveLength(3);
	});

	test('comes back after a loss, patient again from the start', async () => {
		player.start('auto');
		await current().fail('gateway_unreachable');
		await clock.advance(500);
		current().listener?.firstFrame();
		await clock.advance(60_000);
		await current().fail('connection_lost');
		expect(player.state).toMatchObject({ name: 'waiting', retryAt: 60_500 + 500 });
		await clock.advance(500);
		await clock.advance(100);
		current().listener?.firstFrame();
		expect(player.firstFrameMs).toBe(600);
		expect(modes()).toEqual(['webrtc', 'webrtc', 'webrtc']);
	});

	test('a retry asked for is made at once', async () => {
		player.start('auto');
		await current().fail('gateway_unreachable');
		player.retry();
		await settle();
		expect(attempts).toHaveLength(2);
	});

	test('keeps a fallback that played, drops one that did not', async () => {
		player.start('auto');
		await current().fail('no_frame');
		current().listener?.firstFrame();
		await current().fail('gateway_unreachable');
		await clock.advance(500);
		expect(modes()).toEqual(['webrtc', 'hls', 'hls']);
		expect(player.fallbackReason).toBe('no_frame');
		await current().fail('gateway_unreachable');
		await clock.advance(10_000);
		expect(modes()).toEqual(['webrtc', 'hls', 'hls', 'webrtc']);
		expect(player.fallbackReason).toBeUndefined();
	});

	test('stays with the way that was chosen', async () => {
		player.start('webrtc');
		await current().fail('no_frame');
		await clock.advance(500);
		expect(modes()).toEqual(['webrtc', 'webrtc']);
		player.start('hls');
		expect(modes()).toEqual(['webrtc', 'webrtc', 'hls']);
		await settle();
		expect(player.state).toEqual({ name: 'connecting', mode: 'hls' });
	});

	test('a new start ends the old attempt, which is not heard any more', async () => {
		player.start('auto');
		const old = current();
		player.start('hls');
		expect(old.signal?.aborted).toBe(true);
		old.listener?.firstFrame();
		await settle();
		expect(player.state).toEqual({ name: 'connecting', mode: 'hls' });
		expect(events).toEqual([]);
	});

	test('a stop is the end of waiting, too', async () => {
		player.start('auto');
		await current().fail('camera_timeout');
		player.stop();
		await clock.advance(100_000);
		expect(attempts).toHaveLength(1);
		expect(player.state).toEqual({ name: 'idle' });
		expect(clock.pending).toBe(0);
	});

	test('sees a picture that stands still, and that it moves again', async () => {
		player.start('auto');
		current().listener?.firstFrame();
		const state = async (at: number, frames: number) => {
			await clock.advance(at - clock.now());
			current().listener?.sample(sample(at, frames));
			return player.state;
		};
		expect(await state(1000, 30)).toMatchObject({ stalled: false });
		expect(await state(2000, 30)).toMatchObject({ stalled: false });
		expect(await state(3000, 30)).toMatchObject({ stalled: true });
		expect(await state(4000, 50)).toMatchObject({ stalled: false });
	});

	test('keeps a few samples and forgets them with the connection', async () => {
		player.start('auto');
		current().listener?.firstFrame();
		for (let at = 1; at <= 9; at++) current().listener?.sample(sample(at * 1000, at * 30));
		expect(player.samples.map(({ at }) => at)).toEqual([5000, 6000, 7000, 8000, 9000]);
		await current().fail('connection_lost');
		await clock.advance(500);
		expect(player.samples).toEqual([]);
	});

	test('survives a bug in a playback', async () => {
		player.start('auto');
		player = new PlayerSupervisor({
			clock,
			random: () => 1,
			playback: () => ({ run: () => Promise.reject(new RangeError('oops')) }),
			onChange: () => undefined,
			onPlaying: () => undefined,
			onFallback: (reason) => events.push(reason),
			onError: () => undefined,
			onServed: () => undefined,
			onTakeOver: () => undefined,
		});
		player.start('auto');
		await settle();
		expect(events).toEqual(['The player failed: RangeError: oops']);
	});
});
