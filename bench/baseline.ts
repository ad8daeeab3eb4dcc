import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemClock } from '../src/base/clock.ts';
import { readClip } from '../src/demo/clip.ts';
import { ClipPlayer } from '../src/demo/clip-player.ts';
import { packetizeH264 } from '../src/media/packetizers/h264-packetizer.ts';
import { buildRtp } from '../src/media/rtp/rtp-writer.ts';
import { serve } from './child.ts';

/** What a baseline says when it listens. */
export type BaselineReady = { readonly endpoint: string };

export type Baseline = {
	readonly payloadType: number;
	/** Answers a viewer's offer; both are SDP. */
	answer(offer: string): Promise<string>;
	/** Sends an RTP packet to every viewer. */
	send(packet: Buffer): void;
};

/** As the gateway cuts for browsers. */
const MAX_PAYLOAD = 1200;
export const BASELINE_SSRC = 1;

/**
 * Serves a clip by a library's own WebRTC, in a process of its own. It is spared what a gateway has to do besides: the
 * clip is read from disk, no camera is pulled, nothing is kept for late joiners.
 */
export async function serveBaseline(file: string, { payloadType, answer, send }: Baseline): Promise<void> {
	const clip = readClip(await readFile(file));
	const server = createServer(async (request, response) => {
		try {
			const sdp = await answer(await text(request));
			response.writeHead(201, { 'content-type': 'application/sdp' }).end(sdp);
		} catch (failure) {
			response.writeHead(500).end(String(failure));
		}
	});
	server.listen(0, '127.0.0.1', () => {
		const { port } = server.address() as AddressInfo;
		const ready: BaselineReady = { endpoint: `http://127.0.0.1:${port}/` };
		serve(ready, async () => undefined);
	});
	let sequence = 0;
	new ClipPlayer(clip, systemClock, {
		onPicture(picture, time) {
			const { sps, pps } = clip.video.parameterSets;
			const nalus = picture.key ? [sps, pps, ...picture.nalus] : picture.nalus;
			packetizeH264(nalus, MAX_PAYLOAD, (payload, marker) => {
				const numbers = { payloadType, marker, sequence, timestamp: time >>> 0, ssrc: BASELINE_SSRC };
				sequence = (sequence + 1) & 0xffff;
				send(Buffer.from(buildRtp({ ...numbers, payload })));
			});
		},
		onSound() {},
	});
}
