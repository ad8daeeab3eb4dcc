import type { CarriedAudio, CarriedTracks, CarriedVideo, SkippedTrack } from '../carried-tracks.ts';
import type { AcceptedSection, Negotiation } from '../sdp/negotiation.ts';
import type { SessionInfo } from './session-info.ts';

/** What a viewer gets of the tracks that the camera sends now, and what not: the camera's sound may have changed. */
export function sessionTracks(
	{ video, audio, skipped }: Pick<Negotiation, 'video' | 'audio' | 'skipped'>,
	now: CarriedTracks,
): Pick<SessionInfo, 'video' | 'audio' | 'skipped_tracks'> {
	return {
		...(video && now.video && { video: codecLabel(video) }),
		...(audio && now.audio && { audio: codecLabel(audio) }),
		skipped_tracks: [
			...now.skipped,
			...(video ? [] : leftOut(now.video, skipped)),
			...(audio ? [] : leftOut(now.audio, skipped)),
		],
	};
}

/** A track that WebRTC carries and this viewer does not get. The negotiation's own reason stands behind the stream's. */
function leftOut(track: CarriedVideo | CarriedAudio | undefined, skipped: readonly SkippedTrack[]): SkippedTrack[] {
	if (!track) return [];
	const { codec } = track;
	const known = skipped.findLast((each) => each.codec === codec);
	return [known ?? { codec, reason: 'the camera sends it only since this viewer came; connect again to get it' }];
}

function codecLabel({ codec }: AcceptedSection): string {
	const profile = codec.parameters.get('profile-level-id');
	return profile === undefined ? codec.name : `${codec.name} ${profile}`;
}
