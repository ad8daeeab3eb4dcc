/**
 * Runs in the browser: watches a stream by WHEP through a relay.
 *
 * @param {{ endpoint: string, relayPort: number, milliseconds: number, deadline: number }} options
 * @returns counters of the time after the first picture
 */
globalThis.watchThroughRelay = async ({ endpoint, relayPort, milliseconds, deadline }) => {
	const peer = new RTCPeerConnection();
	const video = document.createElement('video');
	video.muted = true;
	video.autoplay = true;
	document.body.append(video);
	peer.ontrack = ({ track }) => {
		video.srcObject = new MediaStream([track]);
	};
	peer.addTransceiver('video', { direction: 'recvonly' });
	await peer.setLocalDescription();
	const headers = { 'content-type': 'application/sdp' };
	const response = await fetch(endpoint, { method: 'POST', headers, body: peer.localDescription.sdp });
	const candidate = `a=candidate:1 1 udp 2130706431 127.0.0.1 ${relayPort} typ host`;
	const answer = (await response.text()).replace(/^a=candidate:.*\r\n/gm, '');
	const sdp = answer.replace('a=end-of-candidates', `${candidate}\r\na=end-of-candidates`);
	await peer.setRemoteDescription({ type: 'answer', sdp });

	const inbound = async () => [...(await peer.getStats()).values()].find(({ type }) => type === 'inbound-rtp') ?? {};
	const end = performance.now() + deadline;
	while (!((await inbound()).framesDecoded > 0)) {
		if (performance.now() > end) throw new Error('no picture came');
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	// The cached group is decoded in quick motion; what is counted begins after it.
	await new Promise((resolve) => setTimeout(resolve, 1000));
	const from = await inbound();
	await new Promise((resolve) => setTimeout(resolve, milliseconds));
	const to = await inbound();
	await fetch(new URL(response.headers.get('location'), endpoint), { method: 'DELETE' });
	peer.close();
	video.remove();
	const since = (name) => (to[name] ?? 0) - (from[name] ?? 0);
	return {
		decoded: since('framesDecoded'),
		seconds: (to.timestamp - from.timestamp) / 1000,
		freezes: since('freezeCount'),
		pictureLosses: since('pliCount'),
		negativeAcknowledgements: since('nackCount'),
	};
};
