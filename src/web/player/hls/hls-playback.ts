import type Hls from 'hls.js';
import type { ErrorData } from 'hls.js';
import { type Clock, sleep } from '../../clock.ts';
import { readProblem } from '../../gateway/problem.ts';
import { FrameWatch } from '../frame-watch.ts';
import { whyNoPicture } from '../no-picture.ts';
import { type Playback, PlaybackError, type PlaybackListener } from '../playback.ts';
import type { Sample } from '../sample.ts';
import { StandingPicture } from '../standing-picture.ts';
import { unreachable } from '../unreachable.ts';
import type { Fetch } from '../webrtc/whep-client.ts';
import { removePlayed } from './back-buffer.ts';
import { catchUpRate } from './catch-up-rate.ts';
import { findPlaylist, lowLatencyUrl } from './find-playlist.ts';
import { CLASSIC_CONFIG, LOW_LATENCY_CONFIG } from './hls-config.ts';
import { failureOfHlsError } from './hls-failure.ts';
import { HoldBack, secondsAhead } from './hold-back.ts';
import { mayHaveSound, playsHlsItself, prefersNativeHls } from './native-hls.ts';

/** What an HLS playback needs. */
export type HlsOptions = {
	video: HTMLVideoElement;
	/** URL of `index.m3u8`. */
	playlist: string;
	/** Further ones, where it can be asked for as well. */
	others?: readonly string[] | undefined;
	/** URL of the stream's counters, which say why a camera does not play. */
	stats?: string | undefined;
	/** It is to take over from another one, which plays until it can go on without a break. */
	beside?: boolean;
	fetch: Fetch;
	clock: Clock;
};

const SAMPLE_PERIOD_MS = 1000;
/** From a refusal of the next playlist, as the camera sends nothing, to the next request. */
const LATE_PAUSE_MS = 1000;

/** Seconds behind live that are jumped over rather than caught up with. */
const JUMP_S = 3;

/** Trouble of the low-latency output alone: it is switched off, or this browser cannot play it. */
const CLASSIC_MAY_HELP = new Set(['not_found', 'hls_late', 'hls_failed', 'codec_unsupported']);

/** Plays HLS by hls.js, loaded when first needed, or by the browser itself where that is the better player. */
export class HlsPlayback implements Playback {
	readonly #options: HlsOptions;
	readonly #scope = new AbortController();
	/** Aborted with the first picture, and on leaving. */
	readonly #awaiting = new AbortController();
	#hls: Hls | undefined;
	#hold: HoldBack | undefined;
	#frames: FrameWatch | undefined;
	#bytes = 0;
	#freezes = 0;
	#framesDecoded = -1;
	#sampledAt = 0;
	readonly #standing: StandingPicture;
	/** Of the playlist that plays. */
	#address = '';
	#started = false;
	#lowLatency = true;
	/** Why the low-latency output did not play, where it is there. */
	#lowLatencyFailure: PlaybackError | undefined;
	#recovered = false;
	#cancelTimer: () => void = () => undefined;
	#fail: (error: PlaybackError) => void = () => undefined;

	constructor(options: HlsOptions) {
		this.#options = options;
		this.#address = options.playlist;
		this.#standing = new StandingPicture(options.fetch);
	}

	async run(listener: PlaybackListener, signal: AbortSignal): Promise<never> {
		const { video } = this.#options;
		const failed = new Promise<never>((_, reject) => {
			this.#fail = reject;
		});
		const leave = () => this.#leave();
		signal.addEventListener('abort', leave, { once: true });
		try {
			video.srcObject = null;
			this.#frames = new FrameWatch(video, () => this.#onFirstFrame(listener));
			video.addEventListener('waiting', () => this.#onWaiting(), { signal: this.#scope.signal });
			const awaited = whyNoPicture({ stats: undefined, ...this.#options, signal: this.#awaiting.signal });
			void awaited.then((why) => this.#onNoPicture(listener, why));
			return await Promise.race([failed, this.#load(listener).then(() => failed)]);
		} finally {
			signal.removeEventListener('abort', leave);
			leave();
		}
	}

	async #load(listener: PlaybackListener): Promise<void> {
		const { video } = this.#options;
		if (prefersNativeHls(video)) return this.#loadNative(listener);
		const { default: HlsJs } = await import('hls.js/light').catch(() => {
			throw new PlaybackError('gateway_unreachable', 'The gateway does not answer.');
		});
		if (this.#scope.signal.aborted) return;
		if (!HlsJs.isSupported()) {
			if (playsHlsItself(video)) return this.#loadNative(listener);
			throw new PlaybackError('hls_missing', 'This browser cannot play HLS.');
		}
		this.#play(HlsJs, listener);
	}

	#play(HlsJs: typeof Hls, listener: PlaybackListener): void {
		const { playlist, others = [], video, beside, fetch, clock } = this.#options;
		const hls = new HlsJs(this.#lowLatency ? LOW_LATENCY_CONFIG : CLASSIC_CONFIG);
		this.#hls = hls;
		hls.on(HlsJs.Events.ERROR, (_, data) => {
			if (data.fatal) this.#onFatal(HlsJs, listener, hls, data);
		});
		hls.on(HlsJs.Events.FRAG_LOADED, (_, { frag, part }) => {
			this.#bytes += (part ?? frag).stats.total;
		});
		// Not before: taking a new source resets the rate.
		hls.on(HlsJs.Events.MEDIA_ATTACHED, () => {
			this.#hold = new HoldBack(video, beside ? (this.#lowLatency ? 'parts' : 'segments') : undefined);
		});
		hls.once(HlsJs.Events.FRAG_LOADING, () => {
			// hls.js would go there when all of the segment is loaded; until then its oldest picture would stand.
			if (video.readyState === video.HAVE_NOTHING && hls.startPosition > 0) video.currentTime = hls.startPosition;
		});
		hls.on(HlsJs.Events.FRAG_BUFFERED, () => this.#onBuffered(hls));
		if (this.#lowLatency) removePlayed(hls, HlsJs.Events, video);
		hls.on(HlsJs.Events.BUFFER_CODECS, (_, tracks) => {
			if (tracks.audio || tracks.audiovideo) listener.hasAudio();
		});
		hls.once(HlsJs.Events.LEVEL_LOADED, (_, { details }) => {
			this.#address = details.url;
			listener.served(details.url);
		});
		hls.attachMedia(video);
		const named = (address: string) => (this.#lowLatency ? lowLatencyUrl(address) : address);
		const { signal } = this.#scope;
		void findPlaylist([named(playlist), ...others.map(named)], { fetch, clock, signal }).then((found) => {
			if (hls === this.#hls && !signal.aborted) hls.loadSource(found);
		});
	}

	/** A broken decoder is set up anew once; then the classic output gets its chance. */
	#onFatal(HlsJs: typeof Hls, listener: PlaybackListener, hls: Hls, data: ErrorData): void {
		const failure = failureOfHlsError(data);
		if (data.type === HlsJs.ErrorTypes.MEDIA_ERROR && failure.code === 'hls_failed' && !this.#recovered) {
			this.#recovered = true;
			hls.recoverMediaError();
		} else if (this.#started && failure.code === 'hls_late') {
			// The classic output would show its last seconds again.
			const { signal } = this.#scope;
			void sleep(this.#options.clock, LATE_PAUSE_MS, signal).then(() => signal.aborted || hls.startLoad());
		} else if (this.#lowLatency && CLASSIC_MAY_HELP.has(failure.code)) {
			this.#lowLatency = false;
			if (failure.code !== 'not_found') this.#lowLatencyFailure = failure;
			hls.destroy();
			this.#play(HlsJs, listener);
		} else {
			// Low latency carries more codecs: that the classic output has not this one says nothing about the browser.
			this.#fail((failure.code === 'codec_unsupported' && this.#lowLatencyFailure) || failure);
		}
	}

	#onBuffered(hls: Hls): void {
		const details = hls.latestLevelDetails;
		const target = details?.partTarget || (details?.targetduration ?? 0);
		this.#hold?.update(target);
		if (!this.#lowLatency || !this.#hold || this.#hold.held) return;
		const { video } = this.#options;
		const behind = hls.latency - (hls.targetLatency ?? hls.latency);
		if (behind > JUMP_S && hls.liveSyncPosition !== null) video.currentTime = hls.liveSyncPosition;
		else video.playbackRate = catchUpRate(behind, secondsAhead(video), target, video.playbackRate);
	}

	#loadNative(listener: PlaybackListener): void {
		const { playlist, video, fetch } = this.#options;
		const onError = async () => {
			const response = await fetch(playlist).catch(() => undefined);
			if (!response) return this.#fail(unreachable(playlist));
			const problem = response.ok
				? { code: 'hls_failed', message: video.error?.message || 'The browser could not play the stream.' }
				: await readProblem(response);
			this.#fail(new PlaybackError(problem.code, problem.message));
		};
		video.addEventListener('error', () => void onError(), { signal: this.#scope.signal });
		video.addEventListener('loadeddata', () => this.#listenForSound(listener), { signal: this.#scope.signal });
		const start = (address: string) => {
			this.#address = address;
			if (!this.#scope.signal.aborted) video.src = address;
		};
		// The browser would not say where it was sent.
		fetch(playlist, { method: 'HEAD', signal: this.#scope.signal }).then(
			({ ok, url }) => {
				if (ok) listener.served(url);
				start(ok ? url : playlist);
			},
			() => start(playlist),
		);
	}

	/** hls.js tells of sound; the browser's own player is asked, and may know only once it plays. */
	#listenForSound(listener: PlaybackListener): void {
		if (!this.#hls && mayHaveSound(this.#options.video)) listener.hasAudio();
	}

	#onFirstFrame(listener: PlaybackListener): void {
		if (this.#started || this.#scope.signal.aborted) return;
		this.#started = true;
		this.#awaiting.abort();
		listener.firstFrame();
		this.#sampleForEver(listener);
	}

	/** A hidden page shows no frames, although it plays. */
	#onNoPicture(listener: PlaybackListener, why: PlaybackError): void {
		if (this.#started || this.#scope.signal.aborted) return;
		if (this.#options.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) this.#onFirstFrame(listener);
		else if (this.#lowLatencyFailure?.code === 'codec_unsupported') this.#fail(this.#lowLatencyFailure);
		else this.#fail(why);
	}

	#onWaiting(): void {
		if (!this.#started || this.#options.video.seeking) return;
		this.#freezes++;
		this.#hold?.hold();
	}

	#sampleForEver(listener: PlaybackListener): void {
		const sample = this.#sample();
		// A picture that has not begun to move says nothing about the stream.
		if (!this.#hold?.opening) listener.sample(sample);
		this.#listenForSound(listener);
		// A timer as late as those of hidden pages and sleeping machines says nothing of the stream.
		const late = sample.at - this.#sampledAt > 2 * SAMPLE_PERIOD_MS;
		const moved = sample.framesDecoded !== this.#framesDecoded;
		this.#sampledAt = sample.at;
		this.#framesDecoded = sample.framesDecoded;
		if (moved || late || document.hidden || this.#options.video.paused) this.#standing.moved(sample.at);
		else void this.#standing.stands(this.#address, sample.at).then((why) => why && this.#fail(why));
		this.#cancelTimer = this.#options.clock.after(SAMPLE_PERIOD_MS, () => this.#sampleForEver(listener));
	}

	#sample(): Sample {
		const { clock, video } = this.#options;
		const quality = video.getVideoPlaybackQuality();
		const latencyMs = this.#latencyMs();
		return {
			at: clock.now(),
			...(this.#hls ? { bytes: this.#bytes } : {}),
			framesDecoded: quality.totalVideoFrames - quality.droppedVideoFrames,
			framesDropped: quality.droppedVideoFrames,
			width: video.videoWidth,
			height: video.videoHeight,
			freezeCount: this.#freezes,
			pliCount: 0,
			...(latencyMs === undefined ? {} : { latencyMs }),
		};
	}

	/** Behind the end of the playlist, which needs no agreement of clocks; natively from the program date and time. */
	#latencyMs(): number | undefined {
		const { video } = this.#options;
		if (this.#hls) return this.#hls.latency > 0 ? this.#hls.latency * 1000 : undefined;
		const start =
			'getStartDate' in video && typeof video.getStartDate === 'function' ? video.getStartDate() : undefined;
		const age = start instanceof Date ? Date.now() - start.getTime() - video.currentTime * 1000 : Number.NaN;
		return age > 0 ? age : undefined;
	}

	#leave(): void {
		if (this.#scope.signal.aborted) return;
		this.#scope.abort();
		this.#awaiting.abort();
		this.#fail(new PlaybackError('stopped', 'The playback was ended.'));
		this.#cancelTimer();
		this.#frames?.close();
		this.#hls?.destroy();
		this.#hold?.release();
		if (!this.#hls) this.#options.video.removeAttribute('src');
	}
}
