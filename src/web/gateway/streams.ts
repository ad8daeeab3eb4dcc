import type { GatewayUrls } from './paths.ts';
import { type Problem, readProblem } from './problem.ts';
import type { StreamInfo } from './stream-info.ts';

/** What came of a request: the value, or why there is none. */
export type Answer<Value> = { value: Value; problem?: undefined } | { value?: undefined; problem: Problem };

const UNREACHABLE: Problem = { code: 'gateway_unreachable', message: 'The gateway does not answer.' };

async function get<Value>(url: string, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<Answer<Value>> {
	try {
		const response = await fetch(url, { headers: { Accept: 'application/json' }, cache: 'no-store', signal });
		if (!response.ok) return { problem: await readProblem(response) };
		return { value: (await response.json()) as Value };
	} catch {
		return { problem: UNREACHABLE };
	}
}

/** Asks for all streams. Never rejects. */
export function getStreams(
	urls: GatewayUrls,
	fetch: typeof globalThis.fetch,
	signal: AbortSignal,
): Promise<Answer<StreamInfo[]>> {
	return get(urls.streams(), fetch, signal);
}

/** Asks for one stream. Never rejects. */
export function getStream(
	urls: GatewayUrls,
	id: string,
	fetch: typeof globalThis.fetch,
	signal: AbortSignal,
): Promise<Answer<StreamInfo>> {
	return get(urls.stream(id), fetch, signal);
}
