import { describe, expect, it, vi } from 'vitest';
import { OFFER_LIMITS } from '../../../src/webrtc/limits.ts';
import { parseIceFragment, writeIceFragment } from '../../../src/webrtc/sdp/ice-fragment.ts';
import { WebRtcScene } from '../../fakes/webrtc-scene.ts';

const PASSWORD = 'x0ffer/ICE+password0Aaaa';
const fragment = (ufrag: string, ...more: string[]): string =>
	[`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${PASSWORD}`, ...more, ''].join('\r\n');

describe('an ICE fragment', () => {
	it.each([
		['at the top', fragment('abcd')],
		[
			'in each section',
			`m=video 9 UDP/TLS/RTP/SAVPF 0\na=mid:0\n${fragment('abcd')}m=audio 9 RTP/AVP 0\n${fragment('abcd')}`,
		],
		['with candidates', fragment('abcd', 'a=candidate:1 1 udp 1 192.0.2.1 1 typ host', 'a=end-of-candidates')],
		[
			"with Firefox's end of candidates, as MediaMTX's player writes it",
			fragment('abcd', 'm=video 9 UDP/TLS/RTP/SAVPF 120', 'a=mid:0', 'a=', 'm=audio 9 UDP/TLS/RTP/SAVPF 109', 'a='),
		],
		['with candidates nobody can use', fragment('abcd', 'a=candidate:1 1 udp 1 nonsense.local 1 typ host')],
	])('names its credentials %s', (_where, text) => {
		expect(parseIceFragment(text)).toEqual({ ufrag: 'abcd', password: PASSWORD });
	});

	it.each([
		['is empty', ''],
		['is something else', '{"candidate": ""}'],
		['is an offer', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n'],
		['has a line without a type', fragment('abcd', '=')],
		['has a section without a kind', fragment('abcd', 'm=')],
		['has no credentials', 'a=candidate:1 1 udp 1 192.0.2.1 1 typ host'],
		['has two', `${fragment('abcd')}${fragment('efgh')}`],
		['has a short ufrag', fragment('abc')],
		['has a ufrag of other characters', fragment('ab cd')],
		['is too long', fragment('abcd', ...Array.from({ length: OFFER_LIMITS.lines }, () => 'a=x'))],
	])('is refused when it %s', (_what, text) => {
		expect(() => parseIceFragment(text)).toThrow(expect.objectContaining({ code: 'offer_invalid' }));
	});

	it('of ours can be read back', () => {
		const local = { ufrag: 'ours', password: PASSWORD, fingerprint: '', candidates: ['1 1 udp 1 ::1 1 typ host'] };
		const text = writeIceFragment(local);
		expect(parseIceFragment(text)).toEqual({ ufrag: 'ours', password: PASSWORD });
		expect(text).toContain('\r\na=candidate:1 1 udp 1 ::1 1 typ host\r\na=end-of-candidates\r\n');
	});
});

describe('a session', () => {
	it('takes candidates without a change, and restarts ICE for new credentials', async () => {
		const { server, viewer } = await joined();
		const tag = server.etag(viewer.id);
		expect(tag).toMatch(/^"[\w-]+"$/);
		expect(server.updateIce(viewer.id, fragment('cUFR', 'a=candidate:1 1 udp 1 192.0.2.1 1 typ host'))).toBeUndefined();
		expect([server.etag(viewer.id), viewer.peer.restarts]).toEqual([tag, []]);
		expect(server.updateIce(viewer.id, fragment('newUfrag'))).toContain('a=ice-ufrag:ufrag1\r\n');
		expect(viewer.peer.restarts).toEqual(['newUfrag']);
		expect(server.etag(viewer.id)).not.toBe(tag);
		expect(server.updateIce(viewer.id, fragment('newUfrag'))).toBeUndefined();
	});

	it('reports the addresses that its last restart offered', async () => {
		const { server, viewer } = await joined();
		const restart = viewer.peer.restartIce.bind(viewer.peer);
		vi.spyOn(viewer.peer, 'restartIce').mockImplementation((remoteUfrag) => ({
			...restart(remoteUfrag),
			candidates: ['udp1 1 udp 2130706431 203.0.113.9 8189 typ host'],
		}));
		server.updateIce(viewer.id, fragment('newUfrag'));
		expect(server.connection(viewer.id)?.offered).toEqual(['udp 203.0.113.9:8189']);
	});

	it('restarts ICE ten times at once and five times a second, and lives on', async () => {
		const { server, viewer, clock } = await joined();
		let count = 0;
		const restart = () => server.updateIce(viewer.id, fragment(`flood${count++}`));
		const refused = expect.objectContaining({ code: 'rate_limited' });
		for (let time = 0; time < 10; time++) expect(restart()).toContain('a=ice-ufrag:');
		const tag = server.etag(viewer.id);
		expect(restart).toThrow(refused);
		expect(server.etag(viewer.id)).toBe(tag);
		// What is no restart does no harm.
		expect(server.updateIce(viewer.id, fragment('flood9'))).toBeUndefined();
		await clock.advance(1000);
		for (let time = 0; time < 5; time++) expect(restart()).toContain('a=ice-ufrag:');
		expect(restart).toThrow(refused);
		expect(viewer.peer.restarts).toHaveLength(15);
		expect(server.session(viewer.id)?.state).toBe('connected');
	});

	it('lives on after a fragment that cannot be read', async () => {
		const { server, viewer } = await joined();
		expect(() => server.updateIce(viewer.id, 'nonsense')).toThrow(expect.objectContaining({ code: 'offer_invalid' }));
		expect(server.session(viewer.id)?.state).toBe('connected');
	});

	it('that is over is not found', async () => {
		const { server, viewer } = await joined();
		server.remove(viewer.id);
		expect(server.etag(viewer.id)).toBeUndefined();
		expect(() => server.updateIce(viewer.id, fragment('newUfrag'))).toThrow(
			expect.objectContaining({ code: 'session_not_found' }),
		);
	});

	async function joined() {
		const scene = new WebRtcScene();
		await scene.play(1, { key: true });
		return { server: scene.server, viewer: await scene.join(), clock: scene.clock };
	}
});
