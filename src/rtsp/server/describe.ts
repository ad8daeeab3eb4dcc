import { AAC_HBR } from '../../media/packetizers/aac-packetizer.ts';
import type { AacTrack, H264Track, H265Track, Track } from '../../media/track.ts';

/** The first dynamic payload type (RFC 3551 section 6). */
const FIRST_DYNAMIC = 96;

/** The payload type this server gives the track at `index`: the static one where RFC 3551 has one. */
export function payloadTypeOf(track: Track, index: number): number {
	if (track.kind === 'audio' && track.channels === 1 && track.clockRate === 8000) {
		if (track.codec === 'pcmu') return 0;
		if (track.codec === 'pcma') return 8;
		if (track.codec === 'g722') return 9;
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
		case 'h265':
			return { rtpmap: `H265/${track.clockRate}`, ...h265Parameters(track) };
		case 'opus':
			// Always written as stereo (RFC 7587 section 7); what is sent may be mono.
			return { rtpmap: 'opus/48000/2', fmtp: track.channels === 2 ? 'sprop-stereo=1' : 'sprop-stereo=0' };
		case 'aac':
			return { rtpmap: `MPEG4-GENERIC/${track.clockRate}/${track.channels}`, fmtp: aacParameters(track) };
		case 'g722':
		case 'l16':
		case 'pcma':
		case 'pcmu': {
			const channels = track.channels === 1 ? '' : `/${track.channels}`;
			return { rtpmap: `${track.codec.toUpperCase()}/${track.clockRate}${channels}` };
		}
	}
}

/** RFC 6184 section 8.1. */
function h264Parameters(track: H264Track): string {
	const parameters = ['packetization-mode=1'];
	if (track.parameterSets) {
		const { sps, pps } = track.parameterSets;
		parameters.push(`profile-level-id=${Buffer.from(sps.subarray(1, 4)).toString('hex')}`);
		parameters.push(`sprop-parameter-sets=${base64(sps)},${base64(pps)}`);
	}
	return parameters.join(';');
}

/** RFC 7798 section 7.1. */
function h265Parameters(track: H265Track): { fmtp?: string } {
	if (!track.parameterSets) return {};
	const { vps, sps, pps } = track.parameterSets;
	const sets = [`sprop-sps=${base64(sps)}`, `sprop-pps=${base64(pps)}`];
	if (vps) sets.unshift(`sprop-vps=${base64(vps)}`);
	return { fmtp: sets.join(';') };
}

function base64(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString('base64');
}

/** RFC 3640 section 4.1. */
function aacParameters(track: AacTrack): string {
	return [
		'streamtype=5',
		'profile-level-id=1',
		'mode=AAC-hbr',
		`config=${Buffer.from(track.config).toString('hex')}`,
		`sizelength=${AAC_HBR.sizeLength}`,
		`indexlength=${AAC_HBR.indexLength}`,
		`indexdeltalength=${AAC_HBR.indexDeltaLength}`,
	].join(';');
}
