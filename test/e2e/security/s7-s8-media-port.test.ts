import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serializeMessage } from '../../../src/webrtc/transport/dtls/handshake-message.ts';
import { serializeRecord } from '../../../src/webrtc/transport/dtls/record.ts';
import { number, vector } from '../../../src/webrtc/transport/dtls/vector.ts';
import { recordedOffer } from '../../fakes/offers.ts';
import { bindingRequest, withFingerprint } from '../../unit/webrtc-transport/binding-request.ts';
import { webRtcSessions } from '../harness/api.ts';
import { launchChromium } from '../harness/chromium.ts';
import { type RunningGateway, startGateway } from '../harness/gateway.ts';
import { moreFrames, playing, watch } from '../harness/player.ts';
import { eventually } from '../harness/wait.ts';
import { WhepReceiver } from '../harness/whep-receiver.ts';

const DEADLINE_MS = 60_000;

let browser: Browser;
let gateway: RunningGateway;

beforeAll(async () => {
	[browser, gateway] = await Promise.all([
		launchChromium(),
		startGateway('webrtc: { udp_port: 0 }\nstreams: { demo: { source: demo, on_demand: false } }\n'),
	]);
});

afterAll(async () => {
	await browser?.close();
	await gateway?.stop();
});

type Answered = { url: string; ufrag: string; password: string; port: number };

async function offer(text = recordedOffer('chromium')): Promise<Answered> {
	const headers = { 'content-type': 'application/sdp' };
	const response = await fetch(`${gateway.url}/whep/demo`, { method: 'POST', headers, body: text });
	const answer = await response.text();
	expect(response.status, answer).toBe(201);
	const field = (name: string) => new RegExp(`a=${name}:(\\S+)`).exec(answer)?.[1] ?? '';
	return {
		url: new URL(response.headers.get('location') ?? '', gateway.url).href,
		ufrag: field('ice-ufrag'),
		password: field('ice-pwd'),
		port: Number(/a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+)/i.exec(answer)?.[1]),
	};
}

async function udp(): Promise<{ socket: Socket; answers: Buffer[]; send(bytes: Buffer, port: number): Promise<void> }> {
	const socket = createSocket('udp4');
	await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
	const answers: Buffer[] = [];
	socket.on('message', (bytes) => answers.push(bytes));
	const send = (bytes: Buffer, port: number) =>
		new Promise<void>((resolve) => socket.send(bytes, port, '127.0.0.1', () => resolve()));
	return { socket, answers, send };
}

/** A hello with the given suites, well-formed, without extensions. */
function clientHello(suites: readonly number[], messageSequence = 0): Buffer {
	const body = Buffer.concat([
		number(2, 0xfefd),
		Buffer.alloc(32, 7),
		vector(1),
		vector(1),
		vector(2, ...suites.map((suite) => number(2, suite))),
		vector(1, Buffer.of(0)),
	]);
	const fragment = serializeMessage({ type: 1, sequence: messageSequence, body });
	return serializeRecord({ type: 22, version: 0xfefd, epoch: 0, sequence: messageSequence, fragment });
}

describe('S7 STUN', () => {
	test('S7 is answered when it is authentic, and never by more than half again', async () => {
		const { ufrag, password, port, url } = await offer();
		const stranger = await udp();
		const offered = /a=ice-ufrag:(\S+)/.exec(recordedOffer('chromium'))?.[1];
		const username = `${ufrag}:${offered}`;
		const unanswered = [
			bindingRequest({ username }),
			bindingRequest({ username, password: 'guessed-guessed-guessed' }),
			bindingRequest({ username: `${ufrag}:nobody`, password }),
			bindingRequest({ username: `nobody:${offered}`, password }),
			bindingRequest({ username: '', password }),
			bindingRequest({ username: `${ufrag}x:${offered}`, password }),
			bindingRequest({ username, password, type: 0x0011 }),
			bindingRequest({ username, password, type: 0x0101 }),
			withFingerprint(Buffer.from('000100002112a442000000000000000000000000', 'hex')),
			Buffer.from('000100002112a442000000000000000000000000', 'hex'),
		];
		for (let time = 0; time < 20; time++) for (const datagram of unanswered) await stranger.send(datagram, port);
		// An answer to any of these would have come before the answer to this one.
		const check = bindingRequest({ username, password });
		await stranger.send(check, port);
		await eventually(
			() => stranger.answers.length,
			(count) => count > 0,
			10_000,
		);
		expect(stranger.answers).toHaveLength(1);
		expect(stranger.answers[0]?.length).toBeLessThanOrEqual(1.5 * check.length);
		stranger.socket.close();
		await fetch(url, { method: 'DELETE' });
	});

	test("S7 is not sent to an offer's candidates: they are no list of targets", async () => {
		const target = await udp();
		let visits = 0;
		const service = createServer((socket) => {
			visits++;
			socket.destroy();
		});
		await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
		const { port: tcpPort } = service.address() as { port: number };
		const candidates = [
			`1 1 udp 2130706431 127.0.0.1 ${target.socket.address().port} typ host`,
			`2 1 tcp 2130706431 127.0.0.1 ${tcpPort} typ host tcptype passive`,
			'3 1 udp 2130706431 169.254.169.254 80 typ host',
			'4 1 udp 2130706431 no-such-name.local 5353 typ host',
			'5 1 udp 2130706431 trap.example 53 typ srflx raddr 0.0.0.0 rport 0',
			...Array.from({ length: 1000 }, (_, index) => `${index + 10} 1 udp 1 192.0.2.${index % 256} 53 typ host`),
		].map((candidate) => `a=candidate:${candidate}`);
		const text = recordedOffer('chromium').trimEnd();
		const before = process.hrtime.bigint();
		const { url } = await offer(`${text}\r\n${candidates.join('\r\n')}\r\n`);
		const fragment = ['a=ice-ufrag:abcd', `a=ice-pwd:${'p'.repeat(24)}`, 'm=video 9 UDP/TLS/RTP/SAVPF 96', 'a=mid:0'];
		const patched = await fetch(url, {
			method: 'PATCH',
			headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' },
			body: `${[...fragment, ...candidates].join('\r\n')}\r\n`,
		});
		expect(patched.status).toBeLessThan(500);
		// Another viewer connects and plays: whatever was to be sent has been sent by then.
		const viewer = await WhepReceiver.join(`${gateway.url}/whep/demo`);
		expect(Number(process.hrtime.bigint() - before) / 1e9).toBeLessThan(30);
		expect([target.answers.length, visits]).toEqual([0, 0]);
		await viewer.leave();
		await fetch(url, { method: 'DELETE' });
		target.socket.close();
		await new Promise((resolve) => service.close(resolve));
	});
});

describe('S8 DTLS', () => {
	test('S8 a ClientHello from elsewhere while a browser connects is not heard', {
		timeout: 3 * DEADLINE_MS,
	}, async () => {
		const { port, url } = await offer();
		const attackers = await Promise.all(Array.from({ length: 4 }, udp));
		let sent = 0;
		let attacking = true;
		// NULL ciphers (ASVS 17.2.6), and what a real client offers.
		const hellos = [[0x0002, 0xc006, 0xc010], [0xc02b, 0xc00a], []].flatMap((suites) => [
			clientHello(suites),
			clientHello(suites, 1),
		]);
		const attack = (async () => {
			while (attacking) {
				for (const { send } of attackers) for (const hello of hellos) await send(hello, port);
				sent += attackers.length * hellos.length;
				await new Promise((resolve) => setTimeout(resolve, 2));
			}
		})();
		const page = await watch(browser, gateway.url, 'demo', 'webrtc');
		const stats = await playing(page, 'webrtc', DEADLINE_MS);
		await moreFrames(page, stats, 30, DEADLINE_MS);
		attacking = false;
		await attack;
		expect(sent).toBeGreaterThan(100);
		expect(attackers.map(({ answers }) => answers.length)).toEqual([0, 0, 0, 0]);
		const sessions = await webRtcSessions(gateway.url);
		expect(sessions.filter(({ state }) => state === 'connected')).toHaveLength(1);
		for (const { socket } of attackers) socket.close();
		await page.context().close();
		await fetch(url, { method: 'DELETE' });
	});

	test('S8 the gateway is the server, whatever is offered: nobody makes it a client', async () => {
		const headers = { 'content-type': 'application/sdp' };
		const passive = recordedOffer('chromium').replaceAll('a=setup:actpass', 'a=setup:passive');
		const refused = await fetch(`${gateway.url}/whep/demo`, { method: 'POST', headers, body: passive });
		expect(refused.status).toBe(422);
		const active = recordedOffer('chromium').replaceAll('a=setup:actpass', 'a=setup:active');
		for (const body of [active, recordedOffer('chromium')]) {
			const answer = await fetch(`${gateway.url}/whep/demo`, { method: 'POST', headers, body });
			const setups = [...(await answer.text()).matchAll(/a=setup:(\w+)/g)].map(([, role]) => role);
			expect(new Set(setups)).toEqual(new Set(['passive']));
			await fetch(new URL(answer.headers.get('location') ?? '', gateway.url), { method: 'DELETE' });
		}
	});

	test('S8 the key is another one at each start', async () => {
		const fingerprintAt = async (at: RunningGateway) => {
			const headers = { 'content-type': 'application/sdp' };
			const body = recordedOffer('chromium');
			const answer = await (await fetch(`${at.url}/whep/demo`, { method: 'POST', headers, body })).text();
			return /a=fingerprint:(\S+ \S+)/.exec(answer)?.[1];
		};
		const second = await startGateway('webrtc: { udp_port: 0 }\nstreams: { demo: demo }\n');
		try {
			const [one, other] = [await fingerprintAt(gateway), await fingerprintAt(second)];
			expect(one).toMatch(/^sha-256 [0-9A-F:]{95}$/);
			expect(other).toMatch(/^sha-256 [0-9A-F:]{95}$/);
			expect(other).not.toBe(one);
		} finally {
			await second.stop();
		}
	});
});
