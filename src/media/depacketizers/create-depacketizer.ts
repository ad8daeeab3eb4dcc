import type { Track } from '../track.ts';
import { AacDepacketizer } from './aac-depacketizer.ts';
import type { Depacketizer, DepacketizerSink } from './depacketizer.ts';
import { H264Depacketizer } from './h264-depacketizer.ts';
import { H265Depacketizer } from './h265-depacketizer.ts';
import { LatmDepacketizer } from './latm-depacketizer.ts';
import { OpusDepacketizer } from './opus-depacketizer.ts';
import { SampleDepacketizer } from './sample-depacketizer.ts';

/** The depacketizer that fits the track. */
export function createDepacketizer(track: Track, sink: DepacketizerSink): Depacketizer {
	switch (track.codec) {
		case 'h264':
			return new H264Depacketizer(track, sink);
		case 'h265':
			return new H265Depacketizer(track, sink);
		case 'opus':
			return new OpusDepacketizer(sink);
		case 'pcma':
		case 'pcmu':
			return new SampleDepacketizer(track.channels, sink);
		// 8000 bytes a second, whatever clock the camera counts them by.
		case 'g722':
			return new SampleDepacketizer((8000 * track.channels) / track.clockRate, sink);
		case 'l16':
			return new SampleDepacketizer(2 * track.channels, sink);
		case 'aac':
			return track.latm ? new LatmDepacketizer(track, sink) : new AacDepacketizer(track, sink);
	}
}
