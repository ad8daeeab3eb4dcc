import { type Clock, sleep } from '../clock.ts';
import type { ClusterInfo } from './cluster-info.ts';
import { type Problem, readProblem } from './problem.ts';
import { isFinal } from './problem-words.ts';
import type { Answer } from './streams.ts';

const UNREACHABLE: Problem = { code: 'gateway_unreachable', message: 'The gateway does not answer.' };
const RETRY_MS = 3000;

/** Where one gateway tells of its cluster, as absolute URLs. */
export function clusterUrls(base: string, token: string) {
	const query = token === '' ? '' : `?jwt=${encodeURIComponent(token)}`;
	return {
		cluster: `${base}/api/v1/cluster${query}`,
		events: `${base}/api/v1/cluster/events${query}`,
		/** The page of another node. @param httpUrl where viewers reach it */
		page: (httpUrl: string) => `${httpUrl}/cluster${query}`,
		drain: (node: string) => `${base}/api/v1/cluster/nodes/${encodeURIComponent(node)}/drain`,
	};
}

/** Asks for the cluster once. Never rejects. */
export async function getCluster(url: string, fetch: typeof globalThis.fetch): Promise<Answer<ClusterInfo>> {
	try {
		const response = await fetch(url, { cache: 'no-store', headers: { Accept: 'application/json' } });
		if (!response.ok) return { problem: await readProblem(response) };
		return { value: (await response.json()) as ClusterInfo };
	} catch {
		return { problem: UNREACHABLE };
	}
}

/** Marks a node as draining, or takes the mark away. Never rejects. @returns why it could not be */
export async function drainNode(
	url: string,
	on: boolean,
	token: string,
	fetch: typeof globalThis.fetch,
): Promise<Problem | undefined> {
	try {
		const headers: Record<string, string> = token === '' ? {} : { Authorization: `Bearer ${token}` };
		const response = await fetch(url, { method: on ? 'POST' : 'DELETE', headers });
		return response.ok ? undefined : await readProblem(response);
	} catch {
		return UNREACHABLE;
	}
}

export type WatchClusterOptions = {
	readonly urls: ReturnType<typeof clusterUrls>;
	readonly onAnswer: (answer: Answer<ClusterInfo>) => void;
	readonly clock: Clock;
	readonly signal: AbortSignal;
};

/**
 * Tells of the cluster as it changes; and why not, when the gateway says no or is gone. Goes on until aborted, or until a
 * no is final.
 */
export async function watchCluster({ urls, onAnswer, clock, signal }: WatchClusterOptions): Promise<void> {
	while (!signal.aborted) {
		// A browser does not say why events do not come; asking first does.
		const answer = await getCluster(urls.cluster, fetch);
		onAnswer(answer);
		if (answer.value?.role === 'standalone' || (answer.problem && isFinal(answer.problem))) return;
		if (answer.value) await listen(urls.events, onAnswer, signal);
		await sleep(clock, RETRY_MS, signal);
	}
}

/** Resolves when the events end. */
function listen(url: string, onAnswer: WatchClusterOptions['onAnswer'], signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const events = new EventSource(url);
		const end = () => {
			events.close();
			resolve();
		};
		events.addEventListener('cluster', ({ data }) => onAnswer({ value: JSON.parse(data) as ClusterInfo }));
		events.addEventListener('error', end);
		signal.addEventListener('abort', end, { once: true });
	});
}
