import type { TrackSender } from '../broadcast/track-sender.ts';
import { addressText, offeredAddresses } from '../sdp/offered-addresses.ts';
import type { PeerDiagnosis } from '../transport/secure-transport.ts';

/** How far a viewer's connection came: each step needs the one before. */
export type ConnectionStage = 'no_checks' | 'no_handshake' | 'handshake' | 'no_media' | 'media';

/** Whether a viewer was sent a media packet, of the picture where there is one; else what is waited for. */
export type MediaState = 'sent' | 'awaits camera' | 'awaits first key frame' | 'awaits next key frame' | 'awaits sound';

/** Where connecting stands, or stopped, for people. */
export type ConnectionReport = {
	stage: ConnectionStage;
	/** What that means and what helps. */
	explanation: string;
	/** Addresses offered to the viewer, as `udp 192.0.2.1:8189`. */
	offered: string[];
	/** Authenticated ICE checks that arrived. */
	checks_received: number;
	dtls_datagrams_received: number;
};

/** @param candidates values of `a=candidate` lines */
export function connectionReport(
	{ state, bindingRequests, dtlsDatagrams }: PeerDiagnosis,
	candidates: readonly string[],
	media: MediaState,
): ConnectionReport {
	const offered = offeredAddresses(candidates).map(addressText);
	const stage = stageOf(state === 'secured', bindingRequests, dtlsDatagrams, media === 'sent');
	return {
		stage,
		explanation: EXPLANATIONS[stage](offered, media),
		offered,
		checks_received: bindingRequests,
		dtls_datagrams_received: dtlsDatagrams,
	};
}

/** @param ready the camera runs */
export function mediaState(video: TrackSender | undefined, audio: TrackSender | undefined, ready: boolean): MediaState {
	const main = video ?? audio;
	if (main && main.packets > 0) return 'sent';
	if (!ready) return 'awaits camera';
	if (!video) return 'awaits sound';
	// A group of pictures that is not there although its key frame came has outgrown the ring.
	return Number.isFinite(video.lane.groupAt) ? 'awaits next key frame' : 'awaits first key frame';
}

function stageOf(secured: boolean, checks: number, dtls: number, sent: boolean): ConnectionStage {
	if (secured) return sent ? 'media' : 'no_media';
	if (checks === 0) return 'no_checks';
	return dtls === 0 ? 'no_handshake' : 'handshake';
}

const MEDIA: Readonly<Record<MediaState, string>> = {
	sent: 'media is being sent',
	'awaits camera': 'the viewer is connected, and the camera is being started',
	'awaits first key frame': 'the viewer is connected, but the camera has sent no key frame yet',
	'awaits next key frame':
		'the viewer is connected, but more came since the last key frame than is kept: the picture begins with the next ' +
		'one; set the camera to more key frames',
	'awaits sound': 'the viewer is connected, but the camera, which has no video, has sent no sound since',
};

const EXPLANATIONS: Readonly<Record<ConnectionStage, (offered: readonly string[], media: MediaState) => string>> = {
	no_checks: (offered) =>
		`nothing of the viewer arrives at ${offered.join(', ')}: open this port on the way` +
		(offered.some((address) => address.startsWith('tcp '))
			? ', for UDP and for TCP, or name the address viewers reach in webrtc.additional_hosts'
			: ', name the address viewers reach in webrtc.additional_hosts, or set webrtc.tcp_port for networks that block UDP'),
	no_handshake: () =>
		'checks of the viewer arrive, but it starts no DTLS: the answers do not reach it; look for a firewall that ' +
		'lets packets through in one direction only',
	handshake: () => 'the DTLS handshake has begun and is not finished: packets are lost on the way, or it is refused',
	no_media: (_offered, media) => MEDIA[media],
	media: (_offered, media) => MEDIA[media],
};
