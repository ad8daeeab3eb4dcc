import { html, svg, type TemplateResult } from 'lit';

const mark = svg`<circle cx="12" cy="12" r="3.2" fill="currentColor"/><g fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"><path d="M17.2 6.8a7.4 7.4 0 0 1 0 10.4"/><path d="M6.8 17.2a7.4 7.4 0 0 1 0-10.4"/></g>`;

/**
 * The bar on top of each page; what stands beside the name differs.
 *
 * @param home address of the start page, with the token where one is needed
 */
export function pageHeader(home: string, rest: TemplateResult | string = ''): TemplateResult {
	return html`
		<a class="brand" href=${home} aria-label="Dualcast, all streams">
			<svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true">${mark}</svg>
			<span>Dualcast</span>
		</a>
		${rest}
	`;
}
