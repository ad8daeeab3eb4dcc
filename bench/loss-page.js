/**
 * Runs in the browser: watches a stream by WebRTC through a relay.
 *
 * @param {{ player: boolean, base: string, stream: string, relayPort: number, milliseconds: number, deadline: number }}
 * options `player`: in the gateway's own `<dualcast-player>`, otherwise as any page would do it
 * @returns counters of the time after the first picture
 */
globalThis.watchThroughRelay = async ({ player, base, stream, relayPort, milliseconds, deadline }) => {
	const { fetch, RTCPeerConnection } = globalThis;
	/** Leads the browser to the relay instead of the gateway. */
	const throughRelay = (answer) => {
		const candidate = `a=candidate:1 1 udp 2130706431 127.0.0.1 ${relayPort} typ host`;
		const bare = answer.replace(/^a=candidate:.*\r\n/gm, '');
		return bare.replace('a=end-of-candidates', `${candidate}\r\na=end-of-candidates`);
	};

	const watchByPlayer = async () => {
		let peer;
		globalThis.RTCPeerConnection = class extends RTCPeerConnection {
			constructor(...options) {
				super(...options);
				peer = this;
			}
		};
		globalThis.fetch = async (address, options) => {
			const response = await fetch(address, options);
			if (options?.method !== 'POST' || !response.ok) return response;
			const headers = { location: new URL(response.headers.get('location'), response.url).href };
			return new Response(throughRelay(await response.text()), { status: 201, headers });
		};
		await import(`${base}/player.js`);
		const element = document.createElement('dualcast-player');
		Object.assign(element, { stream, srcBase: base, mode: 'webrtc' });
		document.body.append(element);
		while (!peer) await new Promise((resolve) => setTimeout(resolve, 5));
		const stop = () => {
			element.remove();
			Object.assign(globalThis, { fetch, RTCPeerConnection });
		};
		return { peer, stop };
	};

	const watchPlainly = async () => {
		const endpoint = `${base}/whep/${stream}`;
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
		await peer.setRemoteDescription({ type: 'answer', sdp: throughRelay(await response.text()) });
		const stop = async () => {
			await fetch(new URL(response.headers.get('location'), endpoint), { method: 'DELETE' });
			peer.close();
			video.remove();
		};
		return { peer, stop };
	};

	const { peer, stop } = await (player ? watchByPlayer() : watchPlainly());
	const inbound = async () => {
		const reports = [...(await peer.getStats()).values()];
		return reports.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video') ?? {};
	};
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
	await stop();
	const since = (name) => (to[name] ?? 0) - (from[name] ?? 0);
	return {
		decoded: since('framesDecoded'),
		seconds: (to.timestamp - from.timestamp) / 1000,
		freezes: since('freezeCount'),
		pictureLosses: since('pliCount'),
		negativeAcknowledgements: since('nackCount'),
		delay: (since('jitterBufferDelay') / since('jitterBufferEmittedCount')) * 1000,
	};
};
