import { expect, it } from 'vitest';
import { LateFetches } from '../../../src/check/late-fetches.ts';
import { parseMediaPlaylist } from '../../../src/check/read/media-playlist.ts';
import type { Exchange, MediaFile, Rendition } from '../../../src/check/recording.ts';
import type { Requests } from '../../../src/check/requests.ts';
import { settle, VirtualClock } from '../../fakes/virtual-clock.ts';

function playlist(first: number) {
	const segments = [0, 1, 2].map((at) => `#EXTINF:1,\nseg-${first + at}.ts`);
	const head = `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:${first}`;
	return parseMediaPlaylist([head, ...segments, ''].join('\n'));
}

/** A segment of 1 s leaves a playlist of 3 s, and is gone when it is asked for: it must stay for 4 s. */
async function judge(way: { question: number; answer: number }, noticed = 0): Promise<number> {
	const clock = new VirtualClock();
	const start = clock.now();
	const exchange = { label: 'seg-0.ts', status: 404, sent: start, firstByte: start + noticed } as Exchange;
	const files = new Map([['seg-0.ts', { exchange, digest: 'known' } as MediaFile]]);
	const record = { files, late: [] } as unknown as Rendition;
	const requests = {
		async ask() {
			const sent = clock.now() + way.question;
			return { exchange: { ...exchange, sent, firstByte: sent + way.answer }, body: Buffer.alloc(0) };
		},
	} as unknown as Requests;
	const late = new LateFetches(record, requests, clock, () => new URL('http://gateway/hls/yard/'));
	late.note({ exchange, playlist: playlist(0), asked: {}, text: '', disagreements: [] }, playlist(1));
	await clock.advance(3600 + noticed);
	await settle();
	await late.finish();
	return record.late.filter((fetch) => fetch.exchange.sent <= start + 4000).length;
}

it.each([
	['counts when it was asked for and answered in time', { question: 0, answer: 10 }, 1],
	['proves nothing when it was asked for too late', { question: 500, answer: 10 }, 0],
	['proves nothing when its answer may be of a time at which it could go', { question: 166, answer: 300 }, 0],
])('a removed segment that is gone %s', async (_, way, counted) => {
	expect(await judge(way)).toBe(counted);
});

it('asks for a removed segment before it may go, also when the playlist was noticed late', async () => {
	expect(await judge({ question: 0, answer: 10 }, 500)).toBe(1);
});
