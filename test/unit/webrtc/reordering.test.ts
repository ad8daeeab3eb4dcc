import { describe, expect, it } from 'vitest';
import { picture } from '../../fakes/fake-pictures.ts';
import { recordedOffer } from '../../fakes/offers.ts';
import { h264Track, OPUS } from '../../fakes/sample-tracks.ts';
import { VIDEO, WebRtcScene } from '../../fakes/webrtc-scene.ts';

describe('a session', () => {
	it('ends when B-frames show, and is refused with the reason afterwards', async () => {
		const scene = new WebRtcScene({ tracks: [h264Track(100, 0, {})] });
		const { peer } = await scene.join();
		for (const [number, pts] of [0, 9000, 3000, 6000, 18_000, 12_000, 15_000, 27_000, 21_000].entries()) {
			scene.stream.deliver(picture(VIDEO, number, { key: number === 0, size: 50, at: 0, pts }));
		}
		expect(peer.state).toBe('closed');
		await expect(scene.offer()).rejects.toMatchObject({
			code: 'codec_unsupported',
			message: expect.stringContaining('B-frames'),
		});
		expect([scene.stream.leases, scene.stream.readers.size]).toEqual([0, 0]);
	});

	it('goes on when single pictures come before their predecessors, however often', async () => {
		const scene = new WebRtcScene({ tracks: [h264Track(100, 0, {})] });
		const { peer } = await scene.join();
		for (let number = 0; number < 500; number++) {
			const pts = number * 3000 - 4000 * Math.floor((number + 25) / 100);
			scene.stream.deliver(picture(VIDEO, number, { key: number % 50 === 0, size: 50, at: 0, pts }));
		}
		expect(peer.state).not.toBe('closed');
	});

	it('ends when B-frames show in groups so short that none has three', async () => {
		const scene = new WebRtcScene({ tracks: [h264Track(100, 0, {})] });
		const { peer } = await scene.join();
		for (let number = 0; number < 12; number++) {
			const place = number % 4;
			const shown = number + (place === 1 ? 1 : place === 2 ? -1 : 0);
			scene.stream.deliver(picture(VIDEO, number, { key: place === 0, size: 50, at: 0, pts: shown * 3000 }));
		}
		expect(peer.state).toBe('closed');
	});

	it('ends when the camera announces B-frames in mid-stream, before one is sent', async () => {
		const scene = new WebRtcScene();
		await scene.play(3, { key: true });
		const { peer, id, video } = await scene.join();
		const had = peer.first(video).length;
		scene.stream.setTracks([h264Track(77, 0, { reorderFrames: 2 }), OPUS]);
		expect([peer.state, scene.stream.leases, scene.server.session(id)]).toEqual(['closed', 0, undefined]);
		await scene.play(3, { key: true });
		expect(peer.first(video)).toHaveLength(had);
		await expect(scene.offer()).rejects.toMatchObject({
			code: 'codec_unsupported',
			message: expect.stringContaining('B-frames'),
		});
		expect([scene.stream.leases, scene.stream.readers.size]).toEqual([0, 0]);
		scene.stream.setTracks([VIDEO, OPUS]);
		expect((await scene.join()).peer.state).toBe('secured');
	});

	it('of sound alone goes on when the camera announces B-frames', async () => {
		const scene = new WebRtcScene();
		const [session, , audio] = recordedOffer('chromium').split(/(?=m=)/);
		const { peer } = await scene.join(`${session}${audio}`);
		scene.stream.setTracks([h264Track(77, 0, { reorderFrames: 2 }), OPUS]);
		scene.sound();
		expect(peer.state).toBe('secured');
		expect(peer.sent).toHaveLength(1);
	});
});
