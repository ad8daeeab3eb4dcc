import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { parseRtcp } from '../../../src/media/rtp/rtcp.ts';
import type { Track, VideoTrack } from '../../../src/media/track.ts';
import { StreamRegistry } from '../../../src/stream/registry.ts';
import type { Stream } from '../../../src/stream/stream.ts';
import { createWebRtcServer, type WebRtcServer } from '../../../src/webrtc/webrtc-server.ts';
import { FakeTransport } from '../../fakes/fake-transport.ts';
import { recordedOffer } from '../../fakes/offers.ts';
import { AAC, OPUS, PCMA } from '../../fakes/sample-tracks.ts';
import { ScriptedSource, VIDEO_TRACK } from '../../fakes/scripted-source.ts';
import { settle, VirtualClock } from '../../fakes/virtual-clock.ts';

const START_TIMEOUT = 5_000;
const CLOSE_AFTER = 30_000;
const never = new AbortController().signal;
const H265: Track = {
	kind: 'video',
	codec: 'h265',
	id: 0,
	clockRate: 90_000,
	facts: { width: 64, height: 48, profileIdc: 1, levelIdc: 30, codecs: 'hvc1.1.6.L30.B0' },
};
/** Another picture than that of `VIDEO_TRACK`: High profile, 1280x720. */
const LARGER: VideoTrack = {
	kind: 'video',
	codec: 'h264',
	id: 2,
	clockRate: 90_000,
	parameterSets: {
		sps: Uint8Array.from(Buffer.from('Z2QAH6zZQFAFuhAAAAMAEAAAAwPA8YMZYA==', 'base64')),
		pps: Uint8Array.of(0x68, 0xeb, 0xe3, 0xcb),
	},
	facts: { width: 1280, height: 720, profileIdc: 100, constraints: 0, levelIdc: 31, codecs: 'avc1.64001f' },
};

/** A WebRTC server in front of a camera that was watched before, and is closed. */
class Scene {
	readonly clock = new VirtualClock();
	readonly transport = new FakeTransport();
	readonly source = new ScriptedSource();
	readonly lines: unknown[] = [];
	readonly stream: Stream;
	readonly server: WebRtcServer;

	static async watchedBefore(tracks: readonly Track[]): Promise<Scene> {
		const scene = new Scene();
		const claim = scene.stream.claim();
		await settle();
		scene.source.last.announce(tracks);
		scene.source.last.picture(0, true, scene.clock.now());
		(await claim).release();
		await scene.clock.advance(CLOSE_AFTER);
		await settle();
		expect(scene.stream.state.name).toBe('idle');
		return scene;
	}

	private constructor() {
		const { clock, transport, source, lines } = this;
		const registry = new StreamRegistry();
		this.stream = registry.add({
			...{ id: 'camera', source, onDemand: true, startTimeout: START_TIMEOUT, closeAfter: CLOSE_AFTER },
			...{
				stallTimeout: 1e9,
				backoff: { first: 500, cap: 5_000 },
				retryPause: { transient: 1_000, permanent: 30_000 },
			},
			...{ clock, logger: silentLogger, random: () => 0.5 },
		});
		const logger = { ...silentLogger, info: (facts: object, text: string) => lines.push({ ...facts, text }) };
		let serial = 0;
		this.server = createWebRtcServer({
			...{ directory: registry, transport, clock, logger, maxSessions: 10 },
			randomBytes: (size) => new Uint8Array(size).fill(200).fill(serial++, 1, 2),
		});
	}

	/** An offer that is answered before the camera is. */
	async join() {
		const created = await this.server.create('camera', recordedOffer('chromium'), never);
		expect(this.stream.ready).toBe(false);
		const { last: peer } = this.transport;
		peer.secure();
		return { ...created, peer, ssrc: Number(/a=ssrc:(\d+)/.exec(created.answer)?.[1]) };
	}
}

describe('an offer for a camera that is closed and was watched before', () => {
	it('is answered at once, and its pictures come with the first key frame', async () => {
		const { source, clock, ...scene } = await spread();
		const { sessionId, peer, ssrc } = await scene.join();
		expect(source.runs).toHaveLength(2);
		expect(scene.server.connection(sessionId)).toMatchObject({
			stage: 'no_media',
			explanation: expect.stringContaining('is being started'),
		});
		await clock.advance(2_000);
		source.last.announce();
		expect(scene.server.connection(sessionId)?.explanation).toContain('no key frame');
		source.last.picture(0, false, clock.now());
		expect(peer.sent).toEqual([]);
		source.last.picture(3_600, true, clock.now());
		source.last.picture(7_200, false, clock.now());
		await clock.advance(5);
		expect(peer.first(ssrc).map(({ index }) => index)).toEqual([1, 2]);
		expect(scene.server.connection(sessionId)?.stage).toBe('media');
		expect(peer.rtcp.flatMap((packet) => parseRtcp(packet)).some(({ type }) => type === 'goodbye')).toBe(false);
		await clock.advance(START_TIMEOUT);
		expect(peer.state).toBe('secured');
	});

	it('gets the parameter sets of the new run, also of another profile and size', async () => {
		const { source, clock, ...scene } = await spread();
		const { peer, answer, ssrc } = await scene.join();
		source.last.announce([LARGER]);
		const { sink } = source.last;
		const payload = Uint8Array.of(0x65, 0x88, 0x84, 1);
		const packet = { payloadType: 96, marker: true, sequence: 0, timestamp: 0, ssrc: 1, payload };
		sink.onPacket(LARGER.id, packet, clock.now());
		await clock.advance(5);
		const [first] = peer.first(ssrc);
		const bytes = Buffer.from(first?.payload ?? []);
		const [own, other, picture] = [LARGER.parameterSets?.sps, VIDEO_TRACK.parameterSets?.sps, payload].map((nalu) =>
			bytes.indexOf(nalu ?? ''),
		);
		expect(own).toBeGreaterThan(0);
		expect(picture).toBeGreaterThan(own ?? 0);
		expect(other).toBe(-1);
		// As for a camera that changes while it is watched, the payload type stays.
		expect(answer).toContain(`a=rtpmap:${first?.payloadType} H264/90000`);
		expect(peer.state).toBe('secured');
	});

	it.each<[string, readonly Track[], readonly Track[], string]>([
		['video', [VIDEO_TRACK], [H265], 'the video codec of the camera changed'],
		['audio', [VIDEO_TRACK, PCMA], [VIDEO_TRACK, OPUS], 'the audio codec of the camera changed'],
	])('ends with the reason when the %s codec is another one than before', async (_kind, before, now, reason) => {
		const scene = await Scene.watchedBefore(before);
		const { peer } = await scene.join();
		scene.source.last.announce(now);
		expect(peer.state).toBe('closed');
		expect(scene.lines).toContainEqual(expect.objectContaining({ text: 'viewer closed', reason }));
		expect(scene.server.sessions()).toEqual([]);
		await scene.clock.advance(CLOSE_AFTER);
		expect(scene.source.open).toBe(0);
	});

	it('ends with the camera’s failure, which the next offer is told at once', async () => {
		const { source, clock, ...scene } = await spread();
		const { peer } = await scene.join();
		source.last.fail('camera_unauthorized', true);
		await settle();
		expect(peer.state).toBe('closed');
		const reason = 'scripted camera_unauthorized';
		expect(scene.lines).toContainEqual(expect.objectContaining({ text: 'viewer closed', reason }));
		const again = scene.server.create('camera', recordedOffer('chromium'), never);
		await expect(again).rejects.toMatchObject({ code: 'camera_unauthorized' });
		expect(source.runs).toHaveLength(2);
		await clock.advance(CLOSE_AFTER);
		expect(source.open).toBe(0);
	});

	it('is told a failure that comes before its answer', async () => {
		const { source, ...scene } = await spread();
		source.onRun = (run) => run.fail('camera_refused');
		const created = scene.server.create('camera', recordedOffer('chromium'), never);
		// Whichever is first: the answer, whose session then ends, or the cause.
		await created.then(
			() => {},
			(error) => expect(error).toMatchObject({ code: 'camera_refused' }),
		);
		await settle();
		expect(scene.server.sessions()).toEqual([]);
		expect([source.open, scene.stream.state.name]).toEqual([0, 'idle']);
	});

	it('ends with camera_timeout when the camera does not start in time', async () => {
		const { clock, source, ...scene } = await spread();
		const { peer } = await scene.join();
		await clock.advance(START_TIMEOUT);
		expect(peer.state).toBe('closed');
		const again = scene.server.create('camera', recordedOffer('chromium'), never);
		await expect(again).rejects.toMatchObject({ code: 'camera_timeout' });
		expect(source.open).toBe(0);
	});

	it('leaves nothing behind when the viewer goes before the camera is there', async () => {
		const { source, ...scene } = await spread();
		const { sessionId } = await scene.join();
		scene.server.remove(sessionId);
		await settle();
		expect([source.open, scene.stream.state.name, scene.stream.readers.names]).toEqual([0, 'idle', []]);
		await scene.join();
		expect(source.runs).toHaveLength(3);
	});

	it('waits for the camera rather than refuse by what it sent the last time', async () => {
		const scene = await Scene.watchedBefore([H265, AAC]);
		const created = scene.server.create('camera', recordedOffer('chromium'), never);
		await settle();
		expect(scene.transport.peers).toEqual([]);
		scene.source.last.announce();
		expect((await created).answer).toContain('H264/90000');
	});
});

describe('an offer for a camera that was away for a moment and has sent nothing since', () => {
	it('is answered, and shows no picture of before', async () => {
		const scene = await Scene.watchedBefore([VIDEO_TRACK]);
		const { source, clock } = scene;
		const stays = await scene.join();
		source.last.announce();
		source.last.picture(0, true, clock.now());
		expect(stays.peer.first(stays.ssrc)).toHaveLength(1);
		source.last.fail('camera_closed');
		await clock.advance(60_000);
		source.last.announce();
		const { sessionId } = await scene.server.create('camera', recordedOffer('chromium'), never);
		const { last: peer } = scene.transport;
		peer.secure();
		expect(peer.sent).toEqual([]);
		expect(scene.server.connection(sessionId)?.explanation).toContain('no key frame');
		source.last.picture(0, true, clock.now());
		source.last.picture(3_600, false, clock.now());
		expect(peer.first(stays.ssrc).map(({ index }) => index)).toEqual([1, 2]);
		expect(stays.peer.first(stays.ssrc).map(({ index }) => index)).toEqual([1, 2, 3]);
		expect(scene.server.connection(sessionId)?.stage).toBe('media');
	});
});

async function spread() {
	const scene = await Scene.watchedBefore([VIDEO_TRACK]);
	const { source, clock, server, stream, lines } = scene;
	return { source, clock, server, stream, lines, join: () => scene.join() };
}
