import { html, nothing, type TemplateResult } from 'lit';
import { problemWords } from '../gateway/problem-words.ts';
import {
	chevronIcon,
	fullscreenIcon,
	leaveFullscreenIcon,
	mutedIcon,
	pictureInPictureIcon,
	playIcon,
	soundIcon,
} from './icons.ts';
import type { Choice, PlaybackError } from './playback.ts';
import { durationInWords, type PlayerStats, rowsOf } from './stats.ts';
import type { PlayerState } from './supervisor.ts';

/** Everything the player draws. */
export type PlayerView = {
	video: HTMLVideoElement;
	stream: string;
	choice: Choice;
	state: PlayerState;
	stats: PlayerStats;
	fallbackReason: string | undefined;
	/** Milliseconds to the next attempt. */
	retryInMs: number;
	muted: boolean;
	hasAudio: boolean;
	needsGesture: boolean;
	fullscreen: boolean;
	canPictureInPicture: boolean;
	canFullscreen: boolean;
	panelOpen: boolean;
	onChoice: (choice: Choice) => void;
	onRetry: () => void;
	onPlay: () => void;
	onMute: () => void;
	onPictureInPicture: () => void;
	onFullscreen: () => void;
	onPanel: () => void;
};

const MODE_NAMES: Record<Choice, string> = { auto: 'Auto', webrtc: 'WebRTC', hls: 'HLS' };

const STATE_NAMES: Record<PlayerStats['state'], string> = {
	idle: 'Off',
	connecting: 'Connecting',
	playing: 'Playing',
	stalled: 'Standing still',
	waiting: 'Waiting',
	failed: 'Not playing',
};

/** The player: the picture, what stands over it, and the panel. */
export function playerView(view: PlayerView): TemplateResult {
	return html`
		<div class="player ${view.panelOpen ? 'open' : ''}" role="group" aria-label="Live picture of ${view.stream}">
			<div class="stage">
				${view.video}
				<div class="message" role="status">${message(view)}</div>
				${badge(view)} ${view.state.name === 'playing' ? controls(view) : nothing}
			</div>
			${view.panelOpen ? panel(view) : nothing}
		</div>
	`;
}

function badge({ state, stats, panelOpen, fallbackReason, onPanel }: PlayerView) {
	const why = panelOpen || state.name === 'waiting' || state.name === 'failed' ? undefined : fallbackReason;
	const mode = stats.mode ? MODE_NAMES[stats.mode] : 'Off';
	const latency = stats.latencyMs === undefined ? '' : durationInWords(stats.latencyMs);
	return html`
		<div class="top">
			<button class="badge" aria-expanded=${panelOpen ? 'true' : 'false'} aria-controls="panel" @click=${onPanel}
				title=${panelOpen ? 'Hide the connection details' : 'Show the connection details'}>
				<span class="dot ${state.name === 'playing' && !state.stalled ? 'live' : state.name}"></span>
				<span>${mode}</span>
				${latency ? html`<span class="quiet">${latency}</span>` : nothing}
				<span class="chevron">${chevronIcon}</span>
			</button>
			${why === undefined ? nothing : html`<p class="why">${why}</p>`}
		</div>
	`;
}

function controls(view: PlayerView) {
	return html`
		<div class="controls">
			${
				view.hasAudio
					? html`<button class=${view.muted ? 'labelled' : ''} @click=${view.onMute}
						title=${view.muted ? 'Turn the sound on' : 'Turn the sound off'}
						aria-label=${view.muted ? 'Unmute' : 'Mute'}>
						${view.muted ? html`${mutedIcon}<span>Unmute</span>` : soundIcon}
					</button>`
					: nothing
			}
			<span class="space"></span>
			${
				view.canPictureInPicture
					? html`<button class="pip" @click=${view.onPictureInPicture} title="Picture in picture" aria-label="Picture in picture">
						${pictureInPictureIcon}
					</button>`
					: nothing
			}
			${
				view.canFullscreen
					? html`<button @click=${view.onFullscreen}
						title=${view.fullscreen ? 'Leave full screen' : 'Full screen'}
						aria-label=${view.fullscreen ? 'Leave full screen' : 'Full screen'}>
						${view.fullscreen ? leaveFullscreenIcon : fullscreenIcon}
					</button>`
					: nothing
			}
		</div>
	`;
}

function message(view: PlayerView) {
	const { state } = view;
	if (state.name === 'connecting') {
		const what = state.awaitsCamera ? 'Starting the camera' : 'Connecting';
		return html`<div class="connecting"><span class="spinner"></span><span>${what}</span></div>`;
	}
	if (state.name === 'waiting') {
		const seconds = Math.max(1, Math.ceil(view.retryInMs / 1000));
		return card(
			view,
			state.failure,
			'No picture at the moment',
			// Read aloud once, not each second.
			html`<span class="unseen">It tries again by itself.</span>
				<span class="quiet" aria-hidden="true">Trying again in ${seconds} s</span><button @click=${view.onRetry}>Try now</button>`,
		);
	}
	if (state.name === 'failed') {
		return card(
			view,
			state.failure,
			'This stream cannot be played',
			html`<button @click=${view.onRetry}>Try again</button>`,
		);
	}
	if (view.needsGesture) {
		return html`<button class="play" @click=${view.onPlay} aria-label="Play">${playIcon}</button>`;
	}
	if (state.name === 'playing' && state.stalled) {
		return html`<p class="toast">The picture stands still. It goes on by itself when the camera is back.</p>`;
	}
	return nothing;
}

/** Where HLS plays as little as WebRTC, both say why: either cure helps. */
function card({ fallbackReason }: PlayerView, failure: PlaybackError, title: string, actions: TemplateResult) {
	return html`
		<div class="card">
			<h2>${title}</h2>
			<p>${problemWords(failure)}</p>
			${fallbackReason === undefined ? nothing : html`<p>${fallbackReason}</p>`}
			<div class="actions">${actions}</div>
		</div>
	`;
}

function panel({ stats, choice, onChoice }: PlayerView) {
	const playing = stats.state === 'playing' || stats.state === 'stalled';
	const now = playing && stats.mode ? MODE_NAMES[stats.mode] : STATE_NAMES[stats.state];
	return html`
		<section class="panel" id="panel" aria-label="Connection">
			<fieldset class="modes">
				<legend>Play by</legend>
				${(['auto', 'webrtc', 'hls'] as const).map(
					(option) => html`
						<button aria-pressed=${choice === option ? 'true' : 'false'} @click=${() => onChoice(option)}>
							${MODE_NAMES[option]}
						</button>
					`,
				)}
			</fieldset>
			<dl>
				<div class="wide">
					<dt>Now</dt>
					<dd>${now}${stats.state !== 'waiting' && stats.state !== 'failed' && stats.reason ? html`<span class="reason">${stats.reason}</span>` : nothing}</dd>
				</div>
				${(playing ? rowsOf(stats) : []).map(
					({ label, value, hint }) => html`<div title=${hint ?? nothing}><dt>${label}</dt><dd>${value}</dd></div>`,
				)}
			</dl>
		</section>
	`;
}
