import type { Sample } from '../sample.ts';

/** A statistics report as a plain list of its entries, which is how tests write it too. */
export type ReportEntries = Iterable<Readonly<Record<string, unknown>>>;

/**
 * Reads the counters of the received picture out of `RTCPeerConnection.getStats()` (W3C webrtc-stats). What a
 * browser leaves out counts as 0, or is left out where 0 would be a lie.
 *
 * @param displayDelayMs mean milliseconds from the arrival of a frame to its display, when measured
 */
export function sampleOfReport(entries: ReportEntries, at: number, displayDelayMs: number | undefined): Sample {
	const sample: Sample = {
		at,
		framesDecoded: 0,
		framesDropped: 0,
		width: 0,
		height: 0,
		freezeCount: 0,
		pliCount: 0,
	};
	for (const entry of entries) {
		if (entry.type === 'inbound-rtp') {
			sample.bytes = (sample.bytes ?? 0) + count(entry.bytesReceived);
			if (entry.kind === 'video') readVideo(entry, sample);
		} else if (entry.type === 'candidate-pair' && entry.nominated === true) {
			const seconds = entry.currentRoundTripTime;
			if (typeof seconds === 'number') sample.roundTripMs = seconds * 1000;
		}
	}
	if (displayDelayMs !== undefined) sample.latencyMs = displayDelayMs + (sample.roundTripMs ?? 0) / 2;
	return sample;
}

function readVideo(entry: Readonly<Record<string, unknown>>, sample: Sample): void {
	sample.framesDecoded = count(entry.framesDecoded);
	sample.framesDropped = count(entry.framesDropped);
	sample.width = count(entry.frameWidth);
	sample.height = count(entry.frameHeight);
	sample.freezeCount = count(entry.freezeCount);
	sample.pliCount = count(entry.pliCount);
	sample.jitterBufferSeconds = count(entry.jitterBufferDelay);
	sample.jitterBufferFrames = count(entry.jitterBufferEmittedCount);
}

function count(value: unknown): number {
	return typeof value === 'number' ? value : 0;
}
