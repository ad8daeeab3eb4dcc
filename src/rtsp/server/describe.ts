import type { AacTrack, Track, VideoTrack } from '../../media/track.ts';

/** The first dynamic payload type (RFC 3551 section 6). */
const FIRST_DYNAMIC = 96;

/** The payload type this server gives the track at `index`: the static one where RFC 3551 has one. */
export function payloadTypeOf(track: Track, index: number): number {
	if (track.kind === 'audio' && track.channels === 1 && track.clockRate === 8000) {
		if (track.codec === 'pcmu') return 0;
		if (track.codec === 'pcma') return 8;
	}
	return FIRST_DYNAMIC + index;
}

/** The `a=control` of the track at `index`. */
export function controlOf(index: number): string {
	return `trackID=${index}`;
}

/**
 * The session description of tracks sent by this server (RFC 2326 appendix C, RFC 8866).
 *
 * @param name of the session; line breaks become blanks
 */
export function describeTracks(name: string, tracks: readonly Track[]): string {
	const lines = [
		'v=0',
		'o=- 0 0 IN IP4 127.0.0.1',
		`s=${name.replace(/[\r\n]+/g, ' ') || ' '}`,
		'c=IN IP4 0.0.0.0',
		't=0 0',
		'a=control:*',
		'a=range:npt=now-',
	];
	for (const [index, track] of tracks.entries()) {
		const payloadType = payloadTypeOf(track, index);
		lines.push(`m=${track.kind} 0 RTP/AVP ${payloadType}`);
		const { rtpmap, fmtp } = formatOf(track);
		lines.push(`a=rtpmap:${payloadType} ${rtpmap}`);
		if (fmtp !== undefined) lines.push(`a=fmtp:${payloadType} ${fmtp}`);
		if (track.kind === 'video' && track.facts?.frameRate !== undefined) {
			lines.push(`a=framerate:${track.facts.frameRate}`);
		}
		lines.push('a=sendonly', `a=control:${controlOf(index)}`);
	}
	return `${lines.join('\r\n')}\r\n`;
}

function formatOf(track: Track): { rtpmap: string; fmtp?: string } {
	switch (track.codec) {
		case 'h264':
			return { rtpmap: `H264/${track.clockRate}`, fmtp: h264Parameters(track) };
		case 'opus':
			// Always written as stereo (RFC 7587 section 7); what is sent may be mono.
			return { rtpmap: 'opus/48000/2', fmtp: track.channels === 2 ? 'sprop-stereo=1' : 'sprop-stereo=0' };
		case 'aac':
			return { rtpmap: `MPEG4-GENERIC/${track.clockRate}/${track.channels}`, fmtp: aacParameters(track) };
		case 'pcma':
		case 'pcmu': {
			const channels = track.channels === 1 ? '' : `/${track.channels}`;
			return { rtpmap: `${track.codec.toUpperCase()}/${track.clockRate}${channels}` };
		}
	}
}

/** RFC 6184 section 8.1. */
function h264Parameters(track: VideoTrack): string {
	const parameters = ['packetization-mode=1'];
	if (track.parameterSets) {
		const { sps, pps } = track.parameterSets;
		parameters.push(`profile-level-id=${Buffer.from(sps.subarray(1, 4)).toString('hex')}`);
		parameters.push(
			`sprop-parameter-sets=${Buffer.from(sps).toString('base64')},${Buffer.from(pps).toString('base64')}`,
		);
	}
	return parameters.join(';');
}

/** RFC 3640 section 4.1. */
function aacParameters(track: AacTrack): string {
	return [
		'streamtype=5',
		'profile-level-id=1',
		'mode=AAC-hbr',
		`config=${Buffer.from(track.config).toString('hex')}`,
		`sizelength=${track.sizeLength}`,
		`indexlength=${track.indexLength}`,
		`indexdeltalength=${track.indexDeltaLength}`,
	].join(';');
}
