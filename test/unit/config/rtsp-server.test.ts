import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.ts';
import { parseConfig } from '../../../src/config/parse.ts';

function problem(text: string): string {
	try {
		parseConfig(text, 'c.yaml', {});
	} catch (error) {
		if (error instanceof ConfigError) return error.message;
	}
	return '';
}

describe('rtsp_server', () => {
	it('is off, and open to everybody once it is on', () => {
		expect(parseConfig('rtsp_server: { enabled: true }', 'c.yaml', {}).rtsp_server).toEqual({
			enabled: true,
			host: '0.0.0.0',
			port: 8554,
			udp: true,
			udp_port: 8554,
			mtu: 1500,
			max_connections: 256,
			username: null,
			password: null,
		});
		expect(parseConfig('', 'c.yaml', {}).rtsp_server.enabled).toBe(false);
	});

	it.each([
		['rtsp_server: { udp_port: 9001 }', 'rtsp_server.udp_port: must be an even port'],
		['rtsp_server: { mtu: 100 }', 'rtsp_server.mtu: expected a whole number from 576 to 9000'],
		['rtsp_server: { password: secret }', 'rtsp_server.username: is missing beside password'],
		['rtsp_server: { username: me }', 'rtsp_server.password: is missing beside username'],
		['rtsp_server: { enabled: true, port: 8107 }', 'rtsp_server.port: is taken by server.port'],
		['webrtc: { tcp_port: 8554 }\nrtsp_server: { enabled: true }', 'rtsp_server.port: is taken by webrtc.tcp_port'],
		['webrtc: { udp_port: 8555 }\nrtsp_server: { enabled: true }', 'taken by webrtc.udp_port'],
	])('refuses %s', (text, words) => {
		expect(problem(text)).toContain(words);
	});

	it.each([
		'webrtc: { udp_port: 8555 }\nrtsp_server: { enabled: true, udp: false }',
		'webrtc: { udp_port: 8555 }\nrtsp_server: { enabled: false }',
		'webrtc: { enabled: false, udp_port: 8555 }\nrtsp_server: { enabled: true }',
		'rtsp_server: { udp: false, udp_port: 9001 }',
		'auth: { read: jwt }\nrtsp_server: { enabled: true, username: me, password: secret }',
	])('takes %s', (text) => {
		expect(problem(text)).toBe('');
	});
});
