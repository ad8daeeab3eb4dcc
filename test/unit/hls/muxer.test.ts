import { expect, it } from 'vitest';
import { Continuity } from '../../../src/hls/continuity.ts';
import { Muxer } from '../../../src/hls/muxer.ts';
import { picture, WALL_ZERO } from '../../fakes/access-units.ts';
import { readPlaylist } from '../../fakes/playlist-rules.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';

function setup() {
	const continuity = new Continuity();
	continuity.startRun(WALL_ZERO);
	const muxer = new Muxer({
		segmentDuration: 1,
		segmentCount: 3,
		run: 'r',
		container: 'ts',
		continuity,
		now: () => 0,
		onSegment() {},
	});
	muxer.setTracks([VIDEO_TRACK]);
	return muxer;
}

it('gives out a target duration that holds for the segment that is being made', () => {
	const muxer = setup();
	for (let frame = 0; frame <= 66; frame++) muxer.push(picture(frame / 25, frame === 0 || frame === 25));
	expect(readPlaylist(muxer.playlist?.plain.toString() ?? '').targetDuration).toBe(1);
	// A player comes 1.6 s after that key picture; the next one is 1.8 s after it.
	const given = readPlaylist(muxer.give()?.plain.toString() ?? '');
	expect(given.targetDuration).toBe(2);
	for (let frame = 67; frame <= 71; frame++) muxer.push(picture(frame / 25, frame === 70));
	const next = readPlaylist(muxer.give()?.plain.toString() ?? '');
	expect(next.targetDuration).toBe(2);
	expect(next.segments.map(({ duration }) => duration)).toEqual([1, 1.8]);
});

it('cuts what comes later within the target duration that it gave out', () => {
	const muxer = setup();
	for (let frame = 0; frame <= 40; frame++) muxer.push(picture(frame / 25, frame === 0 || frame === 25));
	muxer.give();
	for (let frame = 41; frame <= 71; frame++) muxer.push(picture(frame / 25, frame === 70));
	const next = readPlaylist(muxer.give()?.plain.toString() ?? '');
	expect(next.targetDuration).toBe(1);
	for (const { duration } of next.segments) expect(duration).toBeLessThan(1.5);
});
