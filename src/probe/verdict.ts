import type { Camera, CameraVideo } from './camera.ts';
import { type Obstacle, type Player, pictureNote, pictureObstacle, soundObstacle } from './player-rules.ts';

/** How well a player shows a camera as it is. */
export type Plays = 'plays' | 'plays_without_sound' | 'needs_transcoding' | 'no';

/** What one player makes of a camera. */
export type Verdict = {
	output: Player;
	verdict: Plays;
	/** Why it is no better, and what else is worth knowing. */
	reasons: string[];
	/** Settings of the camera that would help. */
	cures: string[];
};

/** Seconds from key frame to key frame beyond which it is felt. */
const LONG_GOP = 4;
const GOOD_GOP = 2;

const PLAYERS: readonly Player[] = ['webrtc_chrome', 'webrtc_firefox', 'webrtc_safari', 'hls_ts', 'hls_ll'];

/** Says for each output and player whether a camera plays as it is, and if not, why and what to set. */
export function judge(camera: Camera): Verdict[] {
	return PLAYERS.map((player) => judgeFor(player, camera));
}

/** The cures of all verdicts, each once. */
export function adviceOf(verdicts: readonly Verdict[]): string[] {
	return [...new Set(verdicts.flatMap(({ cures }) => cures))];
}

function judgeFor(player: Player, { video, audio, skipped }: Camera): Verdict {
	const picture = video ?? skipped.find(({ kind }) => kind === 'video');
	const sound = audio ?? skipped.find(({ kind }) => kind === 'audio');
	if (!picture && !sound) {
		return { output: player, verdict: 'no', reasons: ['The camera offers neither picture nor sound.'], cures: [] };
	}
	const blind = picture && pictureObstacle(player, picture);
	const mute = sound && soundObstacle(player, sound);
	const shown = blind ? undefined : video;
	const notes = [blind, mute, shown && longGop(player, shown), shown && pictureNote(player, shown)].filter(
		(note) => note !== undefined,
	);
	return {
		output: player,
		verdict: blind || (!picture && mute) ? 'needs_transcoding' : mute ? 'plays_without_sound' : 'plays',
		reasons: notes.map(({ reason }) => reason),
		cures: notes.flatMap(({ cure }) => (cure === undefined ? [] : [cure])),
	};
}

function longGop(player: Player, video: CameraVideo): Obstacle | undefined {
	const seconds = video.gop_seconds ?? video.gop_longer_than ?? 0;
	if (seconds <= LONG_GOP) return undefined;
	const long =
		video.gop_seconds === undefined
			? `No second key frame came in ${plain(seconds)} s`
			: `A key frame comes only every ${plain(seconds)} s`;
	const frames = video.frame_rate === undefined ? '' : ` (${Math.round(video.frame_rate * GOOD_GOP)} frames)`;
	return {
		reason: player.startsWith('webrtc')
			? `${long}: after a loss the picture stands still until the next one.`
			: `${long}: segments get as long, so the picture starts late and lags behind.`,
		cure: `Set the key frame interval (GOP, I-frame interval) to ${GOOD_GOP} s${frames}.`,
	};
}

function plain(seconds: number): string {
	return String(Math.round(seconds * 10) / 10);
}
