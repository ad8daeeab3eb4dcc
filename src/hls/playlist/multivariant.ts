import { DualcastError } from '../../base/errors.ts';
import { type CarriedTracks, codecsOf } from '../carried-tracks.ts';
import { PlaylistBody } from './playlist.ts';
import type { PlaylistWindow } from './playlist-window.ts';

const VERSION = 6;

/**
 * The multivariant playlist of one rendition (RFC 8216 section 4.3.4): what it is, as measured on its segments and
 * read from its parameter sets.
 *
 * @param uri of its media playlist
 * @throws DualcastError `hls_late` while the stream has not said what its pictures are
 */
export function multivariantPlaylist(uri: string, window: PlaylistWindow, carried: CarriedTracks): PlaylistBody {
	const { video } = carried;
	if (video && !video.facts) {
		throw new DualcastError('hls_late', 'the camera has not said yet what its pictures are; ask again');
	}
	const attributes = [
		`BANDWIDTH=${Math.ceil(window.peakBitrate)}`,
		`AVERAGE-BANDWIDTH=${Math.ceil(window.bitrate)}`,
		`CODECS="${codecsOf(carried).join(',')}"`,
	];
	if (video?.facts) {
		attributes.push(`RESOLUTION=${video.facts.width}x${video.facts.height}`);
		attributes.push(`FRAME-RATE=${window.frameRate.toFixed(3)}`);
		if (video.facts.range) attributes.push(`VIDEO-RANGE=${video.facts.range}`);
		// Some players look for captions in the pictures when nothing is said.
		attributes.push('CLOSED-CAPTIONS=NONE');
	}
	const head = `#EXTM3U\n#EXT-X-VERSION:${VERSION}\n`;
	return new PlaylistBody(`${head}#EXT-X-STREAM-INF:${attributes.join(',')}\n${uri}\n`);
}
