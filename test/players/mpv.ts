import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Shown, shownAt } from './shown.ts';

/** Pictures that mpv drops because the machine is late say nothing about the stream: it is to show all of them. */
const NONE_DROPPED = '--framedrop=no';

/** Plays `seconds` of a stream with mpv; returns its error messages, and the pictures it decoded and showed. */
export async function playInMpv(url: string, seconds: number): Promise<{ errors: string[]; video: Shown }> {
	const folder = await mkdtemp(join(tmpdir(), 'mpv-'));
	try {
		const file = join(folder, 'log');
		// Every picture goes through the filter, which tells of it in the log.
		const log = `--vf=lavfi=[showinfo] --really-quiet --log-file=${file}`;
		const args = `--no-config --vo=null --ao=null ${NONE_DROPPED} --length=${seconds} ${log} ${url}`;
		await promisify(execFile)('mpv', args.split(' '), { timeout: 90_000 });
		const text = await readFile(file, 'utf8');
		const times = [...text.matchAll(/ n: *\d+ pts: *-?\d+ pts_time:(\S+)/g)].map(([, time]) => Number(time));
		return { errors: text.match(/^\[ *[\d.]+\]\[[ef]\].*$/gm) ?? [], video: shownAt(times) };
	} finally {
		await rm(folder, { recursive: true });
	}
}
