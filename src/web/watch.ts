import { render } from 'lit';
import { browserClock } from './clock.ts';
import type { StreamStats } from './gateway/camera.ts';
import { gatewayUrls, streamIdOfWatchPath, tokenOfSearch } from './gateway/paths.ts';
import type { StreamInfo } from './gateway/stream-info.ts';
import { getStream, getStreamStats } from './gateway/streams.ts';
import { History } from './pages/history.ts';
import { pageHeader } from './pages/page-header.ts';
import { poll } from './pages/poll.ts';
import { recall, remember } from './pages/remembered.ts';
import { watchDetails, watchTitle } from './pages/watch-page.ts';
import { definePlayer } from './player/element.ts';
import type { Choice } from './player/playback.ts';

const PANEL = 'dualcast-panel';
const id = streamIdOfWatchPath(location.pathname);

// The offer leaves before anything else is done.
definePlayer();
const player = document.createElement('dualcast-player');
player.stream = id;
player.token = tokenOfSearch(location.search);
player.mode = modeOf(location.search);
player.panel = recall(PANEL) !== 'folded';
document.querySelector('#stage')?.append(player);

const base = location.origin;
const urls = gatewayUrls(base, player.token);
const header = document.querySelector<HTMLElement>('#header');
const details = document.querySelector<HTMLElement>('#details');
document.title = `${id} · Dualcast`;

const past = new History();

function draw(stream: StreamInfo | undefined, stats: StreamStats | undefined): void {
	if (header) render(pageHeader(watchTitle(id, stream)), header);
	if (details) render(watchDetails(stream, stats, past, urls, base, Date.now()), details);
}

function modeOf(search: string): Choice {
	const mode = new URLSearchParams(search).get('mode');
	return mode === 'webrtc' || mode === 'hls' ? mode : 'auto';
}

new MutationObserver(() => {
	remember(PANEL, player.panel ? 'open' : 'folded');
	const address = new URL(location.href);
	if (player.mode === 'auto') address.searchParams.delete('mode');
	else address.searchParams.set('mode', player.mode);
	history.replaceState(null, '', address);
}).observe(player, { attributeFilter: ['panel', 'mode'] });

draw(undefined, undefined);
void poll({
	load: (signal) => Promise.all([getStream(urls, id, fetch, signal), getStreamStats(urls, id, fetch, signal)]),
	onValue: ([{ value: stream }, { value: stats }]) => {
		if (stats) past.add(stats);
		if (stream) draw(stream, stats);
	},
	periodMs: 2000,
	clock: browserClock,
	hidden: () => document.hidden,
	signal: new AbortController().signal,
});
