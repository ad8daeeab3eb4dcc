import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PlaybackListener } from '../../../src/web/player/playback.ts';
import type { Sample } from '../../../src/web/player/sample.ts';
import { WebRtcPlayback } from '../../../src/web/player/webrtc/webrtc-playback.ts';
import type { Fetch } from '../../../src/web/player/webrtc/whep-client.ts';
import { FakeClock, settle } from './fake-clock.ts';

class FakeConnection {
	static last: FakeConnection;
	/** Takes no offer but its own. */
	static strict = false;
	readonly order: string[] = [];
	connectionState: RTCPeerConnectionState = 'new';
	ontrack: ((event: unknown) => void) | null = null;
	onconnectionstatechange: (() => void) | null = null;
	closed = false;
	framesDecoded = 0;

	constructor() {
		FakeConnection.last = this;
	}

	addTransceiver(kind: string, { direction }: { direction: string }) {
		this.order.push(`${kind} ${direction}`);
	}

	async createOffer() {
		return { type: 'offer', sdp: 'v=0 offer\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n' };
	}

	async setLocalDescription({ sdp }: { sdp: string }) {
		if (FakeConnection.strict && sdp.includes('rrtr')) throw new Error('not my words');
		this.order.push(sdp.includes('a=rtcp-fb:96 nack\r\na=rtcp-fb:96 rrtr\r\n') ? 'local with round trip' : 'local');
	}

	async setRemoteDescription({ sdp }: { sdp: string }) {
		this.order.push(`remote ${sdp}`);
		if (sdp.includes('bad')) throw new Error('unreadable');
	}

	async getStats() {
		return new Map([['1', { type: 'inbound-rtp', kind: 'video', framesDecoded: this.framesDecoded }]]);
	}

	close() {
		this.closed = true;
	}

	become(state: RTCPeerConnectionState) {
		this.connectionState = state;
		this.onconnectionstatechange?.();
	}
}

class FakeVideo {
	srcObject: unknown = null;
	#callback: ((now: number, frame: object) => void) | undefined;

	requestVideoFrameCallback(callback: (now: number, frame: object) => void) {
		this.#callback = callback;
		return 1;
	}

	cancelVideoFrameCallback() {
		this.#callback = undefined;
	}

	showFrame(frame: { receiveTime?: number; expectedDisplayTime?: number } = {}) {
		this.#callback?.(0, frame);
	}
}

let clock: FakeClock;
let video: FakeVideo;
let requests: string[];
let bodies: unknown[];
let answer: () => Response;
/** What the gateway says about the session. */
let explanation: () => Response;
let heard: string[];
let served: string[];
let samples: Sample[];
let stop: AbortController;

const listener: PlaybackListener = {
	firstFrame: () => heard.push('first frame'),
	sample: (sample) => samples.push(sample),
	hasAudio: () => heard.push('audio'),
	served: (url) => served.push(url),
	awaitsCamera: () => heard.push('awaits camera'),
};

async function play() {
	const fetch: Fetch = async (url, init) => {
		requests.push(`${init?.method ?? 'GET'} ${url}`);
		bodies.push(init?.body);
		return init?.method === undefined ? explanation() : answer();
	};
	const playback = new WebRtcPlayback({
		video: video as unknown as HTMLVideoElement,
		endpoint: 'http://gateway/whep/demo',
		fetch,
		clock,
	});
	const ended = playback.run(listener, stop.signal).catch((error: unknown) => error);
	await settle();
	return { ended, connection: FakeConnection.last };
}

beforeEach(() => {
	vi.stubGlobal('RTCPeerConnection', FakeConnection);
	vi.stubGlobal(
		'MediaStream',
		class {
			addTrack() {}
		},
	);
	clock = new FakeClock();
	video = new FakeVideo();
	requests = [];
	bodies = [];
	heard = [];
	served = [];
	samples = [];
	stop = new AbortController();
	explanation = () => new Response(null, { status: 204 });
	answer = () => new Response('v=0 answer', { status: 201, headers: { Location: '/session/1' } });
});

afterEach(() => vi.unstubAllGlobals());

describe('playing by WHEP', () => {
	test('receives only, and posts the offer without waiting for candidates', async () => {
		const { connection } = await play();
		expect(connection.order).toEqual([
			'video recvonly',
			'audio recvonly',
			'local with round trip',
			'remote v=0 answer',
		]);
		expect(requests).toEqual(['POST http://gateway/whep/demo']);
		expect(video.srcObject).not.toBeNull();
		stop.abort();
	});

	test('does without the round trip in a browser that takes only its own offer', async () => {
		FakeConnection.strict = true;
		const { connection } = await play();
		FakeConnection.strict = false;
		expect(connection.order).toEqual(['video recvonly', 'audio recvonly', 'local', 'remote v=0 answer']);
		stop.abort();
	});

	test('tells the first picture once, and then samples every second', async () => {
		const { connection } = await play();
		connection.ontrack?.({ track: { kind: 'video' }, receiver: {} });
		connection.ontrack?.({ track: { kind: 'audio' }, receiver: {} });
		connection.framesDecoded = 3;
		video.showFrame({ receiveTime: 100, expectedDisplayTime: 130 });
		video.showFrame({ receiveTime: 133, expectedDisplayTime: 173 });
		expect(heard).toEqual(['audio', 'first frame']);
		expect(served).toEqual(['http://gateway/session/1']);
		await clock.advance(2000);
		expect(samples.map(({ at, framesDecoded, latencyMs }) => [at, framesDecoded, latencyMs])).toEqual([
			[0, 3, 35],
			[1000, 3, undefined],
			[2000, 3, undefined],
		]);
		stop.abort();
	});

	describe('its first picture', () => {
		const path = '/whep/sessions/secret?jwt=a.b';
		const told = `POST http://gateway/whep/sessions/secret/first-frame?jwt=a.b`;
		const answered = (location: string) => () =>
			new Response('v=0 answer', { status: 201, headers: { Location: location } });

		test('is told the gateway once, with the time from the offer', async () => {
			answer = answered(path);
			await play();
			await clock.advance(250.4);
			video.showFrame();
			video.showFrame();
			await clock.advance(5000);
			expect(requests.filter((request) => request.includes('first-frame'))).toEqual([told]);
			expect(bodies.at(-1)).toBe('{"after_ms":250}');
			stop.abort();
		});

		test.each([
			['is refused', () => new Response(null, { status: 404 })],
			[
				'reaches nobody',
				() => {
					throw new TypeError('Failed to fetch');
				},
			],
		])('plays on when that %s', async (_what, refuse) => {
			answer = answered(path);
			await play();
			answer = refuse;
			video.showFrame();
			await clock.advance(1000);
			expect([heard, samples.length]).toEqual([['first frame'], 2]);
			stop.abort();
		});

		test('is told no other server, nor of a page that was hidden', async () => {
			const { connection } = await play();
			video.showFrame();
			connection.framesDecoded = 80;
			answer = answered(path);
			const hidden = await play();
			hidden.connection.framesDecoded = 80;
			await clock.advance(3000);
			video.showFrame();
			expect(requests.filter((request) => request.includes('first-frame'))).toEqual([]);
			stop.abort();
		});
	});

	test('ends with no_frame three seconds after the answer, and says whether it was connected', async () => {
		const blocked = await play();
		await clock.advance(3000);
		expect(await blocked.ended).toMatchObject({ code: 'no_frame', message: expect.stringMatching(/may block UDP/) });
		expect(blocked.connection.closed).toBe(true);
		expect(requests).toEqual([
			'POST http://gateway/whep/demo',
			'GET http://gateway/session/1',
			'GET http://gateway/session/1',
			'DELETE http://gateway/session/1',
		]);

		const connected = await play();
		connected.connection.become('connected');
		await clock.advance(3000);
		expect(await connected.ended).toMatchObject({
			code: 'no_frame',
			message: expect.stringMatching(/no picture came/),
		});
	});

	test('says what the gateway saw of a connection that did not come about', async () => {
		explanation = () => Response.json({ stage: 'no_checks', explanation: 'nothing arrives at udp 192.0.2.1:8189' });
		const { ended } = await play();
		await clock.advance(3000);
		expect(await ended).toMatchObject({
			message: 'WebRTC could not connect within 3 seconds. Nothing arrives at udp 192.0.2.1:8189.',
		});
	});

	test('waits for a camera that has sent no key frame, and three seconds from there', async () => {
		explanation = () => Response.json({ stage: 'no_media', explanation: 'no key frame yet' });
		const { ended, connection } = await play();
		connection.become('connected');
		await clock.advance(10_000);
		expect(connection.closed).toBe(false);
		explanation = () => Response.json({ stage: 'media', explanation: 'media is being sent' });
		await clock.advance(3000);
		expect(connection.closed).toBe(false);
		await clock.advance(1000);
		expect(await ended).toMatchObject({ code: 'no_frame' });
	});

	test('plays when the key frame has come at last', async () => {
		explanation = () => Response.json({ stage: 'no_media', explanation: 'no key frame yet' });
		await play();
		await clock.advance(9900);
		expect(heard).toEqual(['awaits camera']);
		video.showFrame();
		await clock.advance(10_000);
		expect(heard).toEqual(['awaits camera', 'first frame']);
		stop.abort();
	});

	test('tells a second after the answer that the camera is being started', async () => {
		explanation = () => Response.json({ stage: 'no_media', explanation: 'the camera is being started' });
		await play();
		await clock.advance(900);
		expect([heard, requests.length]).toEqual([[], 1]);
		await clock.advance(100);
		expect(heard).toEqual(['awaits camera']);
		stop.abort();
	});

	test('notices within a second that the gateway ended the session before it was connected', async () => {
		explanation = () => Response.json({ code: 'session_not_found' }, { status: 404 });
		const { ended } = await play();
		await clock.advance(1000);
		expect(await ended).toMatchObject({ code: 'session_ended' });
	});

	test('notices at once that the gateway ended a connected session without a picture', async () => {
		const { connection, ended } = await play();
		explanation = () => Response.json({ code: 'session_not_found' }, { status: 404 });
		connection.become('closed');
		await settle();
		expect(await ended).toMatchObject({ code: 'session_ended' });
	});

	test('does not wait for a key frame for ever', async () => {
		explanation = () => Response.json({ stage: 'no_media', explanation: 'no key frame yet' });
		const { ended, connection } = await play();
		connection.become('connected');
		await clock.advance(25_000);
		expect(await ended).toMatchObject({ code: 'no_frame', message: expect.stringMatching(/No key frame yet/) });
	});

	test.each([
		['fails', () => Response.error()],
		['is another server', () => new Response('<html>')],
		['has seen everything', () => Response.json({ stage: 'media', explanation: 'media is being sent' })],
	])('guesses when the gateway %s', async (_what, says) => {
		explanation = says;
		const { ended } = await play();
		await clock.advance(3000);
		expect(await ended).toMatchObject({ message: expect.stringMatching(/may block UDP/) });
	});

	test('a hidden page shows nothing, but plays when frames are decoded', async () => {
		const { connection } = await play();
		connection.framesDecoded = 80;
		await clock.advance(3000);
		expect(heard).toEqual(['first frame']);
		stop.abort();
	});

	test('the time of a cold camera does not count: three seconds begin with the answer', async () => {
		let arrive: (response: Response) => void = () => undefined;
		const late = new Promise<Response>((resolve) => {
			arrive = resolve;
		});
		const playback = new WebRtcPlayback({
			video: video as unknown as HTMLVideoElement,
			endpoint: 'http://gateway/whep/demo',
			fetch: () => late,
			clock,
		});
		void playback.run(listener, stop.signal).catch(() => undefined);
		await clock.advance(6000);
		arrive(answer());
		await clock.advance(100);
		video.showFrame();
		expect(heard).toEqual(['first frame']);
		stop.abort();
	});

	test.each(['failed', 'closed'] as const)('%s before a picture is no connection, after one a loss', async (state) => {
		const early = await play();
		early.connection.become(state);
		expect(await early.ended).toMatchObject({ code: 'no_connection' });
		const late = await play();
		video.showFrame();
		late.connection.become(state);
		expect(await late.ended).toMatchObject({ code: 'connection_lost' });
	});

	test('a short disconnection passes, a long one is a loss', async () => {
		const { connection, ended } = await play();
		video.showFrame();
		connection.become('disconnected');
		await clock.advance(1900);
		connection.become('connected');
		await clock.advance(10_000);
		expect(connection.closed).toBe(false);
		connection.become('disconnected');
		await clock.advance(2000);
		expect(await ended).toMatchObject({ code: 'connection_lost' });
	});

	test('a DTLS transport that closes is a loss at once', async () => {
		const { connection, ended } = await play();
		const transport = Object.assign(new EventTarget(), { state: 'connected' });
		connection.ontrack?.({ track: { kind: 'video' }, receiver: { transport } });
		video.showFrame();
		transport.state = 'closed';
		transport.dispatchEvent(new Event('statechange'));
		expect(await ended).toMatchObject({ code: 'connection_lost' });
	});

	test('a refusal ends it with the reason of the gateway, and nothing is left open', async () => {
		answer = () => Response.json({ code: 'webrtc_disabled', detail: 'Off.' }, { status: 503 });
		const { connection, ended } = await play();
		expect(await ended).toMatchObject({ code: 'webrtc_disabled', message: 'Off.' });
		expect(connection.closed).toBe(true);
		expect(clock.pending).toBe(0);
		expect(requests).toHaveLength(1);
	});

	test('an answer the browser refuses ends it, and the session with it', async () => {
		answer = () => new Response('v=0 bad', { status: 201, headers: { Location: '/session/1' } });
		const { ended } = await play();
		expect(await ended).toMatchObject({ code: 'webrtc_failed' });
		expect(requests.at(-1)).toBe('DELETE http://gateway/session/1');
	});

	test('leaving deletes the session before anything else can run', async () => {
		const { connection, ended } = await play();
		stop.abort();
		expect(requests.at(-1)).toBe('DELETE http://gateway/session/1');
		expect(connection.closed).toBe(true);
		expect(await ended).toMatchObject({ code: 'stopped' });
		expect(clock.pending).toBe(0);
	});

	test('a session whose answer came too late is deleted all the same', async () => {
		let arrive: (response: Response) => void = () => undefined;
		const late = new Promise<Response>((resolve) => {
			arrive = resolve;
		});
		const playback = new WebRtcPlayback({
			video: video as unknown as HTMLVideoElement,
			endpoint: 'http://gateway/whep/demo',
			fetch: (url, init) => {
				requests.push(`${init?.method} ${url}`);
				return init?.method === 'POST' ? late : Promise.resolve(new Response());
			},
			clock,
		});
		const ended = playback.run(listener, stop.signal).catch((error: unknown) => error);
		await settle();
		stop.abort();
		expect(await ended).toMatchObject({ code: 'stopped' });
		arrive(answer());
		await settle();
		expect(requests.at(-1)).toBe('DELETE http://gateway/session/1');
	});

	test('a browser without WebRTC is named', async () => {
		vi.stubGlobal('RTCPeerConnection', undefined);
		const { ended } = await play();
		expect(await ended).toMatchObject({ code: 'webrtc_missing' });
	});
});
