import { createFile, type ISOFile, MP4BoxBuffer, type Sample } from 'mp4box';
import type { AudioTrack, VideoTrack } from '../media/track.ts';

/** One picture of a clip. */
export type ClipPicture = {
	/** Ticks of 90 kHz since the start of the clip. */
	readonly time: number;
	/** An IDR picture. */
	readonly key: boolean;
	/** Without start codes, without parameter sets. */
	readonly nalus: readonly Uint8Array[];
};

/** One Opus packet of a clip. */
export type ClipSound = {
	/** Samples at 48 kHz since the start of the clip. */
	readonly time: number;
	readonly data: Uint8Array;
};

/** A short film that can be played in a loop: every track lasts `duration`. */
export type Clip = {
	/** Seconds. */
	readonly duration: number;
	readonly video: VideoTrack & { readonly parameterSets: { readonly sps: Uint8Array; readonly pps: Uint8Array } };
	readonly pictures: readonly ClipPicture[];
	readonly audio?: AudioTrack;
	readonly sounds: readonly ClipSound[];
};

/** Ticks per second of H.264 in RTP (RFC 6184 section 8.2.1), whatever the file counts in. */
const VIDEO_CLOCK_RATE = 90_000;

/** How far the durations of audio and video may differ, in seconds: less than one Opus packet. */
const LOOP_TOLERANCE = 0.01;

/**
 * Reads an MP4 file with one H.264 track without B-frames, starting with a key picture, and at most one Opus track of
 * the same duration. The result holds views on `file`.
 *
 * @throws Error saying what is wrong with the file
 */
export function readClip(file: Uint8Array): Clip {
	const movie = createFile();
	movie.appendBuffer(MP4BoxBuffer.fromArrayBuffer(file.slice().buffer, 0), true);
	movie.flush();
	const tracks = movie.moov ? movie.getInfo().tracks : [];
	const videoId = tracks.find((track) => track.codec.startsWith('avc1'))?.id;
	const audioId = tracks.find((track) => track.codec === 'Opus')?.id;
	if (videoId === undefined) throw new Error('the clip has no H.264 track');

	const samples = movie.getTrackSamplesInfo(videoId);
	if (!samples[0]?.is_sync) throw new Error('the clip does not start with a key picture');
	if (samples.some((sample) => sample.cts !== sample.dts)) throw new Error('the clip has B-frames');
	const duration = lengthOf(samples);
	const { parameterSets, lengthSize } = readVideoEntry(movie, videoId);
	const pictures = samples.map((sample) => ({
		time: Math.round((sample.dts / sample.timescale) * VIDEO_CLOCK_RATE),
		key: sample.is_sync,
		nalus: splitNalus(bytesOf(file, sample), lengthSize),
	}));
	const video = { kind: 'video', codec: 'h264', id: 0, clockRate: VIDEO_CLOCK_RATE, parameterSets } as const;
	if (audioId === undefined) return { duration, video, pictures, sounds: [] };

	const packets = movie.getTrackSamplesInfo(audioId);
	if (Math.abs(lengthOf(packets) - duration) > LOOP_TOLERANCE) {
		throw new Error(`the clip's audio lasts ${lengthOf(packets)} s and its video ${duration} s`);
	}
	const sounds = packets.map((sample) => ({ time: sample.dts, data: bytesOf(file, sample) }));
	const audio = { kind: 'audio', codec: 'opus', id: 1, clockRate: 48_000, channels: 2 } as const;
	return { duration, video, pictures, audio, sounds };
}

function readVideoEntry(movie: ISOFile, id: number) {
	const entry = movie.getTrackById(id).mdia.minf.stbl.stsd.entries[0] as { avcC?: AvcConfiguration } | undefined;
	const avcC = entry?.avcC;
	const sps = avcC?.SPS[0]?.data;
	const pps = avcC?.PPS[0]?.data;
	if (!avcC || !sps || !pps) throw new Error('the clip has no parameter sets');
	return { parameterSets: { sps, pps }, lengthSize: avcC.lengthSizeMinusOne + 1 };
}

/** The part of mp4box's `avcCBox` that is read. */
type AvcConfiguration = {
	readonly lengthSizeMinusOne: number;
	readonly SPS: readonly { readonly data: Uint8Array }[];
	readonly PPS: readonly { readonly data: Uint8Array }[];
};

/** Seconds. */
function lengthOf(samples: readonly Sample[]): number {
	const last = samples.at(-1);
	return last ? (last.dts + last.duration) / last.timescale : 0;
}

function bytesOf(file: Uint8Array, sample: Sample): Uint8Array {
	if (sample.offset + sample.size > file.length) throw new Error('the clip is cut short');
	return file.subarray(sample.offset, sample.offset + sample.size);
}

/** Splits a sample of length-prefixed NAL units (ISO/IEC 14496-15 5.3.4.2). */
function splitNalus(sample: Uint8Array, lengthSize: number): Uint8Array[] {
	const nalus: Uint8Array[] = [];
	let at = 0;
	while (at + lengthSize <= sample.length) {
		let length = 0;
		for (let byte = 0; byte < lengthSize; byte++) length = length * 256 + (sample[at + byte] as number);
		at += lengthSize;
		if (at + length > sample.length) throw new Error('the clip holds a NAL unit that is cut short');
		if (length > 0) nalus.push(sample.subarray(at, at + length));
		at += length;
	}
	return nalus;
}
