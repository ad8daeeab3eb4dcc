import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Plays `seconds` of a stream with mpv; returns its error messages. */
export async function playInMpv(url: string, seconds: number): Promise<string> {
	const args = `--no-config --vo=null --ao=null --length=${seconds} --msg-level=all=error ${url}`;
	const { stdout, stderr } = await promisify(execFile)('mpv', args.split(' '), { timeout: 90_000 });
	return stdout + stderr;
}
