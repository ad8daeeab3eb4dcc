import { render } from 'lit';
import { browserClock } from './clock.ts';
import { gatewayUrls, streamIdOfWatchPath, tokenOfSearch } from './gateway/paths.ts';
import { isFinal } from './gateway/problem-words.ts';
import { getStream, getStreamStats } from './gateway/streams.ts';
import { History } from './pages/history.ts';
import { pageHeader } from './pages/page-header.ts';
import { poll } from './pages/poll.ts';
import { recall, remember } from './pages/remembered.ts';
import { type WatchState, watchDetails, watchTitle } from './pages/watch-page.ts';
import { definePlayer } from './player/element.ts';
import type { Choice } from './player/playback.ts';

const PANEL = 'dualcast-panel';
const id = streamIdOfWatchPath(location.pathname);

// The offer leaves before anything else is done.
definePlayer();
const player = document.createElement('dualcast-player');
player.stream = id;
const token = tokenOfSearch(location.search);
player.token = token;
player.mode = modeOf(location.search);
player.panel = recall(PANEL) !== 'folded';
document.querySelector('#stage')?.append(player);

const base = location.origin;
const urls = gatewayUrls(base, token);
const header = document.querySelector<HTMLElement>('#header');
const details = document.querySelector<HTMLElement>('#details');
document.title = `${id} · Dualcast`;

const past = new History();
let state: WatchState = {};
let asking = false;

function draw(): void {
	if (header) render(pageHeader(urls.home(), watchTitle(id, state)), header);
	if (!details) return;
	render(watchDetails(state, past, urls, base, Date.now()), details);
	details.classList.toggle('stale', state.problem !== undefined);
}

/** Asks until the gateway says no for good. */
async function ask(): Promise<void> {
	if (asking) return;
	asking = true;
	await poll({
		load: async (signal) => {
			const { value: stream, problem } = await getStream(urls, id, fetch, signal);
			if (!stream) return { problem };
			return { stream, stats: (await getStreamStats(urls, id, fetch, signal)).value };
		},
		onValue: ({ stream, stats, problem }) => {
			if (stats) past.add(stats);
			state = stream ? { stream, stats } : { ...state, problem };
			draw();
			return problem && isFinal(problem) ? 'end' : 'go-on';
		},
		periodMs: 2000,
		clock: browserClock,
		hidden: () => document.hidden,
		signal: new AbortController().signal,
	});
	asking = false;
}

function modeOf(search: string): Choice {
	const mode = new URLSearchParams(search).get('mode');
	return mode === 'webrtc' || mode === 'hls' ? mode : 'auto';
}

new MutationObserver(() => {
	remember(PANEL, player.panel ? 'open' : 'folded');
	const address = new URL(location.href);
	if (player.mode && player.mode !== 'auto') address.searchParams.set('mode', player.mode);
	else address.searchParams.delete('mode');
	history.replaceState(null, '', address);
}).observe(player, { attributeFilter: ['panel', 'mode'] });

// Somebody tried again, and it was not for good.
player.addEventListener('dualcast-playing', () => void ask());
draw();
void ask();
