import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Decodes `seconds` of a stream with ffmpeg at its strictest; returns all it complained of. */
export async function playInFfmpeg(url: string, seconds: number): Promise<string> {
	const args = `-v warning -xerror -err_detect explode -i ${url} -t ${seconds} -f null -`;
	const { stderr } = await promisify(execFile)('ffmpeg', args.split(' '), { timeout: 90_000 });
	// It reads the init segment again for every segment, and says that it does not need it.
	return stderr.replace(/.*Found duplicated MOOV Atom. Skipped it\n|\s*Last message repeated \d+ times\n/g, '');
}
