import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters } from 'werift';
import { systemClock } from '../src/base/clock.ts';
import { readClip } from '../src/demo/clip.ts';
import { ClipPlayer } from '../src/demo/clip-player.ts';
import { packetizeH264 } from '../src/media/h264-packetizer.ts';
import { buildRtp } from '../src/media/rtp-writer.ts';
import { serve } from './child.ts';

/** What the baseline says when it listens. */
export type BaselineReady = { readonly endpoint: string };

/** As the gateway cuts for browsers. */
const MAX_PAYLOAD = 1200;
const PAYLOAD_TYPE = 96;

// The way most Node programs send one camera to many browsers: werift's own peer connections and RTP senders. It
// is spared what a gateway has to do besides: the clip is read from disk, no camera is pulled, nothing is kept for
// late joiners. Usage: werift-baseline.ts CLIP
const clip = readClip(await readFile(process.argv[2] as string));
const track = new MediaStreamTrack({ kind: 'video' });
const codec = new RTCRtpCodecParameters({
	mimeType: 'video/H264',
	clockRate: 90_000,
	payloadType: PAYLOAD_TYPE,
	rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
	parameters: 'packetization-mode=1;profile-level-id=42e01f;level-asymmetry-allowed=1',
});

async function answer(offer: string): Promise<string> {
	const peer = new RTCPeerConnection({
		iceServers: [],
		iceUseIpv6: false,
		iceAdditionalHostAddresses: ['127.0.0.1'],
		codecs: { video: [codec], audio: [] },
	});
	await peer.setRemoteDescription({ type: 'offer', sdp: offer });
	const [transceiver] = peer.getTransceivers();
	if (!transceiver) throw new Error('the offer asks for no video');
	transceiver.setDirection('sendonly');
	await transceiver.sender.replaceTrack(track);
	await peer.setLocalDescription(await peer.createAnswer());
	return peer.localDescription?.sdp ?? '';
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
	serve({ endpoint: `http://127.0.0.1:${port}/` }, async () => undefined);
});

let sequence = 0;
new ClipPlayer(clip, systemClock, {
	onPicture(picture, time) {
		const { sps, pps } = clip.video.parameterSets;
		const nalus = picture.key ? [sps, pps, ...picture.nalus] : picture.nalus;
		packetizeH264(nalus, MAX_PAYLOAD, (payload, marker) => {
			const packet = { payloadType: PAYLOAD_TYPE, marker, sequence, timestamp: time >>> 0, ssrc: 1, payload };
			sequence = (sequence + 1) & 0xffff;
			track.writeRtp(Buffer.from(buildRtp(packet)));
		});
	},
	onSound() {},
});
