import { describe, expect, it } from 'vitest';
import { connectionReport } from '../../../src/webrtc/connection-report.ts';
import type { PeerDiagnosis } from '../../../src/webrtc/transport/secure-transport.ts';

const CANDIDATES = [
	'udp1 1 udp 2130706431 192.0.2.1 8189 typ host',
	'udp2 1 udp 2130706175 2001:db8::1 8189 typ host',
	'tcp1 1 tcp 1518280447 192.0.2.1 8190 typ host tcptype passive',
];

describe('connectionReport', () => {
	it.each<[string, PeerDiagnosis, boolean, string, RegExp]>([
		[
			'the port is closed',
			{ state: 'new', bindingRequests: 0, dtlsDatagrams: 0 },
			false,
			'no_checks',
			/additional_hosts/,
		],
		['answers are lost', { state: 'checked', bindingRequests: 5, dtlsDatagrams: 0 }, false, 'no_handshake', /firewall/],
		['DTLS fails', { state: 'checked', bindingRequests: 5, dtlsDatagrams: 2 }, false, 'handshake', /DTLS/],
		['there is no picture', { state: 'secured', bindingRequests: 5, dtlsDatagrams: 4 }, false, 'no_media', /key frame/],
		['all is well', { state: 'secured', bindingRequests: 5, dtlsDatagrams: 4 }, true, 'media', /being sent/],
	])('says where it stopped when %s', (_what, diagnosis, sent, stage, words) => {
		const report = connectionReport(diagnosis, CANDIDATES, sent);
		expect(report).toMatchObject({ stage, explanation: expect.stringMatching(words) });
		expect(report.offered).toEqual(['udp 192.0.2.1:8189', 'udp [2001:db8::1]:8189', 'tcp 192.0.2.1:8190']);
	});

	it.each([
		['only where TCP is not offered', CANDIDATES.slice(0, 2), true],
		['not where it is', CANDIDATES, false],
	])('advises TCP %s', (_where, candidates, advised) => {
		const { explanation } = connectionReport({ state: 'new', bindingRequests: 0, dtlsDatagrams: 0 }, candidates, false);
		expect(explanation.includes('webrtc.tcp_port')).toBe(advised);
	});
});
