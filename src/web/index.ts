import { render } from 'lit';
import { browserClock } from './clock.ts';
import { gatewayUrls, tokenOfSearch } from './gateway/paths.ts';
import { getStreams } from './gateway/streams.ts';
import { type DashboardState, dashboard } from './pages/dashboard.ts';
import { pageHeader } from './pages/page-header.ts';
import { poll } from './pages/poll.ts';

const base = location.origin;
const urls = gatewayUrls(base, tokenOfSearch(location.search));
const header = document.querySelector<HTMLElement>('#header');
const main = document.querySelector<HTMLElement>('#main');
let state: DashboardState = {};

function draw(): void {
	if (main) render(dashboard(state, urls, base, Date.now()), main);
}

if (header) render(pageHeader(''), header);
draw();
void poll({
	load: (signal) => getStreams(urls, fetch, signal),
	onValue: ({ value, problem }) => {
		state = {
			...(value ? { streams: value } : state.streams && { streams: state.streams }),
			...(problem && { problem }),
		};
		draw();
	},
	periodMs: 2000,
	clock: browserClock,
	hidden: () => document.hidden,
	signal: new AbortController().signal,
});
