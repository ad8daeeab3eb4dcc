import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { GatewayUrls } from '../gateway/paths.ts';
import type { Problem } from '../gateway/problem.ts';
import type { StreamInfo } from '../gateway/stream-info.ts';
import './probe-form.ts';
import { problemBanner } from './problem-banner.ts';
import { statePill, streamFacts, streamLinks, streamNotes } from './stream-parts.ts';

/** What the dashboard knows: the streams as last told, and why nothing newer came. */
export type DashboardState = {
	streams?: StreamInfo[];
	problem?: Problem;
	/** Whether the token allows what concerns all: undefined until that is known. */
	overview?: boolean;
};

/** The list of all streams. */
export function dashboard(state: DashboardState, urls: GatewayUrls, base: string, nowMs: number): TemplateResult {
	const { streams, problem, overview } = state;
	return html`
		<h1 class="visually-hidden">Streams</h1>
		${problem ? problemBanner(problem) : nothing}
		${
			streams === undefined
				? problem
					? nothing
					: html`<p class="loading">Loading</p>`
				: streams.length === 0
					? noStreams()
					: html`<ul class="streams ${problem ? 'stale' : ''}">
						${repeat(
							streams,
							(stream) => stream.id,
							(stream) => streamCard(stream, urls, base, nowMs),
						)}
					</ul>`
		}
		${
			overview
				? html`<details class="card probe">
					<summary>Will this camera play? Look at it by its address</summary>
					<probe-form></probe-form>
				</details>`
				: nothing
		}
	`;
}

function streamCard(stream: StreamInfo, urls: GatewayUrls, base: string, nowMs: number) {
	return html`
		<li class="card" data-stream=${stream.id}>
			<div class="card-head">
				<div class="card-name">
					<h2><a href=${urls.watch(stream.id)}>${stream.id}</a></h2>
					${statePill(stream)}
				</div>
				<a class="primary" href=${urls.watch(stream.id)} aria-label="Watch ${stream.id}">Watch</a>
			</div>
			<p class="source">${stream.source === 'demo' ? 'The camera inside Dualcast' : stream.source}</p>
			${streamFacts(stream)} ${streamNotes(stream, nowMs)} ${streamLinks(stream, urls, base)}
		</li>
	`;
}

const EXAMPLE = `streams:
  front-door: rtsp://192.168.1.20:554/stream1
  garage:
    source: rtsp://192.168.1.21:554/h264
    username: viewer
    password: secret
  demo:
    source: demo`;

function noStreams() {
	return html`
		<section class="empty">
			<h2>No cameras yet</h2>
			<p>
				Add one to <code>config.yaml</code> and restart Dualcast. The camera's manual names its RTSP address;
				<code>source: demo</code> is a camera inside Dualcast to try things out.
			</p>
			<copy-field class="block" label="example" .value=${EXAMPLE}></copy-field>
		</section>
	`;
}
