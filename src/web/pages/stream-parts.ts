import { html, nothing, type TemplateResult } from 'lit';
import type { GatewayUrls } from '../gateway/paths.ts';
import { sentence } from '../gateway/problem.ts';
import type { StreamInfo } from '../gateway/stream-info.ts';
import {
	agoWords,
	codecWords,
	pictureWords,
	silentWords,
	skippedWords,
	stateWords,
	viewerWords,
} from './stream-words.ts';
import './copy-field.ts';

/** The state as a small label. */
export function statePill(stream: StreamInfo): TemplateResult {
	const { tone, label, meaning } = stateWords(stream);
	return html`<span class="pill ${tone}" title=${meaning}><span class="dot"></span>${label}</span>`;
}

const TRANSPORT_WORDS = {
	tcp: 'TCP',
	udp: 'UDP',
	multicast: 'UDP multicast',
	http: 'HTTP',
	websocket: 'WebSocket',
} as const;

/** What the camera sends and who watches. */
export function streamFacts(stream: StreamInfo): TemplateResult {
	const { meaning } = stateWords(stream);
	const facts: [string, string][] = [
		['Picture', pictureWords(stream)],
		['Codecs', codecWords(stream)],
		['Watching', viewerWords(stream.viewers)],
	];
	if (stream.transport) facts.push(['Transport', `RTSP over ${TRANSPORT_WORDS[stream.transport]}`]);
	const known = facts.filter(([, value]) => value !== '');
	return html`
		<dl class="facts">
			${known.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}
		</dl>
		${stream.tracks.length === 0 ? html`<p class="meaning">${meaning}</p>` : nothing}
	`;
}

/** What is wrong and what is left out, in plain words; nothing when all is well. */
export function streamNotes(stream: StreamInfo, nowMs: number): TemplateResult | typeof nothing {
	const error = stream.last_error;
	const notes = [
		...silentWords(stream),
		...skippedWords(stream),
		...(stream.transport_reason ? [sentence(stream.transport_reason)] : []),
	];
	if (!error && notes.length === 0) return nothing;
	const past = error?.over === true || stream.state === 'live';
	return html`
		<ul class="notes">
			${
				error
					? html`<li class=${past ? 'note' : 'trouble'}>
						${past ? 'Earlier: ' : ''}${sentence(error.message)} <span class="quiet">${agoWords(error.at, nowMs)}</span>
					</li>`
					: nothing
			}
			${notes.map((note) => html`<li class="note">${note}</li>`)}
		</ul>
	`;
}

/** The addresses of a stream, whole and ready to copy: without the token of who sees them, which is not to be passed on. */
export function streamLinks(stream: StreamInfo, { guarded }: GatewayUrls, base: string): TemplateResult {
	const absolute = (path: string) => new URL(path, base).href;
	const { watch, whep, hls, ll_hls: lowLatency, rtsp } = stream.urls;
	return html`
		<div class="links" role="group" aria-label="Addresses of ${stream.id}">
			<copy-field label="Watch page" hint="For people: opens in any browser" .value=${absolute(watch)}></copy-field>
			${
				whep
					? html`<copy-field label="WHEP" hint="WebRTC for players such as GStreamer or OBS" .value=${absolute(whep)}></copy-field>`
					: html`<p class="absent"><span class="copy-label">WHEP</span> WebRTC is switched off in the configuration.</p>`
			}
			${
				hls
					? html`<copy-field label="HLS" hint="For VLC, Safari, ffmpeg, mpv" .value=${absolute(hls)}></copy-field>`
					: html`<p class="absent"><span class="copy-label">HLS</span> HLS is switched off in the configuration.</p>`
			}
			${
				lowLatency
					? html`<copy-field label="HLS, fast" hint="Low-latency HLS, also with H.265: for Safari, hls.js, Shaka" .value=${absolute(lowLatency)}></copy-field>`
					: nothing
			}
			${
				rtsp
					? html`<copy-field label="RTSP" hint="For VLC, recorders, other gateways" .value=${`rtsp://${new URL(base).hostname}${rtsp}`}></copy-field>`
					: nothing
			}
			${guarded ? html`<p class="quiet links-note">These addresses are without a token: whoever opens one needs a token of their own.</p>` : nothing}
		</div>
	`;
}
