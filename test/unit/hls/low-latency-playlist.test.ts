import { describe, expect, it } from 'vitest';
import { Continuity } from '../../../src/hls/continuity.ts';
import { renderLowLatencyPlaylist } from '../../../src/hls/playlist/low-latency-playlist.ts';
import { lowLatencyNames } from '../../../src/hls/playlist/names.ts';
import { PlaylistWindow } from '../../../src/hls/playlist/playlist-window.ts';
import type { InitSegment } from '../../../src/hls/segments/segment.ts';
import { WALL_ZERO } from '../../fakes/access-units.ts';

const BYTES = new Uint8Array(188);
const PART_TARGET = 0.5;
/** Target durations that delta updates keep. */
const SKIP_UNTIL = 6;

/** A window that gets one segment of a second, in two parts, with each call. */
function growing(segmentCount = 6) {
	const continuity = new Continuity();
	continuity.startRun(WALL_ZERO);
	const window = new PlaylistWindow({
		...{ segmentCount, segmentDuration: 1, names: lowLatencyNames('run'), continuity },
	});
	const part = { bytes: BYTES, duration: 0.5, independent: false };
	let second = 0;
	return {
		window,
		add(init: InitSegment, discontinuity = false): void {
			const cut = { bytes: BYTES, duration: 1, frames: 25, wall: WALL_ZERO + second * 1000, independent: true };
			second++;
			window.add({ ...cut, init, discontinuity, parts: [{ ...part, independent: true }, part] }, second * 1000);
		},
		/** What stands before each segment's name, by that name. */
		read(delta = false): Map<string, string> {
			const text = renderLowLatencyPlaylist({ window, open: undefined, partTarget: PART_TARGET, hint: 'hint' }, delta);
			const segments = text.matchAll(/((?:#(?!EXT-X-(?:DISC.*SEQ|SKIP|VERSION)).*\n)*)(\S+\.m4s)\n/g);
			return new Map([...segments].map(([, lines = '', name = '']) => [name, lines]));
		},
	};
}

describe('low-latency playlist', () => {
	it('lists the parts of the last three target durations, whatever it listed before', () => {
		const { window, add, read } = growing();
		const init = { bytes: BYTES };
		for (let round = 0; round < 20; round++) {
			add(init);
			const listed = window.listed.map(({ name }) => name);
			const lines = read();
			expect([...lines.keys()]).toEqual(listed);
			const withParts = listed.filter((name) => lines.get(name)?.includes('#EXT-X-PART:'));
			expect(withParts).toEqual(listed.slice(-3));
			for (const name of withParts) {
				const first = name.replace('.m4s', '.0.m4s');
				expect(lines.get(name)).toContain(`#EXT-X-PART:DURATION=0.500000,URI="${first}",INDEPENDENT=YES\n`);
			}
		}
	});

	it('names the init segment before the first segment and where another one begins', () => {
		const { window, add, read } = growing();
		const inits = Array.from({ length: 4 }, () => ({ bytes: BYTES }));
		for (let round = 0; round < 20; round++) {
			add(inits[Math.floor(round / 5)] as InitSegment, round % 5 === 0);
			const lines = read();
			const named = window.listed.filter(({ name }) => lines.get(name)?.includes('#EXT-X-MAP:'));
			const due = window.listed.filter(
				({ initName }, index) => index === 0 || initName !== window.listed[index - 1]?.initName,
			);
			expect(named).toEqual(due);
			for (const { name, initName } of named) expect(lines.get(name)).toContain(`#EXT-X-MAP:URI="${initName}"\n`);
		}
	});

	it('leaves out of a delta update what came before, and nothing else', () => {
		const { window, add, read } = growing(9);
		for (let round = 0; round < 20; round++) {
			add({ bytes: BYTES });
			const whole = [...read()];
			const delta = [...read(true)];
			expect(whole.slice(whole.length - delta.length)).toEqual(delta);
			expect(delta.length).toBe(Math.min(window.listed.length, SKIP_UNTIL));
		}
	});
});
