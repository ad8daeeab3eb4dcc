import { describe, expect, it } from 'vitest';
import type { ClusterNodeInfo } from '../../../src/web/gateway/cluster-info.ts';
import { bitrateWords, nodesWords, placesWords, streamPlaces } from '../../../src/web/pages/cluster/cluster-words.ts';

function node(id: string, changes: Partial<ClusterNodeInfo> = {}): ClusterNodeInfo {
	return {
		...{ id, role: 'sub', state: 'live', http_url: `http://${id}`, capacity: 150, viewers: 0, viewers_coming: 0 },
		...{ current_bitrate: 0, cpu: 0, event_loop_delay_ms: 0, version: '1', streams: [], cameras: [], last_seen: '' },
		...changes,
	};
}

describe('the cluster in words', () => {
	it('counts the places of subs that take viewers', () => {
		const nodes = [
			node('a', { viewers: 100, viewers_coming: 20 }),
			node('b', { viewers: 40 }),
			node('c', { viewers: 30, state: 'draining' }),
			node('m', { role: 'main' }),
		];
		expect(placesWords(nodes)).toEqual({ taken: 160, places: 300, words: '160 of 300 places taken' });
		expect(nodesWords(nodes)).toBe('3 subs, 1 main');
	});

	it('says where each stream is, those with most viewers first, then by number', () => {
		const nodes = [
			node('m', { role: 'main', cameras: ['room/10', 'room/2', 'yard'] }),
			node('a', { streams: [{ id: 'yard', viewers: 3 }] }),
			node('b', {
				streams: [
					{ id: 'yard', viewers: 4 },
					{ id: 'lost', viewers: 1 },
				],
			}),
		];
		expect(streamPlaces({ nodes })).toEqual([
			{
				id: 'yard',
				owner: 'm',
				viewers: 7,
				subs: [
					{ node: 'a', viewers: 3 },
					{ node: 'b', viewers: 4 },
				],
			},
			{ id: 'lost', owner: undefined, viewers: 1, subs: [{ node: 'b', viewers: 1 }] },
			{ id: 'room/2', owner: 'm', viewers: 0, subs: [] },
			{ id: 'room/10', owner: 'm', viewers: 0, subs: [] },
		]);
	});

	it.each([
		[0, 'none'],
		[640_000, '640 kbit/s'],
		[2_150_000, '2.2 Mbit/s'],
		[84_400_000, '84 Mbit/s'],
		[1_240_000_000, '1.2 Gbit/s'],
	])('writes %i bits per second as %s', (bits, words) => {
		expect(bitrateWords(bits)).toBe(words);
	});
});
