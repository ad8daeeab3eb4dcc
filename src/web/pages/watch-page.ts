import { html, nothing, type TemplateResult } from 'lit';
import type { StreamStats } from '../gateway/camera.ts';
import type { GatewayUrls } from '../gateway/paths.ts';
import type { Problem } from '../gateway/problem.ts';
import type { StreamInfo } from '../gateway/stream-info.ts';
import { cameraDetails } from './camera-details.ts';
import type { History } from './history.ts';
import { problemBanner } from './problem-banner.ts';
import { statePill, streamFacts, streamLinks, streamNotes } from './stream-parts.ts';
import './viewers/viewer-list.ts';

/** What the page knows: the stream as last told, and why nothing newer came. */
export type WatchState = {
	stream?: StreamInfo | undefined;
	stats?: StreamStats | undefined;
	problem?: Problem | undefined;
};

/** Beside the name in the header: which stream this is and how it is. */
export function watchTitle(id: string, { stream, problem }: WatchState): TemplateResult {
	const unknown = html`<span class="pill rest"><span class="dot"></span>Unknown</span>`;
	const pill = stream ? (problem ? unknown : statePill(stream)) : nothing;
	return html`<span class="slash" aria-hidden="true">/</span><h1 title=${id}>${id}</h1>${pill}`;
}

/** Beneath the picture: what the camera sends, what is wrong, and where else to watch. */
export function watchDetails(
	{ stream, stats, problem }: WatchState,
	history: History,
	urls: GatewayUrls,
	base: string,
	nowMs: number,
): TemplateResult | typeof nothing {
	const elsewhere =
		problem?.code === 'stream_not_found'
			? html`<p><a class="primary" href=${urls.home()}>See all cameras</a></p>`
			: nothing;
	// The player says why it does not play; once it did, this says why the figures stand.
	if (!stream) return elsewhere;
	return html`
		${problem ? html`<div class="news">${problemBanner(problem)}${elsewhere}</div>` : nothing}
		<section class="card">${streamFacts(stream)} ${streamNotes(stream, nowMs)}</section>
		<section class="card">${streamLinks(stream, urls, base)}</section>
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
