import type Hls from 'hls.js';
import { Events } from 'hls.js';
import { describe, expect, test } from 'vitest';
import { removePlayed } from '../../../src/web/player/hls/back-buffer.ts';

type Handler = (event: string, data: unknown) => void;

/** What hls.js does to it, and is told by it. */
function player(currentTime: number, ...ranges: [number, number][]) {
	const handlers = new Map<string, Handler>();
	const log: unknown[] = [];
	const hls = {
		latestLevelDetails: { lastPartSn: 7, lastPartIndex: 4 },
		on: (event: string, handler: Handler) => handlers.set(event, handler),
		once: (event: string, handler: Handler) => handlers.set(event, handler),
		trigger: (event: string, data: object) => log.push([event, data]),
		pauseBuffering: () => log.push('pause'),
		resumeBuffering: () => log.push('resume'),
	};
	const buffered = {
		length: ranges.length,
		start: (index: number) => ranges[index]?.[0] ?? Number.NaN,
		end: (index: number) => ranges[index]?.[1] ?? Number.NaN,
	};
	removePlayed(hls as unknown as Hls, Events, { currentTime, buffered });
	const tell = (event: string, data: unknown) => handlers.get(event)?.(event, data);
	return { log, tell };
}

const NEWEST = { frag: { sn: 7 }, part: { index: 4 } };

describe('what was played', () => {
	test('is removed while nothing is on its way and nothing gets on its way', () => {
		const { log, tell } = player(20, [3, 20.3]);
		tell(Events.FRAG_BUFFERED, NEWEST);
		const removal = [Events.BUFFER_FLUSHING, { startOffset: 0, endOffset: 15, type: null }];
		expect(log).toEqual(['pause', removal]);
		tell(Events.BUFFER_FLUSHED, { type: 'video' });
		expect(log).toEqual(['pause', removal, 'resume']);
	});

	test.each([
		['more parts are listed', 20, { frag: { sn: 7 }, part: { index: 3 } }],
		['a later segment has parts', 20, { frag: { sn: 6 }, part: { index: 4 } }],
		['a whole segment came', 20, { frag: { sn: 7 }, part: null }],
		['there is little of it', 12.9, NEWEST],
	])('stays when %s', (_, currentTime, buffered) => {
		const { log, tell } = player(currentTime, [3, currentTime + 0.3]);
		tell(Events.FRAG_BUFFERED, buffered);
		expect(log).toEqual([]);
	});

	test('stays when there is nothing', () => {
		const { log, tell } = player(0);
		tell(Events.FRAG_BUFFERED, NEWEST);
		expect(log).toEqual([]);
	});
});
