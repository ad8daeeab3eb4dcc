import nodeDataChannel from 'node-datachannel';
import { BASELINE_SSRC, serveBaseline } from './baseline.ts';

/** Of the viewers' offer. */
const PAYLOAD_TYPE = 102;

// libdatachannel by its package for Node: each packet is handed to every viewer's track. Usage:
// node-datachannel-baseline.ts CLIP
const tracks: nodeDataChannel.Track[] = [];
/** They live as long as they are referred to. */
const peers: nodeDataChannel.PeerConnection[] = [];

async function answer(offer: string): Promise<string> {
	const peer = new nodeDataChannel.PeerConnection('sender', { iceServers: [], disableAutoNegotiation: true });
	peers.push(peer);
	const video = new nodeDataChannel.Video('0', 'SendOnly');
	video.addH264Codec(PAYLOAD_TYPE);
	video.addSSRC(BASELINE_SSRC, 'sender', 'sender', 'video');
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

await serveBaseline(process.argv[2] as string, {
	payloadType: PAYLOAD_TYPE,
	answer,
	send(packet) {
		for (const track of tracks) track.sendMessageBinary(packet);
	},
});
