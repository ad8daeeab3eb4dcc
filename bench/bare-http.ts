import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from './child.ts';

/** What the answers are to weigh, in bytes. */
export type BareMessage = { readonly playlistBytes: number; readonly partBytes: number };
export type BareReady = { readonly playlist: string };

const PART_MS = 200;

// The yardstick: `node:http` with nothing on top answers what low-latency HLS players ask for, at the same pace and
// size, with a playlist that says as much as they read of it.
let waiting: ServerResponse[] = [];
let hinted: ServerResponse[] = [];
let sequence = 0;
let playlist = Buffer.alloc(0);
let part = Buffer.alloc(0);
let size = 0;

function render(): void {
	const head = `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:${sequence}\n`;
	const tail = `#EXTINF:1,\nsegment-${sequence}.m4s\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-${sequence + 1}.m4s"\n`;
	playlist = Buffer.from(`${head}#${'x'.repeat(Math.max(0, size - head.length - tail.length - 2))}\n${tail}`);
}

function answer(response: ServerResponse, type: string, body: Buffer): void {
	response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length });
	response.end(body);
}

setInterval(() => {
	sequence++;
	render();
	const [playlists, parts] = [waiting, hinted];
	[waiting, hinted] = [[], []];
	for (const response of parts) answer(response, 'video/mp4', part);
	for (const response of playlists) answer(response, 'application/vnd.apple.mpegurl', playlist);
}, PART_MS);

const server = createServer((request, response) => {
	const { url = '' } = request;
	if (!url.includes('.m3u8')) hinted.push(response);
	else if (url.includes('_HLS_msn')) waiting.push(response);
	else answer(response, 'application/vnd.apple.mpegurl', playlist);
});
server.listen(0, '127.0.0.1', () => {
	const { port } = server.address() as AddressInfo;
	const ready: BareReady = { playlist: `http://127.0.0.1:${port}/ll.m3u8` };
	serve<BareMessage, object>(ready, async ({ playlistBytes, partBytes }) => {
		size = playlistBytes;
		part = Buffer.alloc(partBytes, 1);
		render();
		return {};
	});
});
