import { keyOf } from '../address.ts';
import { hasAsked, type Seen, seen, successions } from '../observed.ts';
import type { Rendition, TrialName } from '../recording.ts';
import { eachRendition, type Rule, seconds } from '../rule.ts';
import { outcome } from './availability.ts';

const NO_BLOCKING = 'CAN-BLOCK-RELOAD is not offered';
/** Of the part target, that the bytes of a hinted part may take to come: it must be whole before the first. */
const WHOLE = 0.5;

function canBlock(rendition: Rendition): boolean {
	return seen(rendition).some(({ playlist }) => playlist.serverControl?.['CAN-BLOCK-RELOAD'] === 'YES');
}

export const BLOCKING_RELOAD: Rule = {
	number: 27,
	name: 'Blocking reload answers with what was asked for',
	section: '6.2.5.2',
	judge: eachRendition((rendition, findings) => {
		if (!canBlock(rendition)) return findings.skip(NO_BLOCKING);
		let count = 0;
		for (const { asked, playlist } of seen(rendition)) {
			if (asked.msn === undefined) continue;
			count++;
			const name = `segment ${asked.msn}${asked.part === undefined ? '' : `, part ${asked.part}`}`;
			findings.expect(hasAsked(playlist, asked), `${name} was asked for, and is not in the answer`);
		}
		const old = rendition.trials.get('old msn');
		if (old) findings.expect(old.status === 200, `an old _HLS_msn: ${outcome(old)}`);
		if (count > 0) findings.saw(`${count} requests held`);
	}),
};

const REFUSED: readonly { trial: TrialName; must: boolean }[] = [
	{ trial: 'part without msn', must: true },
	{ trial: 'msn too far ahead', must: false },
	{ trial: 'part too far ahead', must: false },
	{ trial: 'msn no number', must: false },
	{ trial: 'msn negative', must: false },
	{ trial: 'msn huge', must: false },
];

export const BAD_DIRECTIVES: Rule = {
	number: 28,
	name: 'Delivery directives that make no sense get 400',
	section: '6.2.5.2',
	judge: eachRendition((rendition, findings) => {
		if (!canBlock(rendition)) return findings.skip(NO_BLOCKING);
		let count = 0;
		for (const { trial, must } of REFUSED) {
			const exchange = rendition.trials.get(trial);
			if (!exchange) continue;
			count++;
			const evidence = `${trial}: ${outcome(exchange)}`;
			if (must) findings.expect(exchange.status === 400, evidence);
			else findings.advise(exchange.status === 400, evidence);
		}
		if (count > 0) findings.saw(`${count} tried`);
	}),
};

export const PRELOAD_HINT: Rule = {
	number: 29,
	name: 'The hinted part is the one that comes, whole',
	section: '4.4.5.3',
	judge: eachRendition((rendition, findings) => {
		const hinting = seen(rendition).filter(({ playlist }) => playlist.hints.length > 0);
		if (hinting.length === 0) return findings.skip('there is no EXT-X-PRELOAD-HINT');
		for (const { playlist } of seen(rendition)) {
			const parts = playlist.hints.filter(({ TYPE }) => TYPE === 'PART').length;
			findings.expect(parts <= 1, `${parts} hints of parts in one playlist`);
			findings.expect(!playlist.ended || parts === 0, 'a hint in a playlist that has an end');
		}
		for (const [before, after] of successions(rendition)) {
			const hint = before.playlist.hints.find(({ TYPE }) => TYPE === 'PART')?.URI;
			const came = nextPart(before, after);
			if (hint === undefined || came === undefined) continue;
			findings.expect(
				keyOf(came) === hint || came.uri === hint,
				`${nameOf(hint)} was hinted, ${nameOf(came.uri)} came`,
			);
		}
		const target = seen(rendition)[0]?.playlist.partTarget ?? 0;
		for (const { exchange } of rendition.hints) {
			if (exchange.failure !== undefined) continue;
			findings.expect(exchange.status === 200, `the hinted ${exchange.label}: ${exchange.status}`);
			const took = (exchange.answered - exchange.firstByte) / 1000;
			findings.expect(
				took <= Math.max(WHOLE * target, 0.2),
				`${exchange.label} took ${seconds(took)} from its first byte`,
			);
		}
		const unknown = rendition.trials.get('unknown part');
		if (unknown) findings.advise(unknown.status === 404, `a part that nobody hinted at: ${outcome(unknown)}`);
		if (hinting.length > 0) findings.saw(`${rendition.hints.length} hinted parts fetched`);
	}),
};

/** The part that stands where the earlier playlist ended. */
function nextPart(before: Seen, { playlist }: Seen) {
	const last = before.playlist.segments.at(-1);
	if (!last) return undefined;
	const [sequence, index] = last.resource ? [last.sequence + 1, 0] : [last.sequence, last.parts.length];
	const segment = playlist.segments.find((candidate) => candidate.sequence === sequence);
	return segment?.parts[index];
}

function nameOf(uri: string): string {
	return uri.split('?')[0]?.split('/').at(-1) ?? '';
}
