import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { clusterUrls } from '../../gateway/cluster.ts';
import type { ClusterInfo, ClusterNodeInfo } from '../../gateway/cluster-info.ts';
import type { Problem } from '../../gateway/problem.ts';
import {
	bitrateWords,
	byName,
	nodeStateWords,
	nodesWords,
	placesWords,
	type StreamPlaces,
	streamPlaces,
} from './cluster-words.ts';
import './drain-switch.ts';
import { problemBanner } from '../problem-banner.ts';
import { agoWords } from '../stream-words.ts';

/** What the page knows: the cluster as last told, and why nothing newer came. */
export type ClusterState = { cluster?: ClusterInfo; problem?: Problem };

type Urls = ReturnType<typeof clusterUrls>;

/** The nodes, how full they are, and which stream is where. */
export function clusterPage({ cluster, problem }: ClusterState, urls: Urls, nowMs: number): TemplateResult {
	if (cluster?.role === 'standalone') return standsAlone();
	return html`
		${problem ? problemBanner(problem) : nothing}
		${
			cluster && !cluster.connected && !problem
				? html`<p class="banner" role="alert">
					Redis does not answer. Viewers are served as before; this is how the cluster was when it last did.
				</p>`
				: nothing
		}
		${cluster ? overview(cluster, urls, nowMs, problem !== undefined) : problem ? nothing : html`<p class="loading">Loading</p>`}
	`;
}

function overview(cluster: ClusterInfo, urls: Urls, nowMs: number, stale: boolean) {
	const { nodes } = cluster;
	const { taken, places, words } = placesWords(nodes);
	const byRole = (role: ClusterNodeInfo['role']) => nodes.filter((node) => node.role === role);
	return html`
		<div class=${stale ? 'stale' : ''}>
			<section class="card whole">
				<div class="whole-words">
					<strong>${words}</strong>
					<span class="quiet">${nodesWords(nodes)}, seen from ${cluster.node}</span>
				</div>
				${loadBar(taken, 0, places, words)}
			</section>
			${nodeList('Subs', 'No sub is there: nobody can watch.', byRole('sub'), urls, nowMs)}
			${nodeList('Mains', 'No main is there: cameras and new viewers wait for one.', byRole('main'), urls, nowMs)}
			${streamTable(streamPlaces(cluster))}
		</div>
	`;
}

function nodeList(title: string, none: string, nodes: ClusterNodeInfo[], urls: Urls, nowMs: number) {
	return html`
		<section aria-label=${title}>
			<h2 class="section">${title}</h2>
			${nodes.length === 0 ? html`<p class="banner">${none}</p>` : nothing}
			<ul class="nodes">
				${repeat(
					nodes,
					({ id }) => id,
					(node) => nodeCard(node, urls, nowMs),
				)}
			</ul>
		</section>
	`;
}

function nodeCard(node: ClusterNodeInfo, urls: Urls, nowMs: number) {
	const { tone, label, meaning } = nodeStateWords(node);
	const { viewers, viewers_coming: coming, capacity } = node;
	const watched = `${viewers} of ${capacity} viewers${coming > 0 ? `, ${coming} coming` : ''}`;
	const facts: [string, string][] = [
		...(node.role === 'sub' ? ([['To viewers', bitrateWords(node.current_bitrate)]] as [string, string][]) : []),
		['CPU', `${Math.round(node.cpu * 100)} % of a core`],
		['Event loop', `${Math.round(node.event_loop_delay_ms)} ms late`],
		['Version', node.version],
	];
	return html`
		<li class="card" data-node=${node.id}>
			<div class="card-head">
				<div class="card-name">
					<h3><a href=${urls.page(node.http_url)}>${node.id}</a></h3>
					<span class="pill ${tone}" title=${meaning}><span class="dot"></span>${label}</span>
				</div>
				<drain-switch
					.node=${node.id}
					.url=${urls.drain(node.id)}
					.draining=${node.state === 'draining'}
				></drain-switch>
			</div>
			${node.role === 'sub' ? html`<p class="watched">${watched}</p>${loadBar(viewers, coming, capacity, watched)}` : nothing}
			${node.state === 'live' ? nothing : html`<p class="meaning">${meaning}</p>`}
			<dl class="facts">
				${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
				${
					node.state === 'silent'
						? html`<div><dt>Last heard of</dt><dd>${agoWords(node.last_seen, nowMs)}</dd></div>`
						: nothing
				}
			</dl>
			${node.role === 'main' ? chips('Cameras', [...node.cameras].sort(byName)) : nothing}
			${
				node.streams.length > 0
					? chips(
							'Streams',
							node.streams.map(({ id, viewers: count }) => `${id} ${count}`),
						)
					: nothing
			}
		</li>
	`;
}

const MOST_CHIPS = 12;

function chips(name: string, values: readonly string[]) {
	const more = values.length - MOST_CHIPS;
	return html`
		<div class="chips" aria-label=${name}>
			<span class="quiet">${name}</span>
			${values.length === 0 ? html`<span class="quiet">none</span>` : nothing}
			${values.slice(0, MOST_CHIPS).map((value) => html`<span class="chip">${value}</span>`)}
			${more > 0 ? html`<span class="quiet">and ${more} more</span>` : nothing}
		</div>
	`;
}

/** @param coming drawn lighter, after those who are there */
function loadBar(taken: number, coming: number, places: number, words: string) {
	const percent = (viewers: number) => (places === 0 ? 0 : Math.min(100, (viewers / places) * 100));
	const tone = taken + coming >= places ? 'full' : '';
	return html`
		<div class="bar ${tone}" role="meter" aria-valuenow=${taken} aria-valuemin="0" aria-valuemax=${places} aria-label=${words}>
			<span style="inline-size: ${percent(taken)}%"></span>
			<span class="coming" style="inline-size: ${Math.min(percent(coming), 100 - percent(taken))}%"></span>
		</div>
	`;
}

function streamTable(streams: readonly StreamPlaces[]) {
	const watched = streams.filter(({ viewers }) => viewers > 0);
	const idle = streams.length - watched.length;
	if (streams.length === 0) return nothing;
	return html`
		<section aria-label="Streams">
			<h2 class="section">Which stream is where</h2>
			${watched.length > 0 ? watchedTable(watched) : nothing}
			${idle > 0 ? html`<p class="idle quiet">${idleWords(idle, watched.length > 0)}</p>` : nothing}
		</section>
	`;
}

function watchedTable(streams: readonly StreamPlaces[]) {
	return html`
		<table class="places card">
			<thead>
				<tr><th>Stream</th><th>Camera at</th><th>Viewers</th><th>Served by</th></tr>
			</thead>
			<tbody>
				${streams.map(
					({ id, owner, subs, viewers }) => html`
						<tr>
							<th scope="row">${id}</th>
							<td data-label="Camera at">${owner ?? html`<span class="quiet">nobody yet</span>`}</td>
							<td data-label="Viewers">${viewers}</td>
							<td data-label="Served by">
								${subs.map((sub) => html`<span class="chip">${sub.node} ${sub.viewers}</span> `)}
							</td>
						</tr>
					`,
				)}
			</tbody>
		</table>
	`;
}

function idleWords(count: number, more: boolean): string {
	return `${count} ${more ? 'more ' : ''}${count === 1 ? 'stream has' : 'streams have'} no viewers.`;
}

function standsAlone() {
	return html`
		<section class="empty">
			<h2>This gateway stands alone</h2>
			<p>
				It serves its viewers itself. To share them among several machines set <code>cluster.role</code> in the
				configuration: a main owns the cameras, subs serve the viewers.
			</p>
		</section>
	`;
}
