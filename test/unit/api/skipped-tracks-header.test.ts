import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { skippedTracksHeader } from '../../../src/api/whep/skipped-tracks-header.ts';
import { createFixture } from './api-fixture.ts';
import { RESOURCE, SESSION } from './fake-ports.ts';

const AAC = { codec: 'aac', reason: 'browsers take no AAC by WebRTC' };

function offer(skipped: { codec: string; reason: string }[], path: string) {
	const fixture = createFixture();
	fixture.webrtc.answer = async () => ({ sessionId: SESSION.id, resource: RESOURCE, answer: 'v=0', skipped });
	return request(fixture.app).post(path).set('Content-Type', 'application/sdp').send('v=0');
}

describe('Dualcast-Skipped-Tracks', () => {
	it.each(['/whep/live/stream', '/whep/live%2Fstream', '/live/stream/whep'])(
		'names in the answer of %s what it leaves out, also to pages of other sites',
		async (path) => {
			const { status, headers } = await offer([AAC], path);
			expect([status, headers['dualcast-skipped-tracks']]).toEqual([
				201,
				'aac;reason="browsers take no AAC by WebRTC"',
			]);
			expect(headers['access-control-expose-headers']?.split(', ')).toContain('Dualcast-Skipped-Tracks');
		},
	);

	it('is absent where nothing is', async () => {
		expect((await offer([], '/whep/live/stream')).headers).not.toHaveProperty('dualcast-skipped-tracks');
	});

	it('is a structured field, whatever the names and reasons', () => {
		expect(skippedTracksHeader([AAC, { codec: 'h264', reason: 'only "one" \\ track' }])).toBe(
			'aac;reason="browsers take no AAC by WebRTC", h264;reason="only \\"one\\" \\\\ track"',
		);
		expect(skippedTracksHeader([{ codec: '8\r\nX: y', reason: 'µ\r\n' }])).toBe('"8??X: y";reason="???"');
	});
});
