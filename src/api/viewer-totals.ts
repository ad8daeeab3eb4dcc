import type { ViewerTotals, WebRtcSession } from './webrtc-port.ts';

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

/** Sums over the sessions there are. */
export function viewerTotals(sessions: readonly WebRtcSession[]): ViewerTotals {
	const totals = { ...NONE };
	for (const session of sessions) for (const field of FIELDS) totals[field] += session[field] ?? 0;
	return totals;
}
