import type { Findings } from '../findings.ts';
import { seen } from '../observed.ts';
import type { MediaPlaylist } from '../read/media-playlist.ts';
import { eachRendition, type Rule, seconds } from '../rule.ts';

const ISO_8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$/;
/** Seconds that a date may be off the durations before it. */
const TOLERANCE = 0.15;

export const DATES: Rule = {
	number: 10,
	name: 'EXT-X-PROGRAM-DATE-TIME: there, and true to the durations',
	section: '4.4.4.6, 6.2.1; Apple 8.4',
	judge: (recording, findings) => {
		const dated = recording.renditions.filter((rendition) =>
			seen(rendition).some(({ playlist }) => playlist.segments.some(({ date }) => date !== undefined)),
		);
		const all = recording.renditions.length;
		if (dated.length > 0) findings.expect(dated.length === all, `${dated.length} of ${all} playlists have dates`);
		else findings.advise(false, 'no playlist has dates');
		eachRendition((rendition) => {
			let worst = 0;
			for (const { playlist } of seen(rendition)) worst = Math.max(worst, follow(playlist, findings));
			if (dated.includes(rendition)) findings.saw(`at most ${seconds(worst)} off`);
		})(recording, findings);
	},
};

/** @returns seconds that a date is off at most */
function follow({ segments }: MediaPlaylist, findings: Findings): number {
	let due: number | undefined;
	let latest = Number.NEGATIVE_INFINITY;
	let worst = 0;
	for (const { sequence, date, discontinuity, duration } of segments) {
		if (discontinuity) {
			findings.advise(
				date !== undefined || due === undefined,
				`segment ${sequence} has no date after its discontinuity`,
			);
			due = undefined;
		}
		if (date !== undefined) {
			const time = Date.parse(date) / 1000;
			findings.expect(ISO_8601.test(date) && !Number.isNaN(time), `segment ${sequence}: ${date} is no ISO 8601 date`);
			findings.expect(time > latest, `segment ${sequence}: the date goes back`);
			const off = due === undefined ? 0 : Math.abs(time - due);
			findings.expect(off <= TOLERANCE, `segment ${sequence}: its date is ${seconds(off)} off the durations before it`);
			worst = Math.max(worst, off);
			latest = time;
			due = time;
		}
		if (due !== undefined) due += duration;
	}
	return worst;
}
