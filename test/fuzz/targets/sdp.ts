import { H264_SYNTAX } from '../../../src/media/depacketizers/h264-depacketizer.ts';
import { SDP_LIMITS } from '../../../src/media/limits.ts';
import { parseSdp } from '../../../src/media/sdp/sdp.ts';
import { parseSprop } from '../../../src/media/sdp/sprop.ts';
import { tracksFromSdp } from '../../../src/media/sdp/tracks.ts';
import { type FuzzTarget, promise, textOf } from '../target.ts';

/** A session description, and the tracks in it. */
export const sdp: FuzzTarget = {
	name: 'sdp',
	shape: 'bytes',
	dictionary: [
		...[
			'\r\n',
			'\n',
			'm=video 0 RTP/AVP 96',
			'm=audio 0 RTP/AVP 97',
			'a=rtpmap:',
			'a=fmtp:',
			'a=control:',
			'a=sendonly',
		],
		...['H264/90000', 'H265/90000', 'MPEG4-GENERIC/48000/2', 'MP4A-LATM/90000', 'opus/48000/2', 'L16/44100/2'],
		...['sprop-parameter-sets=', 'config=', 'sizelength=', ';', '=', ':', '/', '96', '0', '-1', '99999999999'],
	],
	run(input) {
		const description = parseSdp(textOf(input));
		promise(description.sections.length <= SDP_LIMITS.sections, 'sections are capped');
		for (const { payloadTypes, rtpmap, fmtp } of description.sections) {
			promise(payloadTypes.length <= SDP_LIMITS.formats, 'formats are capped');
			promise(rtpmap.size <= SDP_LIMITS.formats && fmtp.size <= SDP_LIMITS.formats, 'attributes are capped');
		}
		const { tracks, skipped } = tracksFromSdp(description);
		promise(tracks.length + skipped.length === description.sections.length, 'each section is taken or skipped');
		promise(new Set(tracks.map(({ track }) => track.kind)).size === tracks.length, 'one track of each kind');
		for (const { track, payloadType, sectionIndex } of tracks) {
			promise(payloadType >= 0 && payloadType <= 127, 'payload types have seven bits');
			promise(track.id === sectionIndex, 'a track is numbered by its section');
			promise(track.clockRate >= 1 && track.clockRate < 1e9, 'clock rates are positive');
			if (track.kind === 'audio') promise(track.channels >= 1 && track.channels <= 999, 'there are channels');
		}
		for (const { reason } of skipped) promise(reason !== '', 'what is skipped has a reason');
	},
};

/** `sprop-parameter-sets` of H.264. */
export const sprop: FuzzTarget = {
	name: 'sprop',
	shape: 'bytes',
	dictionary: [',', '=', 'Z0LACtoQnkA=', 'aM48gA==', 'AAAAAQ=='],
	run(input) {
		const sets = parseSprop([textOf(input)], H264_SYNTAX);
		if (!sets) return;
		promise(((sets.sps[0] as number) & 0x1f) === 7, 'an SPS is one');
		promise(((sets.pps[0] as number) & 0x1f) === 8, 'a PPS is one');
	},
};
