import type { ProbeReport, ProbeRequest, StreamStats } from './camera.ts';
import type { GatewayUrls } from './paths.ts';
import { type Problem, readProblem } from './problem.ts';
import type { StreamInfo } from './stream-info.ts';

/** What came of a request: the value, or why there is none. */
export type Answer<Value> = { value: Value; problem?: undefined } | { value?: undefined; problem: Problem };

const UNREACHABLE: Problem = { code: 'gateway_unreachable', message: 'The gateway does not answer.' };

/** Asks for JSON. Never rejects. */
export async function get<Value>(
	url: string,
	fetch: typeof globalThis.fetch,
	signal: AbortSignal,
	request: RequestInit = {},
): Promise<Answer<Value>> {
	const headers = { Accept: 'application/json', ...request.headers };
	try {
		const response = await fetch(url, { cache: 'no-store', ...request, headers, signal });
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

/** Asks for the counters of one stream. Never rejects. */
export function getStreamStats(
	urls: GatewayUrls,
	id: string,
	fetch: typeof globalThis.fetch,
	signal: AbortSignal,
): Promise<Answer<StreamStats>> {
	return get(urls.stats(id), fetch, signal);
}

/** Has the gateway look at a camera, which takes up to ten seconds. Never rejects. */
export function probeCamera(
	urls: GatewayUrls,
	camera: ProbeRequest,
	fetch: typeof globalThis.fetch,
	signal: AbortSignal,
): Promise<Answer<ProbeReport>> {
	const headers = { 'Content-Type': 'application/json' };
	return get(urls.probe(), fetch, signal, { method: 'POST', headers, body: JSON.stringify(camera) });
}
