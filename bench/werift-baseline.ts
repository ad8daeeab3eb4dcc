import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters } from 'werift';
import { serveBaseline } from './baseline.ts';

const PAYLOAD_TYPE = 96;

// The way most Node programs send one camera to many browsers: werift's own peer connections and RTP senders. Usage:
// werift-baseline.ts CLIP
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

await serveBaseline(process.argv[2] as string, {
	payloadType: PAYLOAD_TYPE,
	answer,
	send: (packet) => track.writeRtp(packet),
});
