import type { ISOFile, Sample } from 'mp4box';
import { parseSps } from '../../media/codecs/h264-sps.ts';
import { HEVC_NAL } from '../../media/codecs/h265.ts';
import { parseHevcSps } from '../../media/codecs/h265-sps.ts';
import type { VideoRange } from '../../media/video-range.ts';
import type { MediaReading, ReadSample, ReadTrack } from './media-reading.ts';
import { readMp4 } from './mp4-file.ts';

/**
 * Reads a segment or part of fragmented MP4 by mp4box.
 *
 * @param init what EXT-X-MAP names
 * @param media undefined to read the init segment alone
 */
export function readFmp4Segment(init: Uint8Array, media: Uint8Array | undefined): MediaReading {
	const { file, movie, samples: found, faults: reported } = readMp4(media ? [init, media] : [init]);
	const faults = [...reported];
	const samples = new Map([...found].map(([id, list]) => [id, list.map((sample) => readSample(sample, faults))]));
	const range = rangeOf(file);
	const tracks = (movie?.tracks ?? []).map(
		({ id, codec, video, audio }): ReadTrack => ({
			...{ id, codec, kind: video ? 'video' : audio ? 'audio' : 'other' },
			...{ width: video?.width ?? 0, height: video?.height ?? 0, range: video && range },
			...{ start: 0, end: undefined, samples: [] },
		}),
	);
	if (tracks.length === 0) faults.push('no movie header with tracks');
	if (!media) return { container: 'fmp4', tracks, faults: [...faults, ...headerFaults(file)] };
	checkFragments(file, samples, faults);
	const filled = tracks.map((track) => withSamples(track, samples.get(track.id) ?? []));
	return { container: 'fmp4', tracks: filled, faults };
}

function rangeOf(file: ISOFile): VideoRange | undefined {
	const h264 = file.getBox('avcC')?.SPS[0];
	if (h264) return parseSps(h264.data)?.range;
	const h265 = file.getBox('hvcC')?.nalu_arrays.find(({ nalu_type }) => nalu_type === HEVC_NAL.sps)?.[0];
	return h265 && parseHevcSps(h265.data)?.range;
}

function readSample(
	{ dts, cts, duration, timescale, is_sync, data, size, track_id }: Sample,
	faults: string[],
): ReadSample {
	if (data?.length !== size) faults.push(`a sample of track ${track_id} has ${data?.length ?? 0} of ${size} bytes`);
	return { pts: cts / timescale, dts: dts / timescale, duration: duration / timescale, key: is_sync };
}

function checkFragments(file: ISOFile, samples: ReadonlyMap<number, readonly ReadSample[]>, faults: string[]): void {
	if (file.moofs.length === 0) faults.push('no movie fragment');
	const announced = new Map<number, number>();
	for (const { trafs } of file.moofs) {
		for (const { tfhd, tfdt, truns } of trafs) {
			if (!tfdt) faults.push(`a fragment of track ${tfhd.track_id} has no decode time`);
			const count = truns.reduce((sum, run) => sum + run.sample_count, 0);
			announced.set(tfhd.track_id, (announced.get(tfhd.track_id) ?? 0) + count);
		}
	}
	for (const [id, count] of announced) {
		const found = samples.get(id)?.length ?? 0;
		if (found !== count) faults.push(`track ${id} has ${found} of ${count} samples`);
	}
	for (const [id, list] of samples) {
		for (const [index, { dts }] of list.entries()) {
			const before = list[index - 1];
			if (before && Math.abs(before.dts + before.duration - dts) > 1e-3) {
				faults.push(`track ${id} leaps from ${(before.dts + before.duration).toFixed(4)} to ${dts.toFixed(4)} s`);
			}
		}
	}
}

/** What a player cannot do without: the parameter sets of H.264 and H.265 in the sample entry. */
function headerFaults(file: ISOFile): string[] {
	const faults: string[] = [];
	for (const { mdia } of file.moov?.traks ?? []) {
		for (const entry of mdia.minf.stbl.stsd.entries) {
			if (entry.type === 'avc1' && !file.getBox('avcC')) faults.push('avc1 without avcC');
			if (entry.type === 'hvc1' && !file.getBox('hvcC')) faults.push('hvc1 without hvcC');
		}
	}
	return faults;
}

function withSamples(track: ReadTrack, samples: readonly ReadSample[]): ReadTrack {
	const last = samples.at(-1);
	return { ...track, samples, start: samples[0]?.dts ?? 0, end: last && last.dts + last.duration };
}
