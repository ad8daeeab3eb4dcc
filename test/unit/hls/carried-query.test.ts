import { expect, it } from 'vitest';
import { withQuery } from '../../../src/hls/serving/carried-query.ts';

it('every address in a playlist carries the query on', () => {
	const playlist = [
		'#EXTM3U',
		'#EXT-X-MAP:URI="init-1.mp4"',
		'#EXT-X-PART:DURATION=0.2,URI="p1.mp4",INDEPENDENT=YES',
		'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p2.mp4?a=b"',
		'#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:05.678Z',
		'#EXTINF:1.000,',
		's1.mp4',
		'',
	].join('\n');
	expect(withQuery(playlist, 'jwt=x.y').split('\n')).toEqual([
		'#EXTM3U',
		'#EXT-X-MAP:URI="init-1.mp4?jwt=x.y"',
		'#EXT-X-PART:DURATION=0.2,URI="p1.mp4?jwt=x.y",INDEPENDENT=YES',
		'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p2.mp4?a=b&jwt=x.y"',
		'#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:05.678Z',
		'#EXTINF:1.000,',
		's1.mp4?jwt=x.y',
		'',
	]);
});
