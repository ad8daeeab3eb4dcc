import type { Sample } from 'mp4box';
import { readMp4 } from '../../src/check/read/mp4-file.ts';

export type ReadSample = { dts: number; cts: number; duration: number; size: number; sync: boolean; data: Uint8Array };

export type ReadTrackRun = {
	id: number;
	/** Decoding time of the first sample. */
	start: number;
	/** Sum of the durations. */
	duration: number;
	samples: ReadSample[];
};

export type ReadTrack = {
	id: number;
	codec: string;
	timescale: number;
	width: number;
	height: number;
	sampleRate: number;
	channels: number;
};

export type ReadFmp4 = {
	tracks: ReadTrack[];
	brands: string[];
	fragments: { sequence: number; runs: ReadTrackRun[] }[];
};

/** Reads fragmented MP4 by mp4box, an independent reader. */
export function readFmp4(init: Uint8Array, media: readonly Uint8Array[]): ReadFmp4 {
	const { file, movie, samples: found, faults } = readMp4([init, ...media]);
	if (faults[0] !== undefined) throw new Error(faults[0]);
	if (!movie) throw new Error('no movie header');
	const samples = new Map([...found].map(([id, list]) => [id, list.map(readSample)]));
	const tracks = movie.tracks.map((track) => ({
		id: track.id,
		codec: track.codec,
		timescale: track.timescale,
		width: track.video?.width ?? 0,
		height: track.video?.height ?? 0,
		sampleRate: track.audio?.sample_rate ?? 0,
		channels: track.audio?.channel_count ?? 0,
	}));
	const taken = new Map<number, number>();
	const fragments = file.moofs.map((moof) => ({
		sequence: moof.mfhd.sequence_number,
		runs: moof.trafs.map((traf) => {
			const id = traf.tfhd.track_id;
			const count = traf.truns.reduce((sum, trun) => sum + trun.sample_count, 0);
			const from = taken.get(id) ?? 0;
			taken.set(id, from + count);
			const own = (samples.get(id) ?? []).slice(from, from + count);
			if (own.length !== count) throw new Error(`track ${id} has ${own.length} of ${count} samples`);
			const duration = own.reduce((sum, sample) => sum + sample.duration, 0);
			return { id, start: traf.tfdt.baseMediaDecodeTime, duration, samples: own };
		}),
	}));
	return { tracks, brands: movie.brands, fragments };
}

function readSample({ dts, cts, duration, size, is_sync, data }: Sample): ReadSample {
	if (!data) throw new Error('a sample without data');
	return { dts, cts, duration, size, sync: is_sync, data };
}
