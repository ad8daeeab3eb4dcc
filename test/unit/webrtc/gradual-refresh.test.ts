import { expect, it } from 'vitest';
import { picture } from '../../fakes/fake-pictures.ts';
import { VIDEO, WebRtcScene } from '../../fakes/webrtc-scene.ts';

const REFUSAL = {
	code: 'camera_unsupported',
	message: expect.stringMatching(/refreshes its picture gradually.*switch off its intra refresh/),
};

/** A picture with a recovery point. */
function refresh({ stream, clock }: WebRtcScene): void {
	stream.deliver({ ...picture(VIDEO, 1, { key: true, size: 3_000, at: clock.now() }), refresh: true });
}

it('ends viewers who wait for a key frame that will not come, and refuses others with the cause', async () => {
	const scene = new WebRtcScene();
	const { peer } = await scene.join();
	await scene.play(2);
	expect(peer.state).not.toBe('closed');
	refresh(scene);
	expect([peer.state, scene.stream.leases]).toEqual(['closed', 0]);
	const other = new WebRtcScene();
	await other.join();
	other.stream.deliver({ ...picture(VIDEO, 1, { key: true, size: 3_000, at: 0 }), refresh: true });
	await expect(other.offer()).rejects.toMatchObject({ code: 'camera_unsupported' });
});

it('lets those play on who began at the last key frame, and lets others in again after the next one', async () => {
	const scene = new WebRtcScene();
	const { peer } = await scene.join();
	await scene.play(2, { key: true });
	await scene.clock.advance(40);
	refresh(scene);
	await expect(scene.join()).resolves.toMatchObject({ peer: { state: 'secured' } });
	// The group outgrows the ring.
	await scene.play(60, { size: 400_000 });
	refresh(scene);
	expect(peer.state).toBe('secured');
	await expect(scene.offer()).rejects.toMatchObject(REFUSAL);
	await scene.play(1, { key: true });
	await expect(scene.join()).resolves.toMatchObject({ peer: { state: 'secured' } });
});
