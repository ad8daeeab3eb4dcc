import nodeDataChannel from 'node-datachannel';

const JOIN_DEADLINE_MS = 20_000;

/** A WebRTC viewer without a picture: it joins by WHEP and counts what arrives. */
export class WhepReceiver {
	readonly #peer: nodeDataChannel.PeerConnection;
	readonly #session: string;
	/** The gateway's SDP. */
	readonly answer: string;
	packets = 0;

	/**
	 * @param endpoint the WHEP address
	 * @param answered the endpoint has taken the offer
	 * @returns after the first media packet
	 * @throws Error with the answer when the endpoint refuses, or when no media comes in time
	 */
	static async join(endpoint: string, answered: () => void = () => {}): Promise<WhepReceiver> {
		const peer = new nodeDataChannel.PeerConnection('viewer', { iceServers: [] });
		const video = new nodeDataChannel.Video('0', 'RecvOnly');
		video.addH264Codec(102);
		const track = peer.addTrack(video);
		track.setMediaHandler(new nodeDataChannel.RtcpReceivingSession());
		const gathered = new Promise<void>((resolve) => {
			peer.onGatheringStateChange((state) => state === 'complete' && resolve());
		});
		peer.setLocalDescription();
		await gathered;
		const response = await fetch(endpoint, {
			method: 'POST',
			headers: { 'content-type': 'application/sdp' },
			body: peer.localDescription()?.sdp ?? '',
		});
		const answer = await response.text();
		if (response.status !== 201) {
			peer.close();
			throw new Error(`${response.status}: ${answer}`);
		}
		const session = new URL(response.headers.get('location') ?? '', response.url).href;
		const receiver = new WhepReceiver(peer, session, answer);
		answered();
		await new Promise<void>((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error('no media came in time')), JOIN_DEADLINE_MS);
			track.onMessage(() => {
				receiver.packets++;
				if (receiver.packets === 1) {
					clearTimeout(timer);
					resolve();
				}
			});
			peer.setRemoteDescription(answer, 'answer');
		});
		return receiver;
	}

	private constructor(peer: nodeDataChannel.PeerConnection, session: string, answer: string) {
		this.#peer = peer;
		this.#session = session;
		this.answer = answer;
	}

	/** Says goodbye by DELETE and ends. */
	async leave(): Promise<void> {
		await fetch(this.#session, { method: 'DELETE' });
		this.#peer.close();
	}

	/** Ends without a goodbye to the WHEP endpoint. */
	vanish(): void {
		this.#peer.close();
	}
}
