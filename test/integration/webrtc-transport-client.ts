import nodeDataChannel from 'node-datachannel';
import type { Fingerprint } from '../../src/webrtc/transport/dtls/client-certificate.ts';
import type {
	LocalParameters,
	PeerOptions,
	SecureTransport,
	TransportPeer,
} from '../../src/webrtc/transport/secure-transport.ts';

export const VIDEO_PAYLOAD_TYPE = 96;

/** A viewer made of libdatachannel, libsrtp and OpenSSL that receives one H.264 track. */
export type TestViewer = {
	readonly peer: TransportPeer;
	readonly local: LocalParameters;
	readonly connection: nodeDataChannel.PeerConnection;
	/** RTP packets as they came, decrypted. */
	readonly received: Buffer[];
	/** Decrypted RTCP that the transport got from the viewer. */
	readonly rtcp: Buffer[];
	readonly track: nodeDataChannel.Track;
	/** `secured`, or the reason why the transport gave the viewer up before. */
	readonly outcome: Promise<string>;
	/** The reason with which the transport gave the viewer up. */
	readonly closed: Promise<string>;
};

export type ViewerChanges = {
	fingerprint?: (offered: Fingerprint) => Fingerprint;
	answer?: (sdp: string) => string;
	candidates?: (candidates: readonly string[]) => readonly string[];
	config?: Partial<nodeDataChannel.RtcConfig>;
};

/** Connects a viewer to the transport. */
export async function openViewer(transport: SecureTransport, changes: ViewerChanges = {}): Promise<TestViewer> {
	const connection = new nodeDataChannel.PeerConnection('viewer', { iceServers: [], ...changes.config });
	const video = new nodeDataChannel.Video('video', 'RecvOnly');
	video.addH264Codec(VIDEO_PAYLOAD_TYPE);
	const received: Buffer[] = [];
	const rtcp: Buffer[] = [];
	const gathered = new Promise<void>((resolve) => {
		connection.onGatheringStateChange((state) => {
			if (state === 'complete') resolve();
		});
	});
	const track = connection.addTrack(video);
	track.onMessage((packet) => received.push(Buffer.from(packet)));
	connection.setLocalDescription('offer');
	await gathered;
	const offer = connection.localDescription()?.sdp ?? '';
	const field = (name: string): string => new RegExp(`a=${name}:(.*)\r\n`).exec(offer)?.[1] ?? '';
	const [algorithm = '', value = ''] = field('fingerprint').split(' ');
	const fingerprint = changes.fingerprint?.({ algorithm, value }) ?? { algorithm, value };

	let opened: ReturnType<SecureTransport['open']> | undefined;
	let closing: (reason: string) => void = () => {};
	const closed = new Promise<string>((resolve) => {
		closing = resolve;
	});
	const secured = new Promise<string>((resolve) => {
		const options: PeerOptions = {
			remoteUfrag: field('ice-ufrag'),
			remotePassword: field('ice-pwd'),
			remoteFingerprint: fingerprint,
			onSecured: () => resolve('secured'),
			onRtcp: (packet) => rtcp.push(Buffer.from(packet)),
			onClosed: closing,
		};
		opened = transport.open(options);
	});
	const { peer, local } = opened as unknown as ReturnType<SecureTransport['open']>;
	const sdp = answerFor({ ...local, candidates: changes.candidates?.(local.candidates) ?? local.candidates });
	connection.setRemoteDescription(changes.answer?.(sdp) ?? sdp, 'answer');
	return { peer, local, connection, received, rtcp, track, closed, outcome: Promise.race([secured, closed]) };
}

/** The smallest answer that sends one H.264 track. */
function answerFor({ ufrag, password, fingerprint, candidates }: LocalParameters): string {
	return [
		'v=0',
		'o=- 1 1 IN IP4 127.0.0.1',
		's=-',
		't=0 0',
		'a=ice-lite',
		'a=group:BUNDLE video',
		`m=video 9 UDP/TLS/RTP/SAVPF ${VIDEO_PAYLOAD_TYPE}`,
		'c=IN IP4 0.0.0.0',
		'a=mid:video',
		'a=sendonly',
		'a=rtcp-mux',
		`a=rtpmap:${VIDEO_PAYLOAD_TYPE} H264/90000`,
		`a=ice-ufrag:${ufrag}`,
		`a=ice-pwd:${password}`,
		`a=fingerprint:${fingerprint}`,
		'a=setup:passive',
		...candidates.map((candidate) => `a=candidate:${candidate}`),
		'a=end-of-candidates',
		'',
	].join('\r\n');
}
