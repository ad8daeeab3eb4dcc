/** What a page measured while it watched. */
export type Watched = {
	/** Milliseconds from the request to the first picture on screen. */
	firstFrame: number;
	decoded: number;
	nacks: number;
	plis: number;
	keyFrames: number;
	width: number;
	soundPackets: number;
};

/** Runs in the page: plays for some seconds by the `whep` function and tells how it was. */
export async function watch({ milliseconds }: { milliseconds: number }): Promise<Watched> {
	const page = globalThis as unknown as {
		RTCPeerConnection: new (options: object) => BrowserConnection;
		MediaStream: new () => { addTrack(track: unknown): void };
		document: {
			createElement(name: string): BrowserVideo;
			body: { append(element: unknown): void; replaceChildren(): void };
		};
		whep(offer: string): Promise<{ sessionId: string; answer: string }>;
		ended(id: string): Promise<void>;
	};
	type BrowserVideo = {
		muted: boolean;
		srcObject: unknown;
		videoWidth: number;
		play(): Promise<void>;
		requestVideoFrameCallback(run: () => void): void;
	};
	type BrowserConnection = {
		addTransceiver(kind: string, options: object): void;
		createOffer(): Promise<{ type: string; sdp: string }>;
		setLocalDescription(description: object): Promise<void>;
		setRemoteDescription(description: object): Promise<void>;
		ontrack: (event: { track: unknown; streams: readonly unknown[] }) => void;
		getStats(): Promise<Map<string, Record<string, number | string>>>;
		close(): void;
	};
	const start = performance.now();
	const connection = new page.RTCPeerConnection({ bundlePolicy: 'max-bundle' });
	connection.addTransceiver('video', { direction: 'recvonly' });
	connection.addTransceiver('audio', { direction: 'recvonly' });
	const video = page.document.createElement('video');
	video.muted = true;
	page.document.body.append(video);
	connection.ontrack = ({ streams }) => {
		if (video.srcObject !== streams[0]) video.srcObject = streams[0];
		video.play().catch(() => {});
	};
	const firstFrame = new Promise<number>((resolve) => {
		video.requestVideoFrameCallback(() => resolve(performance.now() - start));
	});
	const offer = await connection.createOffer();
	await connection.setLocalDescription(offer);
	const { sessionId, answer } = await page.whep(offer.sdp);
	await connection.setRemoteDescription({ type: 'answer', sdp: answer });
	const first = await firstFrame;
	await new Promise((resolve) => setTimeout(resolve, milliseconds));
	const stats = [...(await connection.getStats()).values()].filter(({ type }) => type === 'inbound-rtp');
	const picture = stats.find(({ kind }) => kind === 'video') ?? {};
	const sound = stats.find(({ kind }) => kind === 'audio') ?? {};
	connection.close();
	await page.ended(sessionId);
	page.document.body.replaceChildren();
	return {
		firstFrame: Math.round(first),
		decoded: Number(picture.framesDecoded),
		nacks: Number(picture.nackCount),
		plis: Number(picture.pliCount),
		keyFrames: Number(picture.keyFramesDecoded),
		width: video.videoWidth,
		soundPackets: Number(sound.packetsReceived),
	};
}
