import { LitElement } from 'lit';
import { browserClock } from '../clock.ts';
import { gatewayUrls } from '../gateway/paths.ts';
import { baseAddress } from './base-address.ts';
import { HlsPlayback } from './hls/hls-playback.ts';
import { panelStyles } from './panel-styles.ts';
import type { Choice, Mode, PlaybackError } from './playback.ts';
import { isFullscreen, isPictureInPicture, toggleFullscreen, togglePictureInPicture } from './screen.ts';
import { type PlayerStats, statsOf } from './stats.ts';
import { playerStyles } from './styles.ts';
import { PlayerSupervisor } from './supervisor.ts';
import { playerView } from './view.ts';
import { WebRtcPlayback } from './webrtc/webrtc-playback.ts';
import { Whereabouts } from './whereabouts.ts';

/** Details of the player's events. */
export type DualcastPlayerEvents = {
	'dualcast-playing': { mode: Mode; firstFrameMs: number };
	'dualcast-fallback': { reason: string };
	'dualcast-moved': Record<string, never>;
	'dualcast-error': {
		code: string;
		message: string /** Absent when it does not try again by itself. */;
		retryInMs?: number;
	};
};

/**
 * `<dualcast-player stream="front-door">` plays a camera live: by WebRTC at once, by HLS where WebRTC does not
 * work, and it comes back by itself after any loss.
 *
 * Attributes and properties
 * - `stream`: the stream's name.
 * - `src-base` / `srcBase`: the gateway's address, when it is not the page's own.
 * - `token`: the viewer's token, where the gateway asks for one; a new one is taken up without a break.
 * - `mode`: `auto` (default), `webrtc` or `hls`.
 * - `panel`: present while the connection details are shown.
 * - `stats` (read only): a `PlayerStats`.
 *
 * Events (they bubble and cross shadow roots): `dualcast-playing` `{mode, firstFrameMs}`, `dualcast-fallback`
 * `{reason}`, `dualcast-moved` (another node plays from here on, or a session for a new token), `dualcast-error`
 * `{code, message, retryInMs}`.
 *
 * CSS: `--dualcast-player-radius`.
 */
export class DualcastPlayer extends LitElement {
	static override styles = [playerStyles, panelStyles];
	static override properties = {
		stream: { type: String },
		srcBase: { type: String, attribute: 'src-base' },
		token: { type: String },
		mode: { type: String, reflect: true },
		panel: { type: Boolean, reflect: true },
	};

	// Frameworks set what they do not have to undefined; an attribute that is taken away leaves null.
	declare stream: string | null | undefined;
	declare srcBase: string | null | undefined;
	declare token: string | null | undefined;
	declare mode: Choice | null | undefined;
	declare panel: boolean;

	#video = this.#createVideo();
	/** Of the playback that is to take over. */
	#nextVideo: HTMLVideoElement | undefined;
	#stalled = false;
	#needsGesture = false;
	#pausedHidden = false;
	#cancelCountdown: () => void = () => undefined;
	#listeners = new AbortController();
	#begun: { wish: string; token: unknown } = { wish: '', token: undefined };

	readonly #whereabouts = new Whereabouts({
		clock: browserClock,
		open: (url) => new EventSource(url),
		onLeave: () => this.#supervisor.move(),
	});

	readonly #supervisor: PlayerSupervisor = new PlayerSupervisor({
		clock: browserClock,
		random: Math.random,
		playback: (mode, beside) => {
			if (beside) this.#nextVideo = this.#createVideo(this.#video);
			const video = (beside ? this.#nextVideo : undefined) ?? this.#video;
			const where = this.#whereabouts;
			const stream = this.stream ?? '';
			const base = where.from(baseAddress(this.srcBase, location.href));
			const urlsAt = (gateway: string) => gatewayUrls(gateway, this.token ?? '');
			const address = (gateway: string) =>
				where.address(mode === 'webrtc' ? urlsAt(gateway).whep(stream) : urlsAt(gateway).hls(stream));
			const others = where.others.map(address);
			const stats = urlsAt(base).stats(stream);
			const common = { video, fetch: globalThis.fetch.bind(globalThis), clock: browserClock, others };
			return mode === 'webrtc'
				? new WebRtcPlayback({ ...common, endpoint: address(base) })
				: new HlsPlayback({ ...common, playlist: address(base), stats, beside });
		},
		onServed: (url) => this.#whereabouts.servedBy(url, this.stream ?? ''),
		onTakeOver: () => this.#onTakeOver(),
		onChange: () => this.#onChange(),
		onPlaying: (mode, firstFrameMs) => this.#emit('dualcast-playing', { mode, firstFrameMs }),
		onFallback: (reason) => this.#emit('dualcast-fallback', { reason }),
		onError: (failure, retryInMs) => this.#onError(failure, retryInMs),
	});

	constructor() {
		super();
		this.stream = '';
		this.srcBase = '';
		this.token = '';
		this.mode = 'auto';
		this.panel = false;
	}

	/** What plays and how well, now. */
	get stats(): PlayerStats {
		return statsOf(this.#supervisor, this.#choice);
	}

	/** Tries again now, when it waits or gave up. */
	retry(): void {
		this.#supervisor.retry();
	}

	override connectedCallback(): void {
		// Before anything is drawn: the first picture waits for the answer, not for the page.
		this.#begin();
		super.connectedCallback();
		this.#listeners = new AbortController();
		const { signal } = this.#listeners;
		window.addEventListener('pagehide', () => this.#supervisor.stop(), { signal });
		window.addEventListener('pageshow', (event) => event.persisted && this.#begin(), { signal });
		window.addEventListener('online', () => document.hidden || this.retry(), { signal });
		document.addEventListener('visibilitychange', () => document.hidden || this.#onShown(), { signal });
		document.addEventListener('fullscreenchange', () => this.requestUpdate(), { signal });
	}

	override disconnectedCallback(): void {
		super.disconnectedCallback();
		this.#listeners.abort();
		this.#cancelCountdown();
		this.#supervisor.stop();
		this.#whereabouts.leave();
	}

	protected override willUpdate(): void {
		if (!this.isConnected) return;
		if (this.#wish !== this.#begun.wish) this.#begin();
		else if (this.token !== this.#begun.token) this.#renew();
	}

	get #choice(): Choice {
		return this.mode === 'webrtc' || this.mode === 'hls' ? this.mode : 'auto';
	}

	/** What is to play, from where and how. */
	get #wish(): string {
		return JSON.stringify([this.stream || '', this.srcBase || '', this.#choice]);
	}

	#begin(): void {
		this.#begun = { wish: this.#wish, token: this.token };
		if (this.stream) this.#supervisor.start(this.#choice);
		else this.#supervisor.stop();
	}

	/** What plays goes on until the picture for the new token is there. */
	#renew(): void {
		this.#begun.token = this.token;
		if (this.#supervisor.state.name === 'playing') this.#supervisor.move();
		else this.#begin();
	}

	protected override render() {
		const { state, fallbackReason, hasAudio } = this.#supervisor;
		const video = this.#video;
		return playerView({
			video,
			stream: this.stream ?? '',
			choice: this.#choice,
			state,
			stats: this.stats,
			fallbackReason,
			retryInMs: state.name === 'waiting' ? state.retryAt - browserClock.now() : 0,
			muted: video.muted,
			hasAudio,
			needsGesture: this.#needsGesture,
			fullscreen: isFullscreen(this.renderRoot),
			canPictureInPicture: document.pictureInPictureEnabled === true,
			canFullscreen: document.fullscreenEnabled || 'webkitEnterFullscreen' in video,
			panelOpen: this.panel,
			onChoice: (choice) => {
				this.mode = choice;
			},
			onRetry: () => this.retry(),
			onPlay: () => void this.#play(),
			onMute: () => {
				video.muted = !video.muted;
			},
			onPictureInPicture: () => void togglePictureInPicture(this.renderRoot, video),
			onFullscreen: () => void toggleFullscreen(this.renderRoot, video),
			onPanel: () => {
				this.panel = !this.panel;
			},
		});
	}

	/** @param before takes its place later, and sounds like it */
	#createVideo(before?: HTMLVideoElement): HTMLVideoElement {
		const video = document.createElement('video');
		video.muted = before?.muted ?? true;
		video.volume = before?.volume ?? 1;
		video.autoplay = true;
		video.playsInline = true;
		video.addEventListener('loadedmetadata', () => void this.#play(video));
		video.addEventListener('resize', () => this.#onResize());
		video.addEventListener('volumechange', () => this.requestUpdate());
		for (const type of ['pause', 'play']) video.addEventListener(type, () => this.#onPause(video));
		return video;
	}

	#onTakeOver(): void {
		if (!this.#nextVideo) return;
		const inPicture = isPictureInPicture(this.renderRoot, this.#video);
		this.#video = this.#nextVideo;
		this.#nextVideo = undefined;
		if (inPicture) void this.#video.requestPictureInPicture().catch(() => undefined);
		this.requestUpdate();
		this.#emit('dualcast-moved', {});
	}

	/** By a media key, a small window, an iPhone that leaves full screen: the player's own buttons never pause. */
	#onPause(video: HTMLVideoElement): void {
		if (video !== this.#video || this.#supervisor.state.name !== 'playing') return;
		this.#needsGesture = video.paused;
		this.#pausedHidden = video.paused && document.hidden;
		this.requestUpdate();
	}

	/** Phones pause what plays in a page that they hide. */
	#onShown(): void {
		if (this.#supervisor.state.name === 'waiting') this.retry();
		else if (this.#pausedHidden) void this.#play();
	}

	async #play(video = this.#video): Promise<void> {
		try {
			await video.play();
			this.#needsGesture = false;
		} catch (thrown) {
			this.#needsGesture = thrown instanceof DOMException && thrown.name === 'NotAllowedError';
		}
		this.requestUpdate();
	}

	#onResize(): void {
		const { videoWidth, videoHeight } = this.#video;
		if (videoWidth > 0) this.style.setProperty('--ratio', `${videoWidth} / ${videoHeight}`);
	}

	#onChange(): void {
		this.#cancelCountdown();
		const { state } = this.#supervisor;
		if (state.name === 'waiting') this.#countDown();
		// The camera may have stopped, or the node.
		const stalled = state.name === 'playing' && state.stalled;
		if (stalled && !this.#stalled) this.#whereabouts.check();
		this.#stalled = stalled;
		this.requestUpdate();
	}

	#countDown(): void {
		this.#cancelCountdown = browserClock.after(1000, () => {
			this.requestUpdate();
			this.#countDown();
		});
	}

	#onError(failure: PlaybackError, retryInMs: number | undefined): void {
		const { code, message } = failure;
		if (code === 'gateway_unreachable') this.#whereabouts.unreachable();
		this.#emit('dualcast-error', { code, message, ...(retryInMs === undefined ? {} : { retryInMs }) });
	}

	#emit<Name extends keyof DualcastPlayerEvents>(name: Name, detail: DualcastPlayerEvents[Name]): void {
		this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
	}
}

/** Makes `<dualcast-player>` known to the page; a second call does nothing. */
export function definePlayer(): void {
	if (!customElements.get('dualcast-player')) customElements.define('dualcast-player', DualcastPlayer);
}

declare global {
	interface HTMLElementTagNameMap {
		'dualcast-player': DualcastPlayer;
	}
}
