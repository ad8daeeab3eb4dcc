import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What a WHEP player outside a browser saw. */
export type Played = {
	/** Pictures and pieces of sound decoded. */
	readonly video: number;
	readonly audio: number;
	/** Of POST and DELETE. */
	readonly statuses: readonly number[];
	readonly problems: readonly string[];
	/** SDP, or the refusal. */
	readonly answer?: string;
};

type Wanted = { readonly video: number; readonly audio: number };

const DEADLINE_S = 60;

/** Plays until as much as `wanted` was decoded, or a minute is over. */
export function playInWebrtcbin(endpoint: string, codec: 'h264' | 'h265', wanted: Wanted): Promise<Played> {
	return run('webrtcbin.py', [endpoint, codec, `${wanted.video}`, `${wanted.audio}`, `${DEADLINE_S}`]);
}

/** Plays until as much as `wanted` was decoded, or a minute is over. */
export function playInAiortc(endpoint: string, wanted: Wanted): Promise<Played> {
	return run('aiortc.py', [endpoint, `${wanted.video}`, `${wanted.audio}`, `${DEADLINE_S}`]);
}

async function run(script: string, words: readonly string[]): Promise<Played> {
	const file = fileURLToPath(new URL(script, import.meta.url));
	// Debian's own: its packages are not to be seen from another Python.
	const { stdout } = await promisify(execFile)('/usr/bin/python3', [file, ...words], {
		timeout: (DEADLINE_S + 30) * 1000,
	});
	return JSON.parse(stdout) as Played;
}
