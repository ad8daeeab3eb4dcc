import { html, nothing, type TemplateResult } from 'lit';
import type { StreamStats } from '../gateway/camera.ts';
import type { GatewayUrls } from '../gateway/paths.ts';
import type { StreamInfo } from '../gateway/stream-info.ts';
import { cameraDetails } from './camera-details.ts';
import type { History } from './history.ts';
import { statePill, streamFacts, streamLinks, streamNotes } from './stream-parts.ts';
import './viewer-list.ts';

/** Beside the name in the header: which stream this is and how it is. */
export function watchTitle(id: string, stream: StreamInfo | undefined): TemplateResult {
	return html`<span class="slash" aria-hidden="true">/</span><h1>${id}</h1>${stream ? statePill(stream) : nothing}`;
}

/** Beneath the picture: what the camera sends, what is wrong, and where else to watch. */
export function watchDetails(
	stream: StreamInfo | undefined,
	stats: StreamStats | undefined,
	history: History,
	urls: GatewayUrls,
	base: string,
	nowMs: number,
): TemplateResult | typeof nothing {
	if (!stream) return nothing;
	return html`
		<section class="card">${streamFacts(stream)} ${streamNotes(stream, nowMs)}</section>
		<section class="card">${streamLinks(stream, base)}</section>
		${stats && isConnected(stream) ? cameraDetails(stats, history) : nothing}
		${
			stream.webrtc_totals
				? html`<viewer-list
					.stream=${stream.id}
					.urls=${urls}
					.count=${stream.viewers.webrtc}
					.totals=${stream.webrtc_totals}
				></viewer-list>`
				: nothing
		}
	`;
}

function isConnected({ state }: StreamInfo): boolean {
	return state === 'live' || state === 'recovering';
}
