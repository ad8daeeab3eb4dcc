import type Hls from 'hls.js';
import type { Events } from 'hls.js';
import type { HeldVideo } from './hold-back.ts';

/** Seconds behind the picture that stay, and that pile up beyond them before they are removed. */
const KEPT_S = 5;
const PILED_S = 5;

/**
 * Removes what was played, instead of hls.js. It would do so at each segment, and when a part is on its way at that moment
 * (hls.js 1.7: `detectEvictedFragments`) it forgets that it has the parts of that segment: at the segment's end it waits
 * for them and loads nothing, until they leave the playlist three target durations later. So nothing is loaded meanwhile.
 */
export function removePlayed(
	hls: Hls,
	events: typeof Events,
	video: Pick<HeldVideo, 'buffered' | 'currentTime'>,
): void {
	hls.on(events.FRAG_BUFFERED, (_, { frag, part }) => {
		const details = hls.latestLevelDetails;
		const isNewest = part && frag.sn === details?.lastPartSn && part.index === details.lastPartIndex;
		const end = isNewest ? endOfPlayed(video) : undefined;
		if (end === undefined) return;
		hls.pauseBuffering();
		hls.once(events.BUFFER_FLUSHED, () => hls.resumeBuffering());
		hls.trigger(events.BUFFER_FLUSHING, { startOffset: 0, endOffset: end, type: null });
	});
}

/** Up to where to remove what was played, in seconds; undefined while it is not worth it. */
function endOfPlayed({ buffered, currentTime }: Pick<HeldVideo, 'buffered' | 'currentTime'>): number | undefined {
	if (buffered.length === 0) return undefined;
	const end = currentTime - KEPT_S;
	return end - buffered.start(0) > PILED_S ? end : undefined;
}
