import { html, nothing, svg, type TemplateResult } from 'lit';
import type { Verdict } from '../gateway/camera.ts';
import { PLAYER_NAMES, verdictWords } from './camera-words.ts';

const MARKS = {
	live: svg`<path d="m3.5 8.5 3 3 6-7" />`,
	busy: svg`<path d="M8 3.5v5.5M8 12v.2" />`,
	trouble: svg`<path d="m4 4 8 8m0-8-8 8" />`,
};

/** Where a camera plays as it is, player by player, and why not where it does not. */
export function verdictList(outputs: readonly Verdict[]): TemplateResult {
	const told = new Set<string>();
	return html`
		<ul class="verdicts">
			${outputs.map(({ output, verdict, reasons }) => {
				const { tone, text } = verdictWords(verdict);
				// What was said of a player above holds for this one too.
				const fresh = reasons.filter((reason) => !told.has(reason));
				for (const reason of fresh) told.add(reason);
				return html`
					<li class=${tone}>
						<span class="mark" aria-hidden="true">${mark(tone)}</span>
						<span class="player">${PLAYER_NAMES[output]}</span>
						<span class="verdict">${text}</span>
						${fresh.length > 0 ? html`<span class="why">${fresh.join(' ')}</span>` : nothing}
					</li>
				`;
			})}
		</ul>
	`;
}

/** What to set at the camera; nothing when it is fine as it is. */
export function adviceList(cures: readonly string[]): TemplateResult | typeof nothing {
	if (cures.length === 0) return nothing;
	return html`
		<div class="advice">
			<h3>At the camera</h3>
			<ul>
				${cures.map((cure) => html`<li>${cure}</li>`)}
			</ul>
		</div>
	`;
}

/** Each cure of the verdicts once. */
export function curesOf(outputs: readonly Verdict[]): string[] {
	return [...new Set(outputs.flatMap(({ cures }) => cures))];
}

function mark(tone: keyof typeof MARKS): TemplateResult {
	return html`<svg viewBox="0 0 16 16" width="16" height="16">${MARKS[tone]}</svg>`;
}
