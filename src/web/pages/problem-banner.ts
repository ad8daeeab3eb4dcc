import { html, type TemplateResult } from 'lit';
import type { Problem } from '../gateway/problem.ts';
import { isFinal, problemWords } from '../gateway/problem-words.ts';

/** Why nothing newer is shown, and whether that changes by itself. */
export function problemBanner(problem: Problem): TemplateResult {
	const again = isFinal(problem) ? '' : ' Trying again every few seconds.';
	return html`<p class="banner" role="alert">${problemWords(problem)}${again}</p>`;
}
