import { sentence } from '../gateway/problem.ts';
import type { StreamInfo } from '../gateway/stream-info.ts';

/** How a state looks: going well, under way, at rest, or in trouble. */
export type Tone = 'live' | 'busy' | 'rest' | 'trouble';

/** A state in one word, with its tone and what it means. */
export type StateWords = { tone: Tone; label: string; meaning: string };

/** The state of a stream in words. */
export function stateWords(stream: Pick<StreamInfo, 'state' | 'on_demand' | 'last_error'>): StateWords {
	switch (stream.state) {
		case 'idle':
			if (stream.last_error && !stream.last_error.over) {
				const meaning = stream.on_demand ? 'It is tried again when somebody watches.' : 'The camera is not connected.';
				return { tone: 'trouble', label: 'Not reached', meaning };
			}
			return stream.on_demand
				? { tone: 'rest', label: 'Ready', meaning: 'The camera starts when somebody watches.' }
				: { tone: 'rest', label: 'Off', meaning: 'The camera is not connected.' };
		case 'starting':
			return { tone: 'busy', label: 'Starting', meaning: 'The camera is being connected.' };
		case 'live':
			return { tone: 'live', label: 'Live', meaning: 'Pictures come from the camera.' };
		case 'recovering':
			return {
				tone: 'busy',
				label: 'Reconnecting',
				meaning: 'No picture comes from the camera; it is tried again by itself.',
			};
		case 'closing':
			return { tone: 'rest', label: 'Closing', meaning: 'Nobody watches; the camera is being let go.' };
		case 'failed':
			return { tone: 'trouble', label: 'Failed', meaning: 'The camera cannot be used as it is configured.' };
	}
}

/** `H.264 · Opus`; empty before the camera told. */
export function codecWords(stream: Pick<StreamInfo, 'tracks'>): string {
	return stream.tracks.map(({ codec }) => codecName(codec)).join(' · ');
}

/** A codec as people know it. */
export function codecName(codec: string): string {
	return CODEC_NAMES.get(codec.toLowerCase()) ?? codec;
}

const CODEC_NAMES = new Map([
	['h264', 'H.264'],
	['h265', 'H.265'],
	['opus', 'Opus'],
	['aac', 'AAC'],
	['pcma', 'G.711 A-law'],
	['pcmu', 'G.711 µ-law'],
	['g722', 'G.722'],
	['l16', 'Linear PCM'],
	['jpeg', 'MJPEG'],
]);

/** `1280 × 720 · 30 fps`; empty before the camera told. */
export function pictureWords(stream: Pick<StreamInfo, 'tracks'>): string {
	const video = stream.tracks.find((track) => track.kind === 'video');
	const parts: string[] = [];
	if (video?.width && video.height) parts.push(`${video.width} × ${video.height}`);
	if (video?.frame_rate) parts.push(`${Math.round(video.frame_rate * 10) / 10} fps`);
	return parts.join(' · ');
}

/** `Nobody`, `1 WebRTC`, `2 WebRTC, 1 HLS` */
export function viewerWords({ webrtc, hls, rtsp = 0 }: StreamInfo['viewers']): string {
	const parts = [];
	if (webrtc > 0) parts.push(`${webrtc} WebRTC`);
	if (hls > 0) parts.push(`${hls} HLS`);
	if (rtsp > 0) parts.push(`${rtsp} RTSP`);
	return parts.join(', ') || 'Nobody';
}

/** What is left out of a stream, one sentence each. */
export function skippedWords(stream: Pick<StreamInfo, 'skipped_tracks'>): string[] {
	const places = { all: 'everywhere', hls: 'in HLS', webrtc: 'in WebRTC' };
	return stream.skipped_tracks.map(
		({ codec, reason, output }) => `${codecName(codec)} is left out ${places[output]}: ${sentence(reason)}`,
	);
}

/** The sound stopped although pictures go on; empty when all is well. */
export function silentWords(stream: Pick<StreamInfo, 'tracks'>): string[] {
	return stream.tracks
		.filter(({ silent }) => silent)
		.map(({ codec }) => `The camera sends no sound (${codecName(codec)}) any more, although its picture goes on.`);
}

/** `just now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 days ago` */
export function agoWords(at: string, nowMs: number): string {
	const seconds = Math.max(0, (nowMs - Date.parse(at)) / 1000);
	if (!(seconds >= 5)) return 'just now';
	if (seconds < 90) return `${Math.round(seconds)} s ago`;
	if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
	if (seconds < 172_800) return `${Math.round(seconds / 3600)} h ago`;
	return `${Math.round(seconds / 86_400)} days ago`;
}
