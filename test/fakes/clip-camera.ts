import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { NAL, nalType, splitAnnexB } from '../../src/media/codecs/h264.ts';
import { parseSps } from '../../src/media/codecs/h264-sps.ts';
import type { H264Track } from '../../src/media/track.ts';
import type { FakeStream } from './fake-directory.ts';
import { PCMA } from './sample-tracks.ts';

const FRAME_RATE = 30;
const FRAME_TICKS = 90_000 / FRAME_RATE;
const SOUND_MS = 20;
/** A-law samples of 20 ms. */
const SOUND_SAMPLES = 160;

/** Access units of a moving picture, made by ffmpeg: 1280x720, 30 frames a second, no B-frames. */
export type Clip = {
	readonly track: H264Track;
	/** NAL units of each picture. */
	readonly pictures: readonly (readonly Uint8Array[])[];
};

/** @param options bits per second, frames from key frame to key frame, `baseline`, `main` or `high` */
export async function makeClip(options: {
	seconds: number;
	bitrate: number;
	group: number;
	profile: string;
}): Promise<Clip> {
	const { seconds, bitrate, group, profile } = options;
	const source = `testsrc2=size=1280x720:rate=${FRAME_RATE}:duration=${seconds}`;
	const rate = ['-b:v', `${bitrate}`, '-maxrate', `${bitrate}`, '-bufsize', `${bitrate}`];
	const shape = ['-g', `${group}`, '-keyint_min', `${group}`, '-sc_threshold', '0', '-bf', '0', '-profile:v', profile];
	const codec = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', ...shape, ...rate];
	const arguments_ = ['-v', 'error', '-f', 'lavfi', '-i', source, ...codec];
	const { stdout } = await promisify(execFile)(
		'ffmpeg',
		[...arguments_, '-bsf:v', 'h264_metadata=aud=insert', '-f', 'h264', '-'],
		{ encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 },
	);
	const pictures: Uint8Array[][] = [];
	for (const nalu of splitAnnexB(stdout)) {
		if (nalType(nalu) === NAL.accessUnitDelimiter) pictures.push([]);
		else pictures.at(-1)?.push(nalu);
	}
	const sps = pictures[0]?.find((nalu) => nalType(nalu) === NAL.sps);
	const facts = sps && parseSps(sps);
	if (!facts) throw new Error('ffmpeg made no H.264');
	return { track: { kind: 'video', codec: 'h264', id: 0, clockRate: 90_000, facts }, pictures };
}

/** Plays a clip into a stream again and again at its pace, with A-law sound. */
export class ClipCamera {
	readonly #clip: Clip;
	readonly #stream: FakeStream;
	readonly #timer: NodeJS.Timeout;
	readonly #start = performance.now();
	readonly #wall = Date.now();
	#pictures = 0;
	#sounds = 0;

	constructor(clip: Clip, stream: FakeStream) {
		this.#clip = clip;
		this.#stream = stream;
		this.#timer = setInterval(() => this.#play(), 5);
	}

	stop(): void {
		clearInterval(this.#timer);
	}

	#play(): void {
		const elapsed = performance.now() - this.#start;
		while ((this.#pictures * 1000) / FRAME_RATE <= elapsed) this.#showPicture();
		while (this.#sounds * SOUND_MS <= elapsed) this.#playSound();
	}

	#showPicture(): void {
		const number = this.#pictures++;
		const nalus = this.#clip.pictures[number % this.#clip.pictures.length] ?? [];
		const media = (number * 1000) / FRAME_RATE;
		this.#stream.deliver({
			kind: 'video',
			track: this.#clip.track,
			pts: number * FRAME_TICKS,
			dts: number * FRAME_TICKS,
			key: nalus.some((nalu) => nalType(nalu) === NAL.idr),
			nalus,
			size: nalus.reduce((sum, nalu) => sum + nalu.length, 0),
			arrival: performance.now(),
			wall: this.#wall + media,
			epoch: 0,
		});
	}

	#playSound(): void {
		const number = this.#sounds++;
		this.#stream.deliver({
			kind: 'audio',
			track: PCMA,
			pts: number * SOUND_SAMPLES,
			duration: SOUND_SAMPLES,
			data: new Uint8Array(SOUND_SAMPLES).map((_, at) => ((at >> 3) & 1 ? 0xaa : 0x2a)),
			arrival: performance.now(),
			wall: this.#wall + number * SOUND_MS,
			epoch: 0,
		});
	}
}
