/**
 * Runs in the browser: joins a stream by WHEP and watches the first pictures.
 *
 * @param {{ endpoint: string, pictures: number, cells: number, cellPixels: number, deadline: number }} options
 * @returns milliseconds from the call to the first picture, for each picture its RTP timestamp and when it was shown
 * (milliseconds since the Unix epoch), and the number that the last one carries
 */
globalThis.joinStream = async ({ endpoint, pictures, cells, cellPixels, deadline }) => {
	const clicked = performance.now();
	const peer = new RTCPeerConnection();
	const video = document.createElement('video');
	video.muted = true;
	video.autoplay = true;
	document.body.append(video);
	peer.ontrack = ({ track }) => {
		video.srcObject = new MediaStream([track]);
	};
	peer.addTransceiver('video', { direction: 'recvonly' });

	const readNumber = pictureNumbers({ cells, cellPixels });
	let firstAfter;
	let lastNumber;
	const shown = [];
	const watched = new Promise((resolve, reject) => {
		setTimeout(() => reject(new Error(`${shown.length} pictures in ${deadline} ms`)), deadline);
		const onPicture = (_, { rtpTimestamp }) => {
			const now = performance.now();
			firstAfter ??= now - clicked;
			shown.push({ rtpTimestamp, at: performance.timeOrigin + now });
			if (shown.length < pictures) {
				video.requestVideoFrameCallback(onPicture);
				return;
			}
			// Only now: reading pixels costs more than showing the picture.
			lastNumber = readNumber(video);
			resolve();
		};
		video.requestVideoFrameCallback(onPicture);
	});

	await peer.setLocalDescription();
	const headers = { 'content-type': 'application/sdp' };
	const response = await fetch(endpoint, { method: 'POST', headers, body: peer.localDescription.sdp });
	const answer = await response.text();
	if (response.status !== 201) throw new Error(`${response.status}: ${answer}`);
	await peer.setRemoteDescription({ type: 'answer', sdp: answer });
	await watched;

	let keyRequests = 0;
	for (const report of (await peer.getStats()).values()) {
		if (report.type === 'inbound-rtp') keyRequests += report.pliCount ?? 0;
	}
	await fetch(new URL(response.headers.get('location'), endpoint), { method: 'DELETE' });
	peer.close();
	video.remove();
	return { firstAfter, shown, lastNumber, keyRequests };
};
