import type { ProbeReport, StreamStats, TrackStats, Verdict } from '../gateway/camera.ts';
import { codecName } from './stream-words.ts';

/** `2.1 Mbit/s`, `64 kbit/s` */
export function bitrateWords(bitsPerSecond: number): string {
	if (bitsPerSecond >= 1e6) return `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
	return `${Math.round(bitsPerSecond / 1000)} kbit/s`;
}

/** `40 ms`, `1.2 s`, `35 s` */
export function durationWords(milliseconds: number): string {
	if (milliseconds < 1) return '< 1 ms';
	if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
	const seconds = milliseconds / 1000;
	return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
}

/** `H.264 High 3.1` */
export function profileWords({ codec, profile, level }: Pick<TrackStats, 'codec' | 'profile' | 'level'>): string {
	return [codecName(codec), profile, level].filter(Boolean).join(' ');
}

/** Share of a track's packets that never came, `0 %`, `0.3 %`; rounded up, so that no loss passes for none. */
export function lossWords({ packets_received, packets_lost }: TrackStats): string {
	const expected = packets_received + packets_lost;
	if (packets_lost === 0 || expected === 0) return '0 %';
	return `${Math.ceil((packets_lost / expected) * 1000) / 10} %`;
}

/** What became of the packets of a track besides arriving: `3 lost, 1 late, 2 twice`; empty when all is well. */
export function packetWords({ packets_lost, packets_reordered, packets_duplicate }: TrackStats): string {
	return [
		packets_lost > 0 && `${packets_lost} lost`,
		packets_reordered > 0 && `${packets_reordered} late`,
		packets_duplicate > 0 && `${packets_duplicate} twice`,
	]
		.filter(Boolean)
		.join(', ');
}

/** `2 s`; `–` before two key frames were seen. */
export function gopWords({ gop_seconds }: Pick<StreamStats, 'gop_seconds'>): string {
	return gop_seconds > 0 ? `${Math.round(gop_seconds * 10) / 10} s` : '–';
}

/** What a camera was found to send, one line for the picture and one for the sound. */
export function foundWords({ video, audio }: ProbeReport): string[] {
	const lines = [];
	if (video) {
		const { width, height, frame_rate, bitrate, gop_seconds, gop_longer_than, gradual_refresh, b_frames } = video;
		lines.push(
			[
				profileWords(video),
				width && height && `${width} × ${height}`,
				frame_rate && `${frame_rate} fps`,
				bitrate && bitrateWords(bitrate),
				gop_seconds !== undefined && `key frame every ${gop_seconds} s`,
				gop_longer_than !== undefined && `no second key frame in ${gop_longer_than} s`,
				gradual_refresh && 'no key frames',
				b_frames && 'B-frames',
			]
				.filter(Boolean)
				.join(' · '),
		);
	}
	if (audio) {
		const places = audio.channels === 1 ? 'mono' : audio.channels === 2 ? 'stereo' : `${audio.channels} channels`;
		lines.push(`${codecName(audio.codec)} · ${audio.clock_rate / 1000} kHz ${places}`);
	}
	return lines;
}

/** A verdict in words, with its tone. */
export function verdictWords(verdict: Verdict['verdict']): { tone: 'live' | 'busy' | 'trouble'; text: string } {
	switch (verdict) {
		case 'plays':
			return { tone: 'live', text: 'Plays' };
		case 'plays_without_sound':
			return { tone: 'busy', text: 'Without sound' };
		case 'needs_transcoding':
			return { tone: 'trouble', text: 'Needs transcoding' };
		case 'no':
			return { tone: 'trouble', text: 'Does not play' };
	}
}

export const PLAYER_NAMES: Readonly<Record<Verdict['output'], string>> = {
	webrtc_chrome: 'WebRTC in Chrome',
	webrtc_firefox: 'WebRTC in Firefox',
	webrtc_safari: 'WebRTC in Safari',
	hls_ts: 'HLS',
	hls_ll: 'Low-latency HLS',
};
