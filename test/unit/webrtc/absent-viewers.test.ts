import { describe, expect, it } from 'vitest';
import { ABSENCE } from '../../../src/webrtc/limits.ts';
import { WebRtcScene } from '../../fakes/webrtc-scene.ts';

describe('S6: a flood of offers whose viewers never come', () => {
	it('does not keep viewers out: the oldest absent one gives way, with its hold on the camera', async () => {
		const scene = new WebRtcScene({ maxSessions: 3 });
		const present = await scene.join();
		const absent = [await scene.offer(), await scene.offer()];
		await scene.clock.advance(ABSENCE);
		const late = await scene.join();
		expect(scene.server.sessions().map(({ id }) => id)).toEqual([present.id, absent[1]?.id, late.id]);
		expect(absent[0]?.peer.state).toBe('closed');
		expect(scene.stream.leases).toBe(3);
		await scene.join();
		expect(scene.server.session(present.id)?.state).toBe('connected');
		await expect(scene.offer()).rejects.toMatchObject({ code: 'too_many_sessions' });
	});

	it('leaves viewers time to come', async () => {
		const scene = new WebRtcScene({ maxSessions: 2 });
		await scene.offer();
		await scene.offer();
		await scene.clock.advance(ABSENCE - 1);
		await expect(scene.offer()).rejects.toMatchObject({ code: 'too_many_sessions' });
		expect(scene.server.sessions()).toHaveLength(2);
	});

	it('leaves those alone who have come and are not secured yet', async () => {
		const scene = new WebRtcScene({ maxSessions: 2 });
		const slow = await scene.offer();
		slow.peer.bindingRequests = 1;
		const absent = await scene.offer();
		await scene.clock.advance(ABSENCE);
		const late = await scene.join();
		expect(absent.peer.state).toBe('closed');
		expect(scene.server.sessions().map(({ id }) => id)).toEqual([slow.id, late.id]);
	});
});
