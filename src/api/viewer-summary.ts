import type { Clock } from '../base/clock.ts';
import type { StreamInfo } from './ports.ts';
import type { ViewerTotals, WebRtcPort, WebRtcSession } from './whep/webrtc-port.ts';

/** What the WebRTC viewers of a stream add up to. */
export type ViewerSummary = {
	readonly totals: ViewerTotals;
	/** What some of them go without; each reason once. */
	readonly skipped: StreamInfo['skipped_tracks'];
};

type StreamName = { readonly id: string };

/** Milliseconds that a summary is good for. */
const MAX_AGE = 1_000;
const NONE: ViewerTotals = {
	packets_sent: 0,
	frames_sent: 0,
	bytes_sent: 0,
	current_bitrate: 0,
	nack_received: 0,
	packets_retransmitted: 0,
	pli_received: 0,
};
const FIELDS = Object.keys(NONE) as (keyof ViewerTotals)[];

/**
 * Looks through the viewers of a stream once a second at most: each of them may have a page open that asks every other
 * second.
 */
export class ViewerSummaries {
	readonly #webrtc: Pick<WebRtcPort, 'sessions'>;
	readonly #clock: Clock;
	readonly #known = new WeakMap<StreamName, { readonly at: number; readonly summary: ViewerSummary }>();

	constructor(webrtc: Pick<WebRtcPort, 'sessions'>, clock: Clock) {
		this.#webrtc = webrtc;
		this.#clock = clock;
	}

	of(stream: StreamName): ViewerSummary {
		const now = this.#clock.now();
		const known = this.#known.get(stream);
		if (known && now - known.at < MAX_AGE) return known.summary;
		const sessions = this.#webrtc.sessions(stream.id);
		const summary = { totals: viewerTotals(sessions), skipped: skippedTracks(sessions) };
		this.#known.set(stream, { at: now, summary });
		return summary;
	}
}

/** Sums over the sessions there are. */
export function viewerTotals(sessions: readonly WebRtcSession[]): ViewerTotals {
	const totals = { ...NONE };
	for (const session of sessions) for (const field of FIELDS) totals[field] += session[field] ?? 0;
	return totals;
}

function skippedTracks(sessions: readonly WebRtcSession[]): ViewerSummary['skipped'] {
	const reasons = new Map<string, ViewerSummary['skipped'][number]>();
	for (const session of sessions) {
		for (const skipped of session.skipped_tracks) {
			reasons.set(`${skipped.codec} ${skipped.reason}`, { ...skipped, output: 'webrtc' });
		}
	}
	return [...reasons.values()];
}
