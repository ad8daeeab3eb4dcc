import { setTimeout as delay } from 'node:timers/promises';
import { serve } from './child.ts';

export type PlayersAnswer = { readonly segmentsRead: number; readonly failures: number };

/** As a player does for segments of one to two seconds. */
const RELOAD_MS = 1000;

// HLS players that read everything and show nothing, in a process of their own. Usage: hls-players.ts PLAYLIST…
let segmentsRead = 0;
let failures = 0;

async function play(address: string): Promise<void> {
	let playlist = address;
	const read = new Set<string>();
	for (;;) {
		const lines = (await get(playlist)).toString().split('\n');
		const uris = lines.filter((line) => line !== '' && !line.startsWith('#'));
		for (const uri of uris) {
			const url = new URL(uri, playlist).href;
			if (uri.includes('.m3u8')) {
				playlist = url;
			} else if (!read.has(url)) {
				read.add(url);
				if ((await get(url)).length > 0) segmentsRead += 1;
			}
		}
		await delay(RELOAD_MS);
	}
}

async function get(url: string): Promise<Buffer> {
	const response = await fetch(url);
	const body = Buffer.from(await response.arrayBuffer());
	if (response.status === 200) return body;
	failures += 1;
	return Buffer.alloc(0);
}

serve<'count', PlayersAnswer>({}, async () => ({ segmentsRead, failures }));
await Promise.all(process.argv.slice(2).map(play));
