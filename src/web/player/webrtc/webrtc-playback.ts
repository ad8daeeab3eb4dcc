import type { Clock } from '../../clock.ts';
import { FrameWatch } from '../frame-watch.ts';
import { type Playback, PlaybackError, type PlaybackListener } from '../playback.ts';
import type { Sample } from '../sample.ts';
import { withRoundTrip } from './round-trip.ts';
import { type ReportEntries, sampleOfReport } from './webrtc-report.ts';
import {
	deleteSession,
	explainSession,
	type Fetch,
	postOffer,
	type SessionStage,
	tellFirstFrame,
} from './whep-client.ts';

/** What a WebRTC playback needs; all of it can be a fake. */
export type WebRtcOptions = {
	video: HTMLVideoElement;
	/** The WHEP endpoint. */
	endpoint: string;
	/** Further ones, where it can be asked for as well. */
	others?: readonly string[] | undefined;
	fetch: Fetch;
	clock: Clock;
};

/** The time from the answer to the first look at what keeps the picture: a camera may just be starting, or have failed. */
const FIRST_LOOK_MS = 1000;
/** The time from the answer to the first picture, after which another way is better. */
const FIRST_FRAME_TIMEOUT_MS = 3000;
/** A camera that sends its next key frame later than this sends none; until then no other way shows a picture either. */
const KEY_FRAME_TIMEOUT_MS = 20_000;
const KEY_FRAME_PERIOD_MS = 500;
/** Wi-Fi that changes its access point is back within this time; a restarted gateway is not. */
const DISCONNECTED_TIMEOUT_MS = 2000;
const SAMPLE_PERIOD_MS = 1000;

/** Plays by WHEP: receives only, sends the offer before anything is gathered, and ends its session on leaving. */
export class WebRtcPlayback implements Playback {
	readonly #options: WebRtcOptions;
	readonly #timers = new Map<string, () => void>();
	#connection: RTCPeerConnection | undefined;
	#sessionUrl: string | undefined;
	#frames: FrameWatch | undefined;
	/** On the clock's time. */
	#beganAt = 0;
	#answeredAt = 0;
	#awaitsKeyFrame = false;
	/** The listener knows that the camera is awaited. */
	#told = false;
	/** When the first picture must be there, on the clock's time. */
	#deadline = 0;
	#started = false;
	#left = false;
	#fail: (error: PlaybackError) => void = () => undefined;

	constructor(options: WebRtcOptions) {
		this.#options = options;
	}

	async run(listener: PlaybackListener, signal: AbortSignal): Promise<never> {
		if (typeof RTCPeerConnection === 'undefined') {
			throw new PlaybackError('webrtc_missing', 'This browser has no WebRTC.');
		}
		const failed = new Promise<never>((_, reject) => {
			this.#fail = reject;
		});
		// Directly on the signal: a page that is being left runs nothing later.
		const leave = () => this.#leave();
		signal.addEventListener('abort', leave, { once: true });
		try {
			return await Promise.race([failed, this.#connect(listener, signal).then(() => failed)]);
		} catch (thrown) {
			if (thrown instanceof PlaybackError) throw thrown;
			throw new PlaybackError('webrtc_failed', `The browser could not start WebRTC: ${String(thrown)}`);
		} finally {
			signal.removeEventListener('abort', leave);
			leave();
		}
	}

	async #connect(listener: PlaybackListener, signal: AbortSignal): Promise<void> {
		const { clock, endpoint, others, fetch, video } = this.#options;
		this.#beganAt = clock.now();
		const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
		this.#connection = connection;
		const media = new MediaStream();
		connection.ontrack = ({ track, receiver }) => {
			media.addTrack(track);
			if (track.kind === 'audio') listener.hasAudio();
			const transport = receiver.transport;
			transport?.addEventListener('statechange', () => {
				if (transport.state === 'closed' || transport.state === 'failed') this.#disconnected();
			});
		};
		connection.onconnectionstatechange = () => this.#onConnectionState(connection.connectionState);
		connection.addTransceiver('video', { direction: 'recvonly' });
		connection.addTransceiver('audio', { direction: 'recvonly' });
		const offer = await connection.createOffer();
		const sdp = withRoundTrip(offer.sdp ?? '');
		// The gateway is ICE-lite and answers with all its candidates: it needs none of the browser's.
		const [session] = await Promise.all([
			postOffer(endpoint, sdp, { fetch, clock, signal, others }).then((opened) => {
				if (this.#left && opened.url !== undefined) deleteSession(opened.url, fetch);
				return opened;
			}),
			// A browser that takes only its own words does without.
			connection.setLocalDescription({ type: 'offer', sdp }).catch(() => connection.setLocalDescription(offer)),
		]);
		if (this.#left) return;
		this.#sessionUrl = session.url;
		if (session.url !== undefined) listener.served(session.url);
		this.#frames = new FrameWatch(video, () => this.#onFirstShown(listener));
		video.srcObject = media;
		this.#answeredAt = clock.now();
		this.#deadline = this.#answeredAt + FIRST_FRAME_TIMEOUT_MS;
		this.#after('first frame', FIRST_LOOK_MS, () => void this.#lookForFirstFrame(listener));
		await connection.setRemoteDescription({ type: 'answer', sdp: session.answer });
	}

	/** A page that was hidden until now says nothing: it would tell of its reader, not of the way. */
	#onFirstShown(listener: PlaybackListener): void {
		if (this.#started || this.#left) return;
		const { clock, fetch } = this.#options;
		if (this.#sessionUrl !== undefined) tellFirstFrame(this.#sessionUrl, clock.now() - this.#beganAt, fetch);
		this.#onFirstFrame(listener);
	}

	#onFirstFrame(listener: PlaybackListener): void {
		if (this.#started || this.#left) return;
		this.#started = true;
		this.#cancel('first frame');
		listener.firstFrame();
		void this.#sampleForEver(listener);
	}

	/**
	 * A hidden page shows no frames, although they come and are decoded. While the camera has sent no key frame it is
	 * waited for, and the time runs from there.
	 */
	async #lookForFirstFrame(listener: PlaybackListener): Promise<void> {
		const sample = await this.#sample();
		if (sample && sample.framesDecoded > 0) return this.#onFirstFrame(listener);
		const seen = await this.#explain();
		if (this.#started || this.#left) return;
		if (seen?.stage === 'ended') return this.#fail(new PlaybackError('session_ended', seen.explanation));
		const now = this.#options.clock.now();
		const awaited = this.#awaitsKeyFrame;
		this.#awaitsKeyFrame = seen?.stage === 'no_media' && now - this.#answeredAt < KEY_FRAME_TIMEOUT_MS;
		if (this.#awaitsKeyFrame && !this.#told) {
			this.#told = true;
			listener.awaitsCamera();
		}
		if (awaited && !this.#awaitsKeyFrame) this.#deadline = now + FIRST_FRAME_TIMEOUT_MS;
		const delay = this.#awaitsKeyFrame ? KEY_FRAME_PERIOD_MS : this.#deadline - now;
		if (delay > 0) return this.#after('first frame', delay, () => void this.#lookForFirstFrame(listener));
		const connected = this.#connection?.connectionState === 'connected';
		const what = connected
			? 'WebRTC connected, but no picture came within 3 seconds.'
			: 'WebRTC could not connect within 3 seconds.';
		const guess = connected ? '' : 'This network may block UDP to the gateway.';
		this.#fail(new PlaybackError('no_frame', `${what} ${seen?.explanation ?? guess}`.trim()));
	}

	#onConnectionState(state: RTCPeerConnectionState): void {
		if (state === 'failed' || state === 'closed') this.#disconnected();
		else if (state === 'disconnected') {
			this.#after('disconnected', DISCONNECTED_TIMEOUT_MS, () => this.#disconnected());
		} else if (state === 'connected') this.#cancel('disconnected');
	}

	#disconnected(): void {
		if (this.#left) return;
		if (this.#started) this.#fail(new PlaybackError('connection_lost', 'The connection to the gateway was lost.'));
		else void this.#explain().then((seen) => this.#onNoConnection(seen));
	}

	#onNoConnection(seen: SessionStage | undefined): void {
		const ended = seen?.stage === 'ended';
		const message = ended ? seen.explanation : 'WebRTC could not connect to the gateway.';
		this.#fail(new PlaybackError(ended ? 'session_ended' : 'no_connection', message));
	}

	/** What the gateway sees of the session. */
	async #explain(): Promise<SessionStage | undefined> {
		return this.#sessionUrl === undefined ? undefined : explainSession(this.#sessionUrl, this.#options.fetch);
	}

	async #sampleForEver(listener: PlaybackListener): Promise<void> {
		const sample = await this.#sample();
		if (this.#left) return;
		if (sample) listener.sample(sample);
		this.#after('sample', SAMPLE_PERIOD_MS, () => void this.#sampleForEver(listener));
	}

	async #sample(): Promise<Sample | undefined> {
		const report = await this.#connection?.getStats().catch(() => undefined);
		if (!report) return undefined;
		const entries: ReportEntries = [...report.values()];
		return sampleOfReport(entries, this.#options.clock.now(), this.#frames?.takeDelayMs());
	}

	#after(name: string, delayMs: number, run: () => void): void {
		this.#cancel(name);
		if (!this.#left) this.#timers.set(name, this.#options.clock.after(delayMs, run));
	}

	#cancel(name: string): void {
		this.#timers.get(name)?.();
		this.#timers.delete(name);
	}

	#leave(): void {
		if (this.#left) return;
		this.#left = true;
		this.#fail(new PlaybackError('stopped', 'The playback was ended.'));
		for (const cancel of this.#timers.values()) cancel();
		this.#frames?.close();
		if (this.#sessionUrl !== undefined) deleteSession(this.#sessionUrl, this.#options.fetch);
		if (this.#connection) {
			this.#connection.ontrack = null;
			this.#connection.onconnectionstatechange = null;
			this.#connection.close();
		}
	}
}
