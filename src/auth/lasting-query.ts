/** Which part of a playlist (RFC 8216bis 6.2.5), and which nodes not: no credentials, and another with each request. */
const CHANGING = /^(?:_HLS_msn|_HLS_part|_HLS_skip|avoid)=[^;]*$/;
/** Neither quotes, which end an attribute of a playlist, nor what begins a fragment. */
const CARRIED = /^[!$-~]+$/;

/** What stays the same in the queries of a viewer's requests, letter by letter. */
export function lastingQuery(query: string): string {
	return lastingParameters(query).join('&');
}

/** The same, as far as it can stand in the addresses of a playlist or in a header. */
export function carriedQuery(query: string): string {
	return lastingParameters(query)
		.filter((parameter) => CARRIED.test(parameter))
		.join('&');
}

function lastingParameters(query: string): string[] {
	return query.split('&').filter((parameter) => parameter !== '' && !CHANGING.test(parameter));
}
