import { resolve, withParameters } from './address.ts';
import type { MediaPlaylist } from './read/media-playlist.ts';
import type { Rendition, TrialName } from './recording.ts';
import type { RequestOptions, Requests } from './requests.ts';

const PREFLIGHT = {
	method: 'OPTIONS',
	headers: { 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'authorization' },
} as const;
/** Milliseconds within which a request that makes no sense is answered. */
const REFUSAL = 5000;
/** Further on than any segment. */
const FAR = 2 ** 40;

/** Sends single requests that each try one thing, and notes the answers. */
export async function tryRequests(
	record: Rendition,
	playlist: MediaPlaylist,
	url: URL,
	requests: Requests,
): Promise<void> {
	const attempt = async (name: TrialName, address: URL, options: RequestOptions = {}) => {
		const { exchange } = await requests.ask(address, { deadline: REFUSAL, ...options });
		record.trials.set(name, exchange);
	};
	const trials = [
		attempt('playlist HEAD', url, { method: 'HEAD' }),
		attempt('playlist preflight', url, PREFLIGHT),
		attempt('playlist without gzip', url, { headers: { 'Accept-Encoding': 'identity' } }),
		attempt('unknown file', new URL(`no-such-file-${record.name.length}.m4s`, url)),
	];
	const segment = playlist.segments.findLast(({ resource, gap }) => resource && !gap)?.resource;
	if (segment) {
		const address = resolve(segment.uri, url);
		trials.push(attempt('segment HEAD', address, { method: 'HEAD' }));
		trials.push(attempt('segment preflight', address, PREFLIGHT));
		trials.push(attempt('segment range', address, { range: { offset: 1, length: 10 } }));
		trials.push(attempt('segment range beyond', address, { headers: { Range: `bytes=${FAR}-` } }));
	}
	const directive = (name: TrialName, parameters: Record<string, string | number>) =>
		trials.push(attempt(name, withParameters(url, parameters)));
	if (playlist.serverControl?.['CAN-BLOCK-RELOAD'] === 'YES') {
		const last = playlist.segments.at(-1)?.sequence ?? 0;
		directive('part without msn', { _HLS_part: 0 });
		directive('msn too far ahead', { _HLS_msn: last + 100 });
		if (playlist.partTarget !== undefined) directive('part too far ahead', { _HLS_msn: last + 1, _HLS_part: 1000 });
		directive('msn no number', { _HLS_msn: 'x' });
		directive('msn negative', { _HLS_msn: -1 });
		directive('msn huge', { _HLS_msn: String(2n ** 53n) });
		directive('old msn', { _HLS_msn: playlist.mediaSequence });
		const hint = playlist.hints.find(({ TYPE }) => TYPE === 'PART')?.URI;
		if (hint !== undefined) trials.push(attempt('unknown part', unknownPart(resolve(hint, url))));
	}
	await Promise.all(trials);
}

/** Like the hinted part, of a name that nobody gave. */
function unknownPart(hint: URL): URL {
	const address = new URL(hint);
	address.pathname = address.pathname.replace(/[^/]*$/, (name) => `unknown-${name}`);
	return address;
}
