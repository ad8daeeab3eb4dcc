import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import nodeDataChannel from 'node-datachannel';
import { systemClock } from '../src/base/clock.ts';
import { readClip } from '../src/demo/clip.ts';
import { ClipPlayer } from '../src/demo/clip-player.ts';
import { packetizeH264 } from '../src/media/h264-packetizer.ts';
import { buildRtp } from '../src/media/rtp-writer.ts';
import { serve } from './child.ts';
import type { BaselineReady } from './werift-baseline.ts';

/** As the gateway cuts for browsers. */
const MAX_PAYLOAD = 1200;
/** Of the viewers' offer. */
const PAYLOAD_TYPE = 102;
const SSRC = 1;

// libdatachannel by its package for Node, as the werift baseline: the clip is read from disk, packets are made once,
// and each is handed to every viewer's track. Usage: node-datachannel-baseline.ts CLIP
const clip = readClip(await readFile(process.argv[2] as string));
const tracks: nodeDataChannel.Track[] = [];
const peers: nodeDataChannel.PeerConnection[] = [];

async function answer(offer: string): Promise<string> {
	const peer = new nodeDataChannel.PeerConnection('sender', { iceServers: [], disableAutoNegotiation: true });
	peers.push(peer);
	const video = new nodeDataChannel.Video('0', 'SendOnly');
	video.addH264Codec(PAYLOAD_TYPE);
	video.addSSRC(SSRC, 'sender', 'sender', 'video');
	const track = peer.addTrack(video);
	track.onOpen(() => tracks.push(track));
	const gathered = new Promise<void>((resolve) => {
		peer.onGatheringStateChange((state) => state === 'complete' && resolve());
	});
	peer.setRemoteDescription(offer, 'offer');
	peer.setLocalDescription('answer');
	await gathered;
	return peer.localDescription()?.sdp ?? '';
}

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
			const numbers = { payloadType: PAYLOAD_TYPE, marker, sequence, timestamp: time >>> 0, ssrc: SSRC };
			sequence = (sequence + 1) & 0xffff;
			const packet = Buffer.from(buildRtp({ ...numbers, payload }));
			for (const track of tracks) track.sendMessageBinary(packet);
		});
	},
	onSound() {},
});
