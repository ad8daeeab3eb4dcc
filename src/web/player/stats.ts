import type { Mode } from './playback.ts';
import { ratesOf } from './sample.ts';
import type { PlayerState, PlayerSupervisor } from './supervisor.ts';

/** What a player shows of itself, `element.stats`. Undefined where there is nothing to tell yet. */
export type PlayerStats = {
	mode: Mode | undefined;
	state: PlayerState['name'] | 'stalled';
	/** Why this mode, or why nothing plays, in words. */
	reason: string | undefined;
	/** Milliseconds from the wish to play to the first picture. */
	firstFrameMs: number | undefined;
	/** Pixels. */
	width: number | undefined;
	height: number | undefined;
	framesDecoded: number;
	framesPerSecond: number | undefined;
	/** Bits per second. */
	bitrate: number | undefined;
	/** WebRTC: from the gateway's network card to the screen. HLS: behind the end of the playlist. */
	latencyMs: number | undefined;
	framesDropped: number;
	/** WebRTC: freezes by the browser's definition. HLS: times the player ran out of data. */
	freezeCount: number;
	/** Key frames asked for. */
	pliCount: number;
};

/** The figures of a player at this moment. */
export function statsOf(
	player: Pick<PlayerSupervisor, 'state' | 'samples' | 'fallbackReason' | 'firstFrameMs'>,
	choice: 'auto' | Mode,
): PlayerStats {
	const { state, samples } = player;
	const sample = samples.at(-1);
	return {
		mode: state.name === 'idle' ? undefined : state.mode,
		state: state.name === 'playing' && state.stalled ? 'stalled' : state.name,
		reason: reasonOf(player, choice),
		firstFrameMs: player.firstFrameMs,
		width: sample?.width || undefined,
		height: sample?.height || undefined,
		framesDecoded: sample?.framesDecoded ?? 0,
		framesDropped: sample?.framesDropped ?? 0,
		freezeCount: sample?.freezeCount ?? 0,
		pliCount: sample?.pliCount ?? 0,
		...ratesOf(samples),
	};
}

function reasonOf(
	{ state, fallbackReason }: Pick<PlayerSupervisor, 'state' | 'fallbackReason'>,
	choice: 'auto' | Mode,
): string | undefined {
	if (state.name === 'failed' || state.name === 'waiting') return state.failure.message;
	if (fallbackReason !== undefined) return fallbackReason;
	if (state.name !== 'playing') return undefined;
	return choice === 'auto' ? 'It works here and has the lowest delay.' : 'You chose it.';
}

/** A line of the statistics panel. */
export type StatsRow = { label: string; value: string /** What the figure means. */; hint?: string };

/** The figures in words, for the panel. */
export function rowsOf(stats: PlayerStats): StatsRow[] {
	const { width, height, framesPerSecond, bitrate, latencyMs, firstFrameMs } = stats;
	const latencyHint =
		stats.mode === 'hls'
			? 'How far the picture is behind the end of the playlist.'
			: 'From the gateway to the screen: half the round trip, jitter buffer, decoding and display.';
	return [
		{ label: 'Picture', value: width && height ? `${width} × ${height}` : '–' },
		{ label: 'Frame rate', value: framesPerSecond === undefined ? '–' : `${Math.round(framesPerSecond)} fps` },
		{ label: 'Bitrate', value: bitrate === undefined ? '–' : bitrateInWords(bitrate) },
		{ label: 'Latency', value: latencyMs === undefined ? '–' : durationInWords(latencyMs), hint: latencyHint },
		{
			label: 'First picture',
			value: firstFrameMs === undefined ? '–' : durationInWords(firstFrameMs),
			hint: 'From the wish to play to the picture on the screen.',
		},
		{ label: 'Dropped frames', value: String(stats.framesDropped) },
		{ label: 'Freezes', value: String(stats.freezeCount) },
	];
}

/** `850 kbit/s`, `2.1 Mbit/s` */
export function bitrateInWords(bitsPerSecond: number): string {
	return bitsPerSecond < 1e6
		? `${Math.round(bitsPerSecond / 1e3)} kbit/s`
		: `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
}

/** `43 ms`, `2.5 s` */
export function durationInWords(milliseconds: number): string {
	return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
