import { describe, expect, it } from 'vitest';
import { picture } from '../../fakes/fake-pictures.ts';
import { h264Track } from '../../fakes/sample-tracks.ts';
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
});
