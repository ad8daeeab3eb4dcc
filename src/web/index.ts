import { html, render } from 'lit';
import { browserClock } from './clock.ts';
import { clusterUrls, getCluster } from './gateway/cluster.ts';
import { gatewayUrls, tokenOfSearch } from './gateway/paths.ts';
import { isFinal } from './gateway/problem-words.ts';
import { getStreams } from './gateway/streams.ts';
import { type DashboardState, dashboard } from './pages/dashboard.ts';
import { pageHeader } from './pages/page-header.ts';
import { poll } from './pages/poll.ts';

const base = location.origin;
const token = tokenOfSearch(location.search);
const urls = gatewayUrls(base, token);
const header = document.querySelector<HTMLElement>('#header');
const main = document.querySelector<HTMLElement>('#main');
let state: DashboardState = {};

function draw(): void {
	if (main) render(dashboard(state, urls, base, Date.now()), main);
}

if (header) render(pageHeader(urls.home()), header);
draw();
void getCluster(clusterUrls(base, token).cluster, fetch).then(({ value, problem }) => {
	state = { ...state, overview: !problem || !isFinal(problem) };
	draw();
	if (header && value && value.role !== 'standalone')
		render(pageHeader(urls.home(), html`<a class="aside" href="/cluster${location.search}">Cluster</a>`), header);
});
void poll({
	load: (signal) => getStreams(urls, fetch, signal),
	onValue: ({ value, problem }) => {
		state = {
			...(state.overview && { overview: true }),
			...(value ? { streams: value } : state.streams && { streams: state.streams }),
			...(problem && { problem }),
		};
		draw();
		return problem && isFinal(problem) ? 'end' : 'go-on';
	},
	periodMs: 2000,
	clock: browserClock,
	hidden: () => document.hidden,
	signal: new AbortController().signal,
});
