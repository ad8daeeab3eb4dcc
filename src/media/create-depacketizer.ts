import { AacDepacketizer } from './aac-depacketizer.ts';
import type { Depacketizer, DepacketizerSink } from './depacketizer.ts';
import { G711Depacketizer } from './g711-depacketizer.ts';
import { H264Depacketizer } from './h264-depacketizer.ts';
import { OpusDepacketizer } from './opus-depacketizer.ts';
import type { Track } from './track.ts';

/** The depacketizer that fits the track. */
export function createDepacketizer(track: Track, sink: DepacketizerSink): Depacketizer {
	switch (track.codec) {
		case 'h264':
			return new H264Depacketizer(track, sink);
		case 'opus':
			return new OpusDepacketizer(sink);
		case 'pcma':
		case 'pcmu':
			return new G711Depacketizer(track, sink);
		case 'aac':
			return new AacDepacketizer(track, sink);
	}
}
