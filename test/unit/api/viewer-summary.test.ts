import { describe, expect, it } from 'vitest';
import { ViewerSummaries, viewerTotals } from '../../../src/api/viewer-summary.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { SESSION, STREAM } from './fake-ports.ts';

describe('totals of the viewers of a stream', () => {
	it('are sums over those who are there', () => {
		const { frames_sent: _, ...soundAlone } = { ...SESSION, packets_sent: 10 };
		expect(viewerTotals([SESSION])).toEqual(STREAM.webrtc_totals);
		expect(viewerTotals([SESSION, soundAlone])).toEqual({
			packets_sent: 11,
			frames_sent: 7,
			bytes_sent: 4,
			current_bitrate: 6,
			nack_received: 8,
			packets_retransmitted: 10,
			pli_received: 12,
		});
		expect(new Set(Object.values(viewerTotals([])))).toEqual(new Set([0]));
	});
});

describe('what the viewers of a stream add up to', () => {
	it('is looked for once a second, however many ask', async () => {
		const clock = new VirtualClock();
		const asked: (string | undefined)[] = [];
		const sessions = (id?: string) => {
			asked.push(id);
			return new Array(asked.length).fill(SESSION);
		};
		const summaries = new ViewerSummaries({ sessions }, clock);
		const [a, b] = [{ id: 'a' }, { id: 'b' }];
		for (let page = 0; page < 450; page++) summaries.of(a);
		expect(asked).toEqual(['a']);
		summaries.of(b);
		await clock.advance(999);
		expect(summaries.of(a).totals).toEqual(viewerTotals([SESSION]));
		await clock.advance(1);
		expect(summaries.of(a).totals).toEqual(viewerTotals([SESSION, SESSION, SESSION]));
		expect(asked).toEqual(['a', 'b', 'a']);
	});
});
