import { html, render } from 'lit';
import { browserClock } from './clock.ts';
import { clusterUrls, watchCluster } from './gateway/cluster.ts';
import { gatewayUrls, tokenOfSearch } from './gateway/paths.ts';
import { type ClusterState, clusterPage } from './pages/cluster/cluster-page.ts';
import { DrainSwitch } from './pages/cluster/drain-switch.ts';
import { pageHeader } from './pages/page-header.ts';

const token = tokenOfSearch(location.search);
const urls = clusterUrls(location.origin, token);
const home = gatewayUrls(location.origin, token).home();
const header = document.querySelector<HTMLElement>('#header');
const main = document.querySelector<HTMLElement>('#main');
let state: ClusterState = {};

function draw(): void {
	if (main) render(clusterPage(state, urls, Date.now()), main);
}

DrainSwitch.token = token;
if (header) render(pageHeader(home, html`<span class="slash">/</span><h1>Cluster</h1>`), header);
draw();
void watchCluster({
	urls,
	onAnswer: ({ value, problem }) => {
		state = {
			...(value ? { cluster: value } : state.cluster && { cluster: state.cluster }),
			...(problem && { problem }),
		};
		draw();
	},
	clock: browserClock,
	signal: new AbortController().signal,
});
