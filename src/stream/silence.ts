import { SourceError } from '../base/errors.ts';
import type { Track } from '../media/track.ts';

/** A track and for how long nothing whole has come of it. */
export type TrackSilence = {
	readonly track: Track;
	readonly milliseconds: number;
	/** A packet of it came in this run of the source. */
	readonly begun: boolean;
};

/** What the silence of tracks amounts to. */
export type SilenceVerdict = {
	/** The camera is to be given up: its pictures stopped, or all it sends where there are no pictures. */
	readonly stalled: SourceError | undefined;
	/** Sound that stopped while the camera is of use without it. */
	readonly muted: readonly TrackSilence[];
};

/**
 * Some cameras, and gateways before them, send nothing before the next key picture: so many times the timeout is
 * waited for the first packet of the pictures. Eight seconds become twenty, longer than any usual group of pictures.
 */
const FIRST_PICTURE_FACTOR = 2.5;

/**
 * Judges each track for itself: pictures that stopped are a failure even while sound goes on, sound that stopped is
 * told and no more.
 *
 * @param timeout milliseconds after which a track counts as silent
 */
export function judgeSilence(tracks: readonly TrackSilence[], timeout: number): SilenceVerdict {
	const silent = tracks.filter(({ track, milliseconds, begun }) => {
		const awaited = track.kind === 'video' && !begun;
		return milliseconds >= (awaited ? timeout * FIRST_PICTURE_FACTOR : timeout);
	});
	const video = tracks.find(({ track }) => track.kind === 'video');
	const muted = silent.filter(({ track }) => track.kind === 'audio');
	if (video && silent.includes(video)) {
		const hasSound = tracks.length > muted.length + 1;
		return { stalled: stalledError(video, hasSound ? ' while its sound goes on' : ''), muted };
	}
	const first = silent[0];
	if (!video && first && silent.length === tracks.length) return { stalled: stalledError(first, ''), muted: [] };
	return { stalled: undefined, muted };
}

function stalledError({ track, milliseconds }: TrackSilence, beside: string): SourceError {
	const what = track.kind === 'video' ? 'picture' : 'sound';
	const seconds = Math.round(milliseconds / 1000);
	return new SourceError(
		'camera_stalled',
		`the camera is connected but has sent no ${what} (${track.codec}) for ${seconds} s${beside}; reconnecting`,
		{ facts: { track: track.kind, codec: track.codec, silent_s: seconds } },
	);
}
