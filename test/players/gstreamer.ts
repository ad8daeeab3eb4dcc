import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Shown } from './shown.ts';

/** Plays `seconds` of a stream with GStreamer's playbin3. */
export async function playInGstreamer(
	url: string,
	seconds: number,
): Promise<{ video: Shown; audio: Shown; complaints: string[] }> {
	const script = fileURLToPath(new URL('gst-player.py', import.meta.url));
	const { stdout } = await promisify(execFile)('/usr/bin/python3', [script, url, String(seconds)], { timeout: 90_000 });
	return JSON.parse(stdout) as { video: Shown; audio: Shown; complaints: string[] };
}
