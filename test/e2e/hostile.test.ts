import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { streamInfo, webRtcSessions } from './harness/api.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import { eventually } from './harness/wait.ts';
import { WhepReceiver } from './harness/whep-receiver.ts';

const DATAGRAMS = 3000;

let gateway: RunningGateway;
let viewer: WhepReceiver;

beforeAll(async () => {
	gateway = await startGateway('webrtc: { udp_port: 0 }\nstreams: { demo: demo }\n');
	viewer = await WhepReceiver.join(`${gateway.url}/whep/demo`);
});

afterAll(async () => {
	await viewer?.leave();
	await gateway?.stop();
});

/** The viewer that was there before is still served, by the same session. */
async function nobodyElseNoticed(): Promise<void> {
	const before = viewer.packets;
	await eventually(
		() => viewer.packets,
		(packets) => packets > before + 100,
		15_000,
	);
	const sessions = await webRtcSessions(gateway.url);
	expect(sessions.map(({ state }) => state)).toEqual(['connected']);
	expect((await streamInfo(gateway.url, 'demo')).state).toBe('live');
	expect(gateway.process.exitCode).toBeNull();
}

test('S9 garbage to the UDP port ends nothing', async () => {
	const port = Number(/a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+)/i.exec(viewer.answer)?.[1]);
	expect(port).toBeGreaterThan(0);
	const socket = createSocket('udp4');
	let answers = 0;
	socket.on('message', () => answers++);
	const bytes = fc.sample(fc.uint8Array({ maxLength: 1500 }), { numRuns: DATAGRAMS, seed: 1 });
	// First bytes of STUN, DTLS and SRTP (RFC 7983), so that each parser gets its share.
	const first = [0, 1, 20, 22, 23, 63, 128, 144, 200, 255];
	for (const [index, datagram] of bytes.entries()) {
		if (datagram.length > 0 && index % 3 > 0) datagram[0] = first[index % first.length] ?? 0;
		await new Promise<void>((resolve) => socket.send(datagram, port, '127.0.0.1', () => resolve()));
	}
	await nobodyElseNoticed();
	socket.close();
	expect(answers).toBe(0);
});

test('garbage to WHEP is refused and starts nothing', async () => {
	const bodies = [
		'',
		'v=0',
		'\0\0\0',
		'v=0\r\n'.repeat(5000),
		viewer.answer,
		...fc.sample(fc.string({ maxLength: 2000 }), { numRuns: 100, seed: 2 }),
	];
	for (const body of bodies) {
		const response = await fetch(`${gateway.url}/whep/demo`, {
			method: 'POST',
			headers: { 'content-type': 'application/sdp' },
			body,
		});
		expect(response.status, body.slice(0, 80)).toBeGreaterThanOrEqual(400);
		expect(response.status, body.slice(0, 80)).toBeLessThan(500);
		expect(response.headers.get('content-type')).toContain('application/problem+json');
	}
	await nobodyElseNoticed();
});

test('garbage to the API and to HTTP itself is refused', async () => {
	const paths = ['/hls/demo/../../etc/passwd', '/hls/%2e%2e/x', '/api/v1/streams/__proto__', '/watch/%ff', '/whep/'];
	const segments = fc.sample(fc.string({ minLength: 1, maxLength: 60 }), { numRuns: 200, seed: 3 });
	for (const path of [...paths, ...segments.map((segment) => `/api/v1/streams/${encodeURIComponent(segment)}`)]) {
		const response = await fetch(`${gateway.url}${path}`);
		await response.arrayBuffer();
		expect(response.status, path).toBeLessThan(500);
	}
	for (const noise of fc.sample(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { numRuns: 100, seed: 4 })) {
		await new Promise<void>((resolve) => {
			const socket = connect(gateway.port, '127.0.0.1', () => socket.end(noise));
			socket.on('error', () => {});
			socket.on('close', () => resolve());
			socket.resume();
		});
	}
	await nobodyElseNoticed();
});
