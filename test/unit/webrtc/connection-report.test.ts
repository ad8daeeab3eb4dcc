import { describe, expect, it } from 'vitest';
import { RING_LIMITS } from '../../../src/webrtc/limits.ts';
import { connectionReport, type MediaState } from '../../../src/webrtc/sessions/connection-report.ts';
import type { PeerDiagnosis } from '../../../src/webrtc/transport/secure-transport.ts';
import { PCMA } from '../../fakes/sample-tracks.ts';
import { WebRtcScene } from '../../fakes/webrtc-scene.ts';

const CANDIDATES = [
	'udp1 1 udp 2130706431 192.0.2.1 8189 typ host',
	'udp2 1 udp 2130706175 2001:db8::1 8189 typ host',
	'tcp1 1 tcp 1518280447 192.0.2.1 8190 typ host tcptype passive',
];

describe('connectionReport', () => {
	it.each<[string, PeerDiagnosis, MediaState, string, RegExp]>([
		[
			'the port is closed',
			{ state: 'new', bindingRequests: 0, dtlsDatagrams: 0 },
			'awaits first key frame',
			'no_checks',
			/additional_hosts/,
		],
		[
			'answers are lost',
			{ state: 'checked', bindingRequests: 5, dtlsDatagrams: 0 },
			'awaits first key frame',
			'no_handshake',
			/firewall/,
		],
		[
			'DTLS fails',
			{ state: 'checked', bindingRequests: 5, dtlsDatagrams: 2 },
			'awaits first key frame',
			'handshake',
			/DTLS/,
		],
		[
			'there is no picture',
			{ state: 'secured', bindingRequests: 5, dtlsDatagrams: 4 },
			'awaits first key frame',
			'no_media',
			/key frame/,
		],
		[
			'the camera is being started',
			{ state: 'secured', bindingRequests: 5, dtlsDatagrams: 4 },
			'awaits camera',
			'no_media',
			/the camera is being started/,
		],
		['all is well', { state: 'secured', bindingRequests: 5, dtlsDatagrams: 4 }, 'sent', 'media', /being sent/],
	])('says where it stopped when %s', (_what, diagnosis, media, stage, words) => {
		const report = connectionReport(diagnosis, CANDIDATES, media);
		expect(report).toMatchObject({ stage, explanation: expect.stringMatching(words) });
		expect(report.offered).toEqual(['udp 192.0.2.1:8189', 'udp [2001:db8::1]:8189', 'tcp 192.0.2.1:8190']);
	});

	it.each([
		['only where TCP is not offered', CANDIDATES.slice(0, 2), true],
		['not where it is', CANDIDATES, false],
	])('advises TCP %s', (_where, candidates, advised) => {
		const { explanation } = connectionReport(
			{ state: 'new', bindingRequests: 0, dtlsDatagrams: 0 },
			candidates,
			'sent',
		);
		expect(explanation.includes('webrtc.tcp_port')).toBe(advised);
	});
});

describe('a connected viewer', () => {
	async function join(scene: WebRtcScene) {
		const { id } = await scene.join();
		return () => scene.server.connection(id);
	}

	it('of a camera without a key frame is told so', async () => {
		const scene = new WebRtcScene();
		await scene.play(3);
		const report = await join(scene);
		expect(report()).toMatchObject({ stage: 'no_media', explanation: expect.stringContaining('no key frame yet') });
		await scene.play(1, { key: true });
		expect(report()).toMatchObject({ stage: 'media' });
	});

	it('of a camera without video is not told about key frames', async () => {
		const scene = new WebRtcScene({ tracks: [PCMA] });
		const report = await join(scene);
		expect(report()).toMatchObject({ stage: 'no_media', explanation: expect.stringMatching(/^(?!.*key).*no sound/) });
		scene.sound(PCMA);
		expect(report()).toMatchObject({ stage: 'media' });
	});

	it('who comes when the group is too long to be kept is told that the next key frame is awaited', async () => {
		const scene = new WebRtcScene();
		await scene.play(1, { key: true });
		await scene.join();
		await scene.play(RING_LIMITS.bytes / 200_000 + 1, { size: 200_000 });
		const report = await join(scene);
		expect(report()).toMatchObject({
			stage: 'no_media',
			explanation: expect.stringMatching(/^(?!.*no key frame).*more came since the last key frame/),
		});
		await scene.play(1, { key: true });
		expect(report()).toMatchObject({ stage: 'media' });
	});
});
