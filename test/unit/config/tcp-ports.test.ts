import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const NODE = `auth: { secret: ${'x'.repeat(32)} }\ncluster: { secret: ${'y'.repeat(32)}, `;
const TLS = 'cert: c.pem, key: k.pem';

function problem(text: string): string {
	try {
		parseConfig(text, 'c.yaml', {});
	} catch (error) {
		if (error instanceof ConfigError) return error.message;
	}
	return '';
}

describe('TCP ports', () => {
	it.each([
		[`${NODE}role: main, rtsp_port: 8107 }`, 'cluster.rtsp_port: is taken by server.port; choose another one'],
		[`${NODE}role: main }\nwebrtc: { tcp_port: 8556 }`, 'cluster.rtsp_port: is taken by webrtc.tcp_port'],
		[
			`${NODE}role: main }\nrtsp_server: { enabled: true, port: 8556 }`,
			'cluster.rtsp_port: is taken by rtsp_server.port',
		],
		[
			`${NODE}role: main, rtsp_port: 8443 }\nserver: { tls: { ${TLS} } }`,
			'cluster.rtsp_port: is taken by server.tls.port',
		],
		['server: { host: 127.0.0.1 }\nwebrtc: { tcp_port: 8107 }', 'webrtc.tcp_port: is taken by server.port'],
		[
			'server: { host: "::" }\nrtsp_server: { enabled: true, port: 8107, host: 127.0.0.1 }',
			'rtsp_server.port: is taken by server.port',
		],
		['webrtc: { tcp_port: 8107 }', 'webrtc.tcp_port: is taken by server.port'],
		[`webrtc: { tcp_port: 8443 }\nserver: { tls: { ${TLS} } }`, 'webrtc.tcp_port: is taken by server.tls.port'],
		[`server: { port: 8443, tls: { ${TLS} } }`, 'server.tls.port: is taken by server.port'],
		[
			`rtsp_server: { enabled: true, port: 8443, host: 10.0.0.1 }\nserver: { tls: { ${TLS} } }`,
			'rtsp_server.port: is taken by server.tls.port',
		],
	])('refuses one that two want: %s', (text, words) => {
		expect(problem(text)).toContain(words);
	});

	it.each([
		`${NODE}role: sub, rtsp_port: 8107 }`,
		'cluster: { rtsp_port: 8107 }',
		'rtsp_server: { port: 8107 }',
		'webrtc: { enabled: false, tcp_port: 8107 }',
		`${NODE}role: main, rtsp_port: 0 }\nserver: { port: 0, tls: { port: 0, ${TLS} } }\nwebrtc: { tcp_port: 0 }`,
		'rtsp_server: { enabled: true, port: 8107, host: 10.0.0.1 }\nserver: { host: 127.0.0.1 }',
	])('takes one that one wants, or that each takes by itself: %s', (text) => {
		expect(problem(text)).toBe('');
	});
});
