import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Frames per second of the bench's camera. */
export const FRAME_RATE = 30;
/** Frames until the picture starts over. */
export const CLIP_FRAMES = 300;
/** The frame number stands in the picture: square cells from the top left corner, highest bit first, white is 1. */
export const NUMBER_CELLS = 10;
export const NUMBER_CELL_PIXELS = 32;

const FOLDER = fileURLToPath(new URL('../build/bench', import.meta.url));

/**
 * The camera all measurements use: 1280x720, 30 fps, H.264 High without B-frames.
 * Made with ffmpeg once, then kept in `build/bench`.
 *
 * @param keySeconds from one key frame to the next
 * @param rate bits per second, as ffmpeg writes them
 * @returns its path
 */
export async function cameraClip(keySeconds = 2, rate = '2M'): Promise<string> {
	const name = `camera${keySeconds === 2 ? '' : `-${keySeconds}s`}${rate === '2M' ? '' : `-${rate}`}`;
	const clip = `${FOLDER}/${name}.mp4`;
	if (existsSync(clip)) return clip;
	await mkdir(FOLDER, { recursive: true });
	const cells = Array.from({ length: NUMBER_CELLS }, (_, index) => {
		const weight = 2 ** (NUMBER_CELLS - 1 - index);
		const box = `drawbox=x=${index * NUMBER_CELL_PIXELS}:y=0:w=${NUMBER_CELL_PIXELS}:h=${NUMBER_CELL_PIXELS}:t=fill`;
		return `${box}:c=black,${box}:c=white:enable='gte(mod(n,${weight * 2}),${weight})'`;
	});
	const filter = `noise=alls=14:allf=t,${cells.join(',')},format=yuv420p`;
	const seconds = CLIP_FRAMES / FRAME_RATE;
	const source = ['-f', 'lavfi', '-i', `testsrc2=s=1280x720:r=${FRAME_RATE}:d=${seconds}`, '-vf', filter];
	const group = keySeconds * FRAME_RATE;
	const keys = `keyint=${group}:min-keyint=${group}:scenecut=0:bframes=0`;
	const bits = ['-b:v', rate, '-maxrate', rate, '-bufsize', rate, '-x264-params', keys];
	const part = `${clip}.part.mp4`;
	const encode = ['-c:v', 'libx264', '-preset', 'medium', '-profile:v', 'high', ...bits];
	await promisify(execFile)('ffmpeg', ['-v', 'error', '-y', ...source, ...encode, part]);
	await rename(part, clip);
	return clip;
}
