import { type Logger, silentLogger } from '../../src/base/logger.ts';
import type { AudioTrack, Track } from '../../src/media/track.ts';
import { createWebRtcServer, type WebRtcServer } from '../../src/webrtc/webrtc-server.ts';
import { FakeDirectory, type FakeStream } from './fake-directory.ts';
import { picture, sound } from './fake-pictures.ts';
import { type FakePeer, FakeTransport } from './fake-transport.ts';
import { recordedOffer } from './offers.ts';
import { h264Track, OPUS } from './sample-tracks.ts';
import { VirtualClock } from './virtual-clock.ts';

export const FRAME_MS = 40;
export const VIDEO = h264Track(66, 0xc0);

/** A viewer of a scene and the numbers its answer gave it. */
export type SceneViewer = {
	readonly id: string;
	/** The secret part of its URL. */
	readonly resource: string;
	readonly peer: FakePeer;
	readonly answer: string;
	/** As answered; NaN without that track. */
	readonly video: number;
	readonly videoRtx: number;
	readonly audio: number;
};

/** A WebRTC server on a virtual clock with one camera of 25 pictures a second, which the test plays. */
export class WebRtcScene {
	readonly clock = new VirtualClock();
	readonly transport = new FakeTransport();
	readonly stream: FakeStream;
	readonly server: WebRtcServer;
	/** Pictures so far. */
	pictures = 0;
	#serial = 0;

	constructor(options: { tracks?: readonly Track[]; maxSessions?: number; logger?: Logger } = {}) {
		const directory = new FakeDirectory();
		this.stream = directory.add('camera', options.tracks ?? [VIDEO, OPUS]);
		this.server = createWebRtcServer({
			directory,
			transport: this.transport,
			clock: this.clock,
			logger: options.logger ?? silentLogger,
			randomBytes: (size) => new Uint8Array(size).fill(200).fill(this.#serial++, 1, 2),
			maxSessions: options.maxSessions ?? 1_000,
		});
	}

	/** Opens a session without securing it. */
	async offer(text = recordedOffer('chromium')): Promise<SceneViewer> {
		const { sessionId, resource, answer } = await this.server.create('camera', text, new AbortController().signal);
		const [, video = '', audio = ''] = answer.split(/(?=m=)/);
		return {
			id: sessionId,
			resource,
			peer: this.transport.last,
			answer,
			video: Number(/a=ssrc:(\d+)/.exec(video)?.[1]),
			videoRtx: Number(/a=ssrc-group:FID \d+ (\d+)/.exec(video)?.[1]),
			audio: Number(/a=ssrc:(\d+)/.exec(audio)?.[1]),
		};
	}

	async join(text?: string): Promise<SceneViewer> {
		const viewer = await this.offer(text);
		viewer.peer.secure();
		return viewer;
	}

	/** One picture now. */
	show(key: boolean, size = 3_000): void {
		const at = this.clock.now();
		this.stream.deliver(picture(VIDEO, this.pictures++, { key, size, at, wall: this.clock.wall() }));
	}

	sound(track: AudioTrack = OPUS, size = 100): void {
		this.stream.deliver(sound(track, this.clock.now(), size, this.clock.wall()));
	}

	/** Pictures at their pace: a key picture first when `key`, time moves on after each. */
	async play(count: number, options: { key?: boolean; size?: number } = {}): Promise<void> {
		for (let number = 0; number < count; number++) {
			this.show(number === 0 && options.key === true, options.size);
			await this.clock.advance(FRAME_MS);
		}
	}
}

/** The timestamps of a list of packets, each once, as steps from the first one. */
export function timeline(packets: readonly { readonly timestamp: number }[]): number[] {
	const first = packets[0]?.timestamp ?? 0;
	return [...new Set(packets.map(({ timestamp }) => (timestamp - first) | 0))];
}
