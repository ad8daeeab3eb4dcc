import { describe, expect, it } from 'vitest';
import { report } from '../../../src/check/check.ts';
import type { Rendition } from '../../../src/check/recording.ts';
import { RenditionFollower } from '../../../src/check/rendition-follower.ts';
import type { Answer, Requests } from '../../../src/check/requests.ts';
import { exchangeOf, PLAYLIST_HEADERS } from '../../fakes/hls-recording.ts';
import { settle, VirtualClock } from '../../fakes/virtual-clock.ts';

const URL_ASKED = new URL('http://server/live.m3u8');
/** Milliseconds of a request and its answer. */
const WAY = 10;
/** A client that goes on without end is stopped here. */
const TOO_MANY = 300;

/** What a server answers to a request for its playlist, and when; cut where it ends in `CUT`. */
type Serve = (query: URLSearchParams, clock: VirtualClock) => string | Promise<string>;

const CUT = '\0';

/**
 * @param stop milliseconds after which it is stopped
 * @returns what a client that follows the server's playlist for so many seconds notes
 */
async function follow(seconds: number, serve: Serve, way = WAY, stop?: number): Promise<Rendition> {
	const clock = new VirtualClock();
	const abort = new AbortController();
	if (stop !== undefined) clock.after(stop, () => abort.abort());
	let count = 0;
	const requests = {
		async ask(url: URL): Promise<Answer> {
			const sent = clock.now();
			const isPlaylist = url.pathname === URL_ASKED.pathname;
			if (isPlaylist && ++count >= TOO_MANY) abort.abort();
			const text = isPlaylist ? await serve(url.searchParams, clock) : '';
			await new Promise<void>((resolve) => clock.after(way, resolve));
			const exchange = exchangeOf('live.m3u8', clock.now(), PLAYLIST_HEADERS, isPlaylist ? 200 : 404);
			const cut = text.endsWith(CUT) && { failure: 'terminated' };
			return { exchange: { ...exchange, sent, ...cut }, body: Buffer.from(text.replace(CUT, '')), url };
		},
	} as unknown as Requests;
	const follower = new RenditionFollower({
		...{ url: URL_ASKED, name: 'live.m3u8', requests, clock, signal: abort.signal },
		...{ until: 1000 * seconds, onProgress: () => undefined },
	});
	let ended = false;
	const run = follower.run().finally(() => {
		ended = true;
	});
	for (let time = 0; time <= 2000 * seconds && !ended; time += WAY) await clock.advance(WAY);
	await settle();
	expect(ended).toBe(true);
	await run;
	return follower.record;
}

/** The last three segments of a stream, and perhaps a hint of a part. */
function playlist(last: number, target: number | string, duration: number, partTarget?: number): string {
	const head = ['#EXTM3U', '#EXT-X-VERSION:9', `#EXT-X-TARGETDURATION:${target}`, `#EXT-X-MEDIA-SEQUENCE:${last - 2}`];
	const parts = partTarget === undefined ? '' : `,PART-HOLD-BACK=${3 * partTarget}`;
	head.push(`#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES${parts}`);
	if (partTarget !== undefined) head.push(`#EXT-X-PART-INF:PART-TARGET=${partTarget}`);
	const segments = [last - 2, last - 1, last].map((sequence) => `#EXTINF:${duration},\ns${sequence}.m4s`);
	const hint = partTarget === undefined ? [] : [`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s${last + 1}.0.m4s"`];
	return [...head, ...segments, ...hint, ''].join('\n');
}

function ruleOf(number: number, rendition: Rendition) {
	const { rules } = report({ label: 'http://server/live.m3u8', early: [], renditions: [rendition] });
	return rules.find(({ rule }) => rule === number);
}

describe('a server that offers to hold requests and does not', () => {
	it.each([
		['a part target apart', playlist(9, 1, 1, 0.2), 19],
		['half a target duration apart without parts', playlist(9, 2, 2), 4],
		['not without pause when the part target is none', playlist(9, 2, 2, 0), 4],
		['not without pause when the target durations are tiny', playlist(9, '0.001', 2, 0.001), 40],
		['not without pause when the target duration is negative', playlist(9, -2, 2), 40],
		['not without pause when numbers end', playlist(1e17, 2, 2), 4],
	])('is asked %s', async (_, text, atMost) => {
		const { reloads } = await follow(4, () => text);
		expect(reloads.slice(1).every(({ asked }) => asked.msn !== undefined)).toBe(true);
		expect(reloads.length).toBeGreaterThan(2);
		expect(reloads.length).toBeLessThanOrEqual(atMost + 2);
	});

	it('breaks the rule of it', async () => {
		const found = ruleOf(27, await follow(4, () => playlist(9, 1, 1, 0.2)));
		expect(found?.verdict).toBe('broken');
		expect(found?.evidence).toContain('segment 10, part 0 was asked for, and is not in the answer');
	});

	it('is not late for the pauses of the client', async () => {
		const news = (_: unknown, clock: VirtualClock) => playlist(9 + Math.floor(clock.now() / 12_000), 10, 10);
		const rendition = await follow(60, news, 200);
		expect(new Set(rendition.reloads.map(({ playlist: read }) => read?.mediaSequence)).size).toBeGreaterThan(4);
		expect(ruleOf(8, rendition)).toMatchObject({ verdict: 'held' });
		expect(ruleOf(27, rendition)).toMatchObject({ verdict: 'broken' });
	});
});

it('asks a server that does not offer to hold requests not without pause, whatever it says', async () => {
	const text = playlist(9, -2, 2).replace(/#EXT-X-SERVER-CONTROL.*\n/, '');
	const { reloads } = await follow(4, () => text);
	expect(reloads.length).toBeLessThanOrEqual(40);
});

it('asks a server that holds requests again at once', async () => {
	const { reloads } = await follow(4, async (query, clock) => {
		const asked = Number(query.get('_HLS_msn') ?? 9);
		// Not those that try what a server does with them.
		if (asked === reloadsOf(clock) + 1) await new Promise<void>((resolve) => clock.after(untilNext(clock), resolve));
		return playlist(reloadsOf(clock), 1, 1);
	});
	const blocking = reloads.slice(1);
	expect(blocking.length).toBe(4);
	for (const [index, { exchange }] of blocking.entries()) {
		expect(exchange.sent - (reloads[index]?.exchange.answered ?? 0)).toBeLessThan(WAY);
	}
});

/** A segment a second, from 9 on. */
function reloadsOf(clock: VirtualClock): number {
	return 9 + Math.floor(clock.now() / 1000);
}

function untilNext(clock: VirtualClock): number {
	return 1000 - (clock.now() % 1000);
}

it('keeps answers of the same text once', async () => {
	const { reloads } = await follow(4, () => playlist(9, 1, 1, 0.2));
	expect(reloads.length).toBeGreaterThan(2);
	expect(new Set(reloads.map(({ playlist: read }) => read)).size).toBe(1);
	expect(new Set(reloads.map(({ disagreements }) => disagreements)).size).toBe(1);
});

it('takes an answer that was cut for none', async () => {
	const rendition = await follow(4, (_, clock) => {
		const text = playlist(reloadsOf(clock), 1, 1).replace(/#EXT-X-SERVER-CONTROL.*\n/, '');
		return clock.now() > 1500 && clock.now() < 2500 ? text.slice(0, text.lastIndexOf('#EXTINF')) + CUT : text;
	});
	expect(rendition.reloads.some(({ playlist: read }) => read === undefined)).toBe(true);
	expect(ruleOf(5, rendition)?.verdict).toBe('held');
	expect(ruleOf(8, rendition)?.evidence).toContain('a playlist request: terminated');
});

it.each([
	['its time is over', 4, undefined],
	['it is stopped', 60, 2000],
])('begins no further file of a long recording when %s', async (_, seconds, stop) => {
	const segments = Array.from({ length: 2000 }, (__, index) => `#EXTINF:2,\ns${index}.ts`);
	const text = ['#EXTM3U', '#EXT-X-TARGETDURATION:2', ...segments, '#EXT-X-ENDLIST', ''].join('\n');
	const { files } = await follow(seconds, () => text, 500, stop);
	expect(files.size).toBeGreaterThan(16);
	expect(files.size).toBeLessThan(100);
});
