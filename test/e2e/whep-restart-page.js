/**
 * Runs in the browser: joins a stream by WHEP, restarts ICE by PATCH, and says what it saw.
 *
 * @param {{ endpoint: string, deadline: number }} options
 */
globalThis.restartIce = async ({ endpoint, deadline }) => {
	const peer = new RTCPeerConnection();
	peer.addTransceiver('video', { direction: 'recvonly' });
	const inbound = async () => [...(await peer.getStats()).values()].find(({ type }) => type === 'inbound-rtp');
	const until = async (condition) => {
		const end = performance.now() + deadline;
		while (!(await condition())) {
			if (performance.now() > end) throw new Error(`not in time: ${condition}`);
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	};
	const frames = async () => Number((await inbound())?.framesDecoded ?? 0);
	const credential = (sdp, name) => new RegExp(`a=${name}:(\\S+)`).exec(sdp)?.[1] ?? '';

	await peer.setLocalDescription();
	const created = await fetch(endpoint, {
		method: 'POST',
		headers: { 'content-type': 'application/sdp' },
		body: peer.localDescription?.sdp ?? '',
	});
	const answer = await created.text();
	await peer.setRemoteDescription({ type: 'answer', sdp: answer });
	await until(async () => (await frames()) > 5);

	const session = new URL(created.headers.get('location') ?? '', endpoint);
	peer.restartIce();
	await peer.setLocalDescription();
	const offer = peer.localDescription?.sdp ?? '';
	const patch = (ifMatch) =>
		fetch(session, {
			method: 'PATCH',
			headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': ifMatch },
			body: `a=ice-ufrag:${credential(offer, 'ice-ufrag')}\r\na=ice-pwd:${credential(offer, 'ice-pwd')}\r\n`,
		});
	const restarted = await patch('*');
	const fragment = await restarted.text();
	const before = await frames();
	const sdp = answer
		.replaceAll(/a=ice-ufrag:\S+/g, `a=ice-ufrag:${credential(fragment, 'ice-ufrag')}`)
		.replaceAll(/a=ice-pwd:\S+/g, `a=ice-pwd:${credential(fragment, 'ice-pwd')}`);
	await peer.setRemoteDescription({ type: 'answer', sdp });
	const pairs = async () =>
		[...(await peer.getStats()).values()].filter(({ type, nominated }) => type === 'candidate-pair' && nominated);
	await until(async () => peer.iceConnectionState === 'connected' && (await pairs()).length > 0);
	await until(async () => (await frames()) > before + 60);
	const stale = await patch(created.headers.get('etag') ?? '');
	const asked = Number((await inbound())?.pliCount ?? 0);
	const deleted = await fetch(session, { method: 'DELETE' });
	const again = await fetch(session, { method: 'DELETE' });
	peer.close();
	return {
		statuses: [created.status, restarted.status, stale.status, deleted.status, again.status],
		etags: [created.headers.get('etag'), restarted.headers.get('etag')],
		type: restarted.headers.get('content-type'),
		asked,
	};
};
