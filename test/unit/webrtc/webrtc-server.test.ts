import { describe, expect, it } from 'vitest';
import { parseRtcp, type RtcpPacket } from '../../../src/media/rtp/rtcp.ts';
import { MAX_G711_SAMPLES } from '../../../src/webrtc/limits.ts';
import { picture } from '../../fakes/fake-pictures.ts';
import type { FakePeer } from '../../fakes/fake-transport.ts';
import { recordedOffer } from '../../fakes/offers.ts';
import { AAC, h264Track, OPUS, PCMA } from '../../fakes/sample-tracks.ts';
import { FRAME_MS, timeline, VIDEO, WebRtcScene } from '../../fakes/webrtc-scene.ts';

const never = new AbortController().signal;

function rtcp(peer: FakePeer): RtcpPacket[] {
	return peer.rtcp.flatMap((packet) => parseRtcp(packet));
}

describe('create', () => {
	it('does not start the camera for a broken offer', async () => {
		const { server, stream } = new WebRtcScene();
		await expect(server.create('camera', 'junk', never)).rejects.toMatchObject({ code: 'offer_invalid' });
		expect(stream.claims).toBe(0);
	});

	it('hands on why a stream cannot be had', async () => {
		const { server } = new WebRtcScene();
		const created = server.create('nowhere', recordedOffer('chromium'), never);
		await expect(created).rejects.toMatchObject({ code: 'stream_not_found' });
	});

	it('lets go of the camera when the codecs do not fit', async () => {
		const { server, stream, transport } = new WebRtcScene({
			tracks: [h264Track(100, 0, { reorderFrames: 2 })],
		});
		const created = server.create('camera', recordedOffer('chromium'), never);
		await expect(created).rejects.toMatchObject({ code: 'codec_unsupported' });
		expect([stream.claims, stream.leases, stream.readers.size, transport.peers.length]).toEqual([1, 0, 0, 0]);
	});

	it('names what is left out', async () => {
		const scene = new WebRtcScene({ tracks: [VIDEO, AAC] });
		const { id, audio } = await scene.offer();
		expect(audio).toBeNaN();
		expect(scene.server.session(id)).toMatchObject({
			state: 'connecting',
			skipped_tracks: [{ codec: 'aac', reason: expect.stringContaining('HLS') }],
		});
	});

	it('counts sessions that are being made', async () => {
		const scene = new WebRtcScene({ maxSessions: 2 });
		let open: () => void = () => {};
		scene.stream.gate = new Promise((resolve) => {
			open = resolve;
		});
		const first = scene.offer();
		const second = scene.offer();
		await expect(scene.offer()).rejects.toMatchObject({ code: 'too_many_sessions' });
		open();
		await Promise.all([first, second]);
		await expect(scene.offer()).rejects.toMatchObject({ code: 'too_many_sessions', facts: { limit: 2 } });
		expect(scene.server.remove((await first).id)).toBe(true);
		await scene.offer();
	});

	it('gives the place and the camera back when the client goes away', async () => {
		const { server, stream, transport } = new WebRtcScene({ maxSessions: 1 });
		const abort = new AbortController();
		let open: () => void = () => {};
		stream.gate = new Promise((resolve) => {
			open = resolve;
		});
		const created = server.create('camera', recordedOffer('chromium'), abort.signal);
		abort.abort(new Error('gone'));
		open();
		await expect(created).rejects.toThrow('gone');
		expect([stream.leases, transport.peers.length]).toEqual([0, 0]);
		await server.create('camera', recordedOffer('chromium'), never);
	});

	it('tells nobody but the viewer how to end its session', async () => {
		const scene = new WebRtcScene();
		const { id, resource } = await scene.offer();
		expect(scene.server.sessionOf(resource)).toBe(id);
		expect(scene.server.sessionOf(id)).toBeUndefined();
		expect(JSON.stringify(scene.server.sessions())).not.toContain(resource.slice(0, 8));
	});

	it('hands the credentials of the offer to the transport and gives unguessable ids', async () => {
		const scene = new WebRtcScene();
		const first = await scene.offer();
		const second = await scene.offer();
		expect(first.peer.options).toMatchObject({
			remoteUfrag: 'cUFR',
			remotePassword: 'x0ffer/ICE+password0Aaaa',
			remoteFingerprint: { algorithm: 'sha-256' },
		});
		expect(first.resource).toMatch(/^[\w-]{24}$/);
		expect(second.resource).not.toBe(first.resource);
		expect(first.answer).toMatch(/^v=0\r\no=- \d+ 1 /);
	});
});

describe('a session', () => {
	it('shares one reader with the others and lets go of the camera after the last', async () => {
		const scene = new WebRtcScene();
		await scene.play(1, { key: true });
		const first = await scene.join();
		const second = await scene.join();
		expect([scene.stream.leases, scene.stream.readers.size, scene.server.viewers('camera')]).toEqual([2, 1, 2]);
		expect(scene.server.remove(first.id)).toBe(true);
		expect(first.peer.state).toBe('closed');
		expect(scene.server.remove(first.id)).toBe(false);
		second.peer.options.onClosed('consent lost');
		expect([scene.stream.leases, scene.stream.readers.size, scene.server.sessions()]).toEqual([0, 0, []]);
	});

	it('that never connected is gone when the transport says so', async () => {
		const scene = new WebRtcScene();
		const { peer } = await scene.offer();
		peer.options.onClosed('never connected');
		expect([scene.stream.leases, scene.server.sessions()]).toEqual([0, []]);
	});

	it('ends with the stream, says goodbye, and later ones start anew', async () => {
		const scene = new WebRtcScene();
		await scene.play(1, { key: true });
		const { peer, video, audio } = await scene.join();
		scene.stream.end();
		const farewell = rtcp(peer).filter(({ type }) => type === 'goodbye');
		expect(farewell).toEqual([
			{ type: 'goodbye', ssrcs: [video] },
			{ type: 'goodbye', ssrcs: [audio] },
		]);
		expect([peer.state, scene.stream.leases, scene.server.viewers('camera')]).toEqual(['closed', 0, 0]);
		await scene.join();
		expect(scene.server.viewers('camera')).toBe(1);
	});

	it('ends when the server closes, which takes no more', async () => {
		const scene = new WebRtcScene();
		const { peer } = await scene.join();
		await scene.server.close();
		await scene.server.close();
		expect([peer.state, scene.stream.leases]).toEqual(['closed', 0]);
		await expect(scene.offer()).rejects.toMatchObject({ code: 'stream_closed' });
	});

	it('goes on in number and time when the camera comes back', async () => {
		const scene = new WebRtcScene();
		await scene.play(3, { key: true });
		const { peer, video } = await scene.join();
		await scene.clock.advance(5_000);
		scene.stream.setTracks([{ ...VIDEO }, OPUS]);
		await scene.play(3, { key: true });
		const packets = peer.first(video);
		expect(packets.map(({ index }) => index)).toEqual(packets.map((_, at) => at + 1));
		expect(timeline(packets)[3]).toBe(180 + 90 * (5_000 + FRAME_MS));
	});

	it('has times that always rise, also where those of the camera stand still or go back', async () => {
		const scene = new WebRtcScene();
		const { peer, video } = await scene.join();
		for (const [number, pts] of [0, 3_000, 3_000, 2_990, 6_000].entries()) {
			scene.stream.deliver(picture(VIDEO, number, { key: number === 0, size: 50, at: 0, pts }));
		}
		expect(timeline(peer.first(video))).toEqual([0, 3_000, 3_001, 3_002, 6_000]);
	});

	it('goes on when the picture size changes', async () => {
		const scene = new WebRtcScene();
		await scene.play(3, { key: true });
		const { peer, video } = await scene.join();
		scene.stream.setTracks([h264Track(100, 0, { width: 640, height: 360, reorderFrames: 0 }), OPUS]);
		await scene.play(3, { key: true });
		expect(peer.state).not.toBe('closed');
		const packets = peer.first(video);
		expect(packets.map(({ index }) => index)).toEqual(packets.map((_, at) => at + 1));
		expect(new Set(timeline(packets)).size).toBe(6);
	});

	it('ends with the reason when the camera changes to H.265', async () => {
		const scene = new WebRtcScene();
		const { peer } = await scene.join();
		scene.stream.setTracks([{ kind: 'video', codec: 'h265', id: VIDEO.id, clockRate: 90_000 }, OPUS]);
		expect([peer.state, scene.stream.leases]).toEqual(['closed', 0]);
		await expect(scene.offer()).rejects.toMatchObject({
			code: 'codec_unsupported',
			message: expect.stringContaining('H.265'),
		});
	});

	it('ends when the audio codec changes, so that the browser asks again', async () => {
		const scene = new WebRtcScene();
		const { peer } = await scene.join();
		scene.stream.setTracks([VIDEO, PCMA]);
		expect([peer.state, scene.stream.leases]).toEqual(['closed', 0]);
	});

	it('splits long runs of G.711 and drops Opus that fits no packet', async () => {
		const g711 = new WebRtcScene({ tracks: [PCMA] });
		const listener = await g711.join();
		g711.sound(PCMA, MAX_G711_SAMPLES + 100);
		const [, audio] = listener.answer.split(/(?=m=audio)/);
		const ssrc = Number(/a=ssrc:(\d+)/.exec(audio ?? '')?.[1]);
		expect(listener.peer.first(ssrc).map(({ payload }) => payload.length)).toEqual([MAX_G711_SAMPLES, 100]);
		expect(timeline(listener.peer.first(ssrc))).toEqual([0, MAX_G711_SAMPLES]);
		const opus = new WebRtcScene();
		const viewer = await opus.join();
		opus.sound(OPUS, 1_275);
		expect(viewer.peer.sent).toEqual([]);
	});
});
