import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Shown, shownAt } from './shown.ts';

/** What ffmpeg or ffprobe decoded, and all it complained of. */
export type Decoded = { readonly complaints: string; readonly video: Shown; readonly audio: Shown };

const OPTIONS = { timeout: 90_000, maxBuffer: 16 * 1024 * 1024 };

/** Decodes `seconds` of a stream with ffmpeg at its strictest: every picture as it comes, none added and none left out. */
export async function playInFfmpeg(url: string, seconds: number): Promise<Decoded> {
	const strict = `-v warning -xerror -err_detect explode -i ${url} -t ${seconds}`;
	const args = `-nostdin ${strict} -fps_mode passthrough -enc_time_base:v 1:90000 -f framecrc -`;
	const { stdout, stderr } = await promisify(execFile)('ffmpeg', args.split(' '), OPTIONS);
	const timesOf = (kind: string): number[] => {
		const stream = new RegExp(`^#media_type (\\d+): ${kind}$`, 'm').exec(stdout)?.[1];
		const [, numerator, denominator] = new RegExp(`^#tb ${stream}: (\\d+)/(\\d+)$`, 'm').exec(stdout) ?? [];
		const lines = stdout.matchAll(new RegExp(`^${stream}, +-?\\d+, +(-?\\d+),`, 'gm'));
		return [...lines].map(([, pts]) => (Number(pts) * Number(numerator)) / Number(denominator));
	};
	return { complaints: complaintsIn(stderr), video: shownAt(timesOf('video')), audio: shownAt(timesOf('audio')) };
}

/** Reads and decodes `seconds` of a stream with ffprobe. */
export async function playInFfprobe(url: string, seconds: number): Promise<Decoded> {
	const fields = '-show_entries frame=media_type,pts_time -of csv=print_section=0';
	const args = `-v warning -err_detect explode -read_intervals %+${seconds} ${fields} ${url}`;
	const { stdout, stderr } = await promisify(execFile)('ffprobe', args.split(' '), OPTIONS);
	const timesOf = (kind: string): number[] =>
		[...stdout.matchAll(new RegExp(`^${kind},(.*)$`, 'gm'))].map(([, time]) => Number.parseFloat(time ?? ''));
	return { complaints: complaintsIn(stderr), video: shownAt(timesOf('video')), audio: shownAt(timesOf('audio')) };
}

/** They read the init segment again for every segment, and say that they do not need it. */
function complaintsIn(stderr: string): string {
	return stderr.replace(/.*Found duplicated MOOV Atom. Skipped it\n|\s*Last message repeated \d+ times\n/g, '');
}
