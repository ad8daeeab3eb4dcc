import type { Clock } from '../../clock.ts';
import { firstAnswer } from '../first-answer.ts';
import type { Fetch } from '../webrtc/whep-client.ts';

/**
 * Finds a place that has a playlist, whose own address is returned.
 *
 * @param addresses of the same playlist; with a single one nothing is asked
 * @returns the first address where nobody has it: who loads it finds out why
 */
export async function findPlaylist(
	addresses: readonly [string, ...string[]],
	{ fetch, clock, signal }: { fetch: Fetch; clock: Clock; signal: AbortSignal },
): Promise<string> {
	const [first] = addresses;
	if (addresses.length === 1) return first;
	const ask = (address: string) => async (own: AbortSignal) => {
		const { ok, status, url } = await fetch(address, { method: 'HEAD', signal: own });
		if (!ok) throw new Error(`answered ${status}`);
		return url;
	};
	return firstAnswer({ asks: addresses.map(ask), isFinal: () => false, clock, signal }).catch(() => first);
}

/** The low-latency playlist beside the classic one; the query stays. */
export function lowLatencyUrl(playlist: string): string {
	return playlist.replace(/index\.m3u8(?=$|[?#])/, 'll.m3u8');
}
