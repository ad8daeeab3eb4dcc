import type { RtspHeaders } from '../headers.ts';

const ABSOLUTE = /^rtsps?:\/\//i;
const SCHEMELESS = /^[a-z0-9.-]+(?::\d+)?\//i;

/** A URL fit for a request line: without user information, blanks and control characters encoded. */
export function requestUri(url: string): string {
	return url
		.trim()
		.replace(/^(rtsps?:\/\/)[^/?#]*@/i, '$1')
		.replace(/\p{Cs}/gu, '')
		.replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character));
}

/**
 * The URL of the whole presentation, to which controls are relative (RFC 2326 appendix C.1.1). Cameras answer with
 * addresses of their own networks; the URL is text for the request line and never a place to connect to.
 *
 * @param headers of the DESCRIBE response
 * @param control the session's `a=control`
 */
export function presentationUrl(requestUrl: string, headers: RtspHeaders, control: string | undefined): string {
	if (control !== undefined && ABSOLUTE.test(control)) return requestUri(control);
	const base = headers.get('Content-Base') || headers.get('Content-Location') || '';
	const single = base.replace(/^(?:rtsp:\/\/)+(?=rtsp:\/\/)/i, '');
	if (ABSOLUTE.test(single)) return requestUri(single);
	if (single.startsWith('/'))
		return requestUri(requestUrl.replace(/^(rtsps?:\/\/[^/?#]*).*$/i, `$1${literal(single)}`));
	if (SCHEMELESS.test(single)) return requestUri(`rtsp://${single}`);
	return requestUrl;
}

/**
 * The URL of one media section.
 *
 * @param control its `a=control`; relative ones are appended, after a query too, as cameras expect
 */
export function trackUrl(presentation: string, control: string | undefined): string {
	if (control === undefined || control === '' || control === '*') return presentation;
	if (ABSOLUTE.test(control)) return requestUri(control);
	if (control.startsWith('?')) return requestUri(presentation + control);
	return requestUri(`${presentation.replace(/\/$/, '')}/${control.replace(/^\//, '')}`);
}

function literal(replacement: string): string {
	return replacement.replaceAll('$', '$$$$');
}
