import { durationOf, seen } from '../observed.ts';
import { eachRendition, type Rule, seconds } from '../rule.ts';
import { hasParts } from './parts.ts';

const TINY = 1e-6;
/** Seconds: a sum of what is written to six digits each. */
const ROUNDING = 1e-3;

export const SERVER_CONTROL: Rule = {
	number: 24,
	name: 'EXT-X-SERVER-CONTROL: what players may count on',
	section: '4.4.3.8; Apple 14.3',
	judge: eachRendition((rendition, findings) => {
		const all = seen(rendition);
		const first = all[0]?.playlist.serverControl;
		const low = hasParts(rendition);
		if (!first && !low) findings.skip('there is no EXT-X-SERVER-CONTROL');
		for (const { playlist } of all) {
			const { serverControl, partTarget = 0 } = playlist;
			if (!serverControl && !low) continue;
			const target = Number(playlist.targetDuration);
			const value = (name: string) => Number(serverControl?.[name] ?? Number.NaN);
			if (low) {
				const back = value('PART-HOLD-BACK');
				findings.expect(back >= 2 * partTarget - TINY, `PART-HOLD-BACK is ${back}, the part target ${partTarget}`);
				findings.advise(back >= 3 * partTarget - TINY, `PART-HOLD-BACK is ${back}, less than three parts`);
				const blocks = serverControl?.['CAN-BLOCK-RELOAD'] === 'YES';
				findings.expect(blocks, 'there are parts, but no CAN-BLOCK-RELOAD=YES');
			}
			const [back, skip] = [value('HOLD-BACK'), value('CAN-SKIP-UNTIL')];
			if (!Number.isNaN(back)) findings.expect(back >= 3 * target - TINY, `HOLD-BACK is ${back}, the target ${target}`);
			if (!Number.isNaN(skip))
				findings.expect(skip >= 6 * target - TINY, `CAN-SKIP-UNTIL is ${skip}, the target ${target}`);
			const same = JSON.stringify(serverControl) === JSON.stringify(first);
			findings.expect(same, 'EXT-X-SERVER-CONTROL changes');
		}
		if (first)
			findings.saw(
				Object.entries(first)
					.map(([name, text]) => `${name}=${text}`)
					.join(', '),
			);
	}),
};

export const DELTA_UPDATES: Rule = {
	number: 30,
	name: 'Delta updates give the same playlist',
	section: '6.2.5.1, 6.3.7',
	judge: eachRendition((rendition, findings) => {
		const can = seen(rendition).some(({ playlist }) => playlist.serverControl?.['CAN-SKIP-UNTIL'] !== undefined);
		if (!can) return findings.skip('CAN-SKIP-UNTIL is not offered');
		let skipped = 0;
		for (const { delta, merged, full } of rendition.deltas) {
			const same = JSON.stringify(merged) === JSON.stringify(full.segments);
			findings.expect(same, `the update at ${delta.mediaSequence} does not give the full playlist`);
			if (delta.skipped === undefined) continue;
			skipped++;
			const last = merged[delta.skipped - 1];
			const boundary = Number(delta.serverControl?.['CAN-SKIP-UNTIL']) || 0;
			// A segment that lies on the boundary may be on either side.
			const from = durationOf(delta) + (last?.duration ?? 0);
			const mayGo = !last || from >= boundary - ROUNDING;
			findings.expect(mayGo, `what begins ${seconds(from)} from the end was skipped, of ${boundary} s`);
			findings.expect((delta.versions[0] ?? 1) >= 9, `EXT-X-SKIP needs version 9, not ${delta.versions[0] ?? 1}`);
		}
		if (rendition.deltas.length > 0) findings.saw(`${rendition.deltas.length} updates, ${skipped} left something out`);
	}),
};
