import { describe, expect, it } from 'vitest';
import { candidatePair } from '../../../src/webrtc/sessions/candidate-pair.ts';
import { pictureLoss } from '../../fakes/feedback.ts';
import { recordedOffer } from '../../fakes/offers.ts';
import { AAC, OPUS, PCMA } from '../../fakes/sample-tracks.ts';
import { VIDEO, WebRtcScene } from '../../fakes/webrtc-scene.ts';

const never = new AbortController().signal;
const WITHOUT_AUDIO = recordedOffer('chromium').split(/(?=m=audio)/)[0] ?? '';

describe('frames_sent', () => {
	it('counts pictures, those of the start and of a replay too, and what is sent again by NACK not', async () => {
		const scene = new WebRtcScene();
		await scene.play(5, { key: true });
		const { id, peer, video } = await scene.join();
		const sent = () => scene.server.session(id)?.frames_sent;
		expect(sent()).toBe(5);
		await scene.play(40);
		expect(sent()).toBe(45);
		peer.options.onRtcp(pictureLoss(video));
		await scene.play(3);
		const pictures = peer.first(video).filter(({ marker }) => marker);
		expect(sent()).toBe(pictures.length);
		expect(pictures.length).toBeGreaterThan(90);
	});

	it('begins at zero and does not go back when another begins later', async () => {
		const scene = new WebRtcScene();
		const early = await scene.join();
		expect(scene.server.session(early.id)?.frames_sent).toBe(0);
		await scene.play(3, { key: true });
		await scene.play(3, { key: true });
		const late = await scene.join();
		expect(scene.server.session(early.id)?.frames_sent).toBe(6);
		expect(scene.server.session(late.id)?.frames_sent).toBe(3);
	});

	it('is left out where there is sound alone', async () => {
		const scene = new WebRtcScene({ tracks: [OPUS] });
		const { id } = await scene.join();
		scene.sound();
		expect(scene.server.session(id)).toMatchObject({ packets_sent: 1 });
		expect(scene.server.session(id)).not.toHaveProperty('frames_sent');
	});
});

describe('first_frame_shown_after_ms', () => {
	it('is what the player says first', async () => {
		const scene = new WebRtcScene();
		const { server } = scene;
		const { id } = await scene.join();
		expect(server.session(id)).not.toHaveProperty('first_frame_shown_after_ms');
		expect(server.firstFrameShown(id, 123.6)).toBe(true);
		expect(server.firstFrameShown(id, 9_000)).toBe(true);
		expect(server.session(id)).toMatchObject({ first_frame_shown_after_ms: 124 });
		expect(server.firstFrameShown('nobody', 1)).toBe(false);
	});
});

describe('the candidate pair', () => {
	const udp = (address: string, port = 8189) => `1 1 udp 2130706431 ${address} ${port} typ host`;
	const tcp = (address: string) => `2 1 tcp 1518280447 ${address} 8190 typ host tcptype passive`;

	it.each([
		['there is one', 'udp 192.0.2.7:5000', [udp('192.0.2.1')], 'udp 192.0.2.1:8189'],
		[
			'the others are of this machine only',
			'udp 192.0.2.7:5000',
			[udp('192.0.2.1'), udp('127.0.0.1')],
			'udp 192.0.2.1:8189',
		],
		['the viewer is on this machine', 'udp 127.0.0.1:5000', [udp('192.0.2.1'), udp('127.0.0.1')], 'udp 127.0.0.1:8189'],
		[
			'it is the only one of its family',
			'udp [2001:db8::7]:5000',
			[udp('192.0.2.1'), udp('2001:db8::1'), udp('127.0.0.1')],
			'udp [2001:db8::1]:8189',
		],
		[
			'it is the only one by TCP',
			'tcp 192.0.2.7:5000',
			[udp('192.0.2.1'), udp('192.0.2.2'), tcp('192.0.2.1')],
			'tcp 192.0.2.1:8190',
		],
	])('names the address where %s', (_where, remote, candidates, local) => {
		expect(candidatePair({ remote }, candidates)).toEqual({ remote, local });
	});

	it.each([
		['several can be it', 'udp 192.0.2.7:5000', [udp('203.0.113.1'), udp('192.0.2.1')], 'udp *:8189'],
		['an address was translated', 'udp 127.0.0.1:5000', [udp('192.0.2.1'), udp('192.0.2.2')], 'udp *:8189'],
	])('names the port alone where %s', (_where, remote, candidates, local) => {
		expect(candidatePair({ remote }, candidates)).toEqual({ remote, local });
	});

	it('is not there before a check, nor half invented', () => {
		expect(candidatePair({}, [udp('192.0.2.1')])).toEqual({});
		expect(candidatePair({ remote: 'tcp 192.0.2.7:5000' }, [udp('192.0.2.1')])).toEqual({
			remote: 'tcp 192.0.2.7:5000',
		});
	});
});

describe('what a session carries', () => {
	it('follows the sound of the camera: G.711 that became AAC is skipped, and heard again when it comes back', async () => {
		const scene = new WebRtcScene({ tracks: [VIDEO, PCMA] });
		const { id } = await scene.join();
		expect(scene.server.session(id)).toMatchObject({ audio: 'pcma', skipped_tracks: [] });
		scene.stream.setTracks([VIDEO, AAC]);
		const session = scene.server.session(id);
		expect(session).not.toHaveProperty('audio');
		expect(session?.skipped_tracks).toEqual([{ codec: 'aac', reason: expect.stringContaining('HLS') }]);
		expect(session?.video).toMatch(/^h264/);
		scene.stream.setTracks([VIDEO, PCMA]);
		expect(scene.server.session(id)).toMatchObject({ audio: 'pcma', skipped_tracks: [] });
	});

	it('names sound that came after the answer', async () => {
		const scene = new WebRtcScene({ tracks: [VIDEO, AAC] });
		const { id } = await scene.join();
		scene.stream.setTracks([VIDEO, PCMA]);
		expect(scene.server.session(id)?.skipped_tracks).toEqual([
			{ codec: 'pcma', reason: expect.stringContaining('connect again') },
		]);
		scene.stream.setTracks([VIDEO]);
		expect(scene.server.session(id)?.skipped_tracks).toEqual([]);
	});

	it('keeps the reason of the browser', async () => {
		const scene = new WebRtcScene({ tracks: [VIDEO, OPUS, PCMA] });
		const { id } = await scene.join(WITHOUT_AUDIO);
		expect(scene.server.session(id)?.skipped_tracks).toEqual([
			{ codec: 'pcma', reason: 'only the first audio track is sent' },
			{ codec: 'opus', reason: 'the browser offered no audio' },
		]);
	});

	it('is told with the answer', async () => {
		const scene = new WebRtcScene({ tracks: [VIDEO, AAC] });
		const { skipped } = await scene.server.create('camera', recordedOffer('chromium'), never);
		expect(skipped).toEqual([{ codec: 'aac', reason: expect.stringContaining('HLS') }]);
	});
});
