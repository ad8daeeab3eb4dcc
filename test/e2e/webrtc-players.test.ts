import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GstCamera } from '../camera/gst-camera.ts';
import { recordedOffer } from '../fakes/offers.ts';
import { secureTransports } from '../fakes/secure-transports.ts';
import { playInAiortc, playInWebrtcbin } from '../players/python-player.ts';
import { Firefox } from './harness/firefox.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import type { PlayerStats } from './harness/player.ts';
import { eventually } from './harness/wait.ts';

const DEADLINE_MS = 60_000;
const PLAYED = { statuses: [201, 200], problems: [] };
const SMALL = { width: 640, height: 360, bitrate: 1000, gop: 30 } as const;

let gateway: RunningGateway;
const cameras: GstCamera[] = [];

beforeAll(async () => {
	cameras.push(
		await GstCamera.start({ ...SMALL, video: 'high', audio: 'opus' }),
		await GstCamera.start({ ...SMALL, video: 'baseline' }),
		await GstCamera.start({ ...SMALL, video: 'h265', audio: 'opus' }),
	);
	gateway = await startWith('auto');
});

afterAll(async () => {
	await gateway?.stop();
	await Promise.all(cameras.map((camera) => camera.stop()));
});

function startWith(transport: string): Promise<RunningGateway> {
	const [loud, silent, hevc] = cameras.map(({ url }) => url);
	const streams = `{ loud: "${loud}", silent: "${silent}", hevc: "${hevc}" }`;
	return startGateway(`webrtc: { udp_port: 0, transport: ${transport} }\nstreams: ${streams}\n`);
}

describe.each(secureTransports)('WHEP by the $name transport plays in', ({ name }) => {
	let gateway: RunningGateway;
	const endpoint = (id: string) => `${gateway.url}/whep/${id}`;

	beforeAll(async () => {
		gateway = await startWith(name);
	});

	afterAll(() => gateway?.stop());

	test('GStreamer (webrtcbin), picture and sound', async () => {
		const played = await playInWebrtcbin(endpoint('loud'), 'h264', { video: 150, audio: 150 });
		expect(played).toMatchObject(PLAYED);
	});

	test('GStreamer, which offers sound that the camera does not have', async () => {
		const played = await playInWebrtcbin(endpoint('silent'), 'h264', { video: 150, audio: 0 });
		expect(played).toMatchObject(PLAYED);
		expect(played.answer).toContain('m=audio 0');
	});

	test('GStreamer, H.265 as the camera sends it', async () => {
		const played = await playInWebrtcbin(endpoint('hevc'), 'h265', { video: 100, audio: 100 });
		expect(played).toMatchObject(PLAYED);
		expect(played.answer).toMatch(/a=fmtp:102 level-id=\d+;profile-id=1;tier-flag=0;tx-mode=SRST;sprop-vps=/);
	});

	test('aiortc, picture and sound', async () => {
		const played = await playInAiortc(endpoint('loud'), { video: 150, audio: 150 });
		expect(played).toMatchObject({ ...PLAYED, width: 640 });
	});
});

describe('Firefox, which has no H.264 by WebRTC here,', () => {
	test('is told so at once, and where the stream plays', async () => {
		const offer = recordedOffer('firefox').replaceAll(
			/a=(rtpmap|fmtp|rtcp-fb):(126|127|97|98|105|106|103|104) .*\r\n/g,
			'',
		);
		expect(offer).not.toContain('H264');
		const response = await fetch(`${gateway.url}/whep/loud`, {
			method: 'POST',
			headers: { 'content-type': 'application/sdp' },
			body: offer,
		});
		expect(response.status).toBe(422);
		expect(response.headers.get('content-type')).toContain('application/problem+json');
		const problem = (await response.json()) as { code: string; detail: string };
		expect(problem).toMatchObject({ code: 'codec_unsupported' });
		expect(problem.detail).toContain('offers no H.264');
		expect(JSON.stringify(problem)).toContain('/hls/loud/index.m3u8');
	});

	test('plays the page all the same, by HLS', async () => {
		const firefox = await Firefox.launch();
		try {
			await firefox.goto(`${gateway.url}/watch/loud`);
			const stats = () => firefox.evaluate<PlayerStats>('document.querySelector("dualcast-player").stats');
			const playing = await eventually(
				stats,
				({ state, framesDecoded }) => state === 'playing' && framesDecoded > 60,
				DEADLINE_MS,
				250,
			);
			expect(playing).toMatchObject({ mode: 'hls', width: 640 });
			expect(playing.reason).toContain('H.264');
		} finally {
			await firefox.close();
		}
	});
});
