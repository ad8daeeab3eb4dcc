import { describe, expect, it } from 'vitest';
import { viewerTotals } from '../../../src/api/viewer-totals.ts';
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
