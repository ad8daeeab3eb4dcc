import { expect, it } from 'vitest';
import { explainStartFailure } from '../../../src/cli/start-failure.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const text = `
server: { tls: { cert: c.pem, key: k.pem } }
rtsp_server: { enabled: true, host: 192.0.2.1 }
`;
const config = parseConfig(text, 'c.yaml', {});

function failure(facts: { code: string; syscall: string; port?: number; address?: string; hostname?: string }): Error {
	return Object.assign(new Error('no'), facts);
}

it.each([
	[{ code: 'EADDRINUSE', syscall: 'listen', port: 8554 }, 'TCP port 8554 (rtsp_server.port) is in use'],
	[{ code: 'EADDRINUSE', syscall: 'bind', port: 8554 }, 'UDP port 8554 (rtsp_server.udp_port) is in use'],
	[{ code: 'EADDRINUSE', syscall: 'bind', port: 8555 }, 'UDP port 8555 (rtsp_server.udp_port) is in use'],
	[{ code: 'EADDRINUSE', syscall: 'bind', port: 8189 }, 'UDP port 8189 (webrtc.udp_port) is in use'],
	[{ code: 'EADDRINUSE', syscall: 'listen', port: 8107 }, 'TCP port 8107 (server.port) is in use'],
	[{ code: 'EADDRINUSE', syscall: 'listen', port: 8443 }, 'TCP port 8443 (server.tls.port) is in use'],
	[
		{ code: 'EADDRNOTAVAIL', syscall: 'listen', port: 8554, address: '192.0.2.1' },
		'this machine has no address 192.0.2.1 (rtsp_server.host)',
	],
	[
		{ code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: '192.0.2.1' },
		'this machine has no address 192.0.2.1 (rtsp_server.host)',
	],
	[
		{ code: 'EAI_AGAIN', syscall: 'getaddrinfo', hostname: '0.0.0.0' },
		'this machine has no address 0.0.0.0 (server.host)',
	],
])('names the key of %o', (facts, words) => {
	expect(explainStartFailure(failure(facts), config)).toContain(words);
});

const secrets = `auth: { secret: ${'x'.repeat(32)} }\ncluster: { secret: ${'y'.repeat(32)}, `;

it.each([
	[`${secrets}role: main }`, 8556, 'TCP port 8556 (cluster.rtsp_port) is in use', 'choose another cluster.rtsp_port'],
	[`${secrets}role: sub }`, 8556, 'server.port', '--port'],
	[`${secrets}role: main, rtsp_port: 9000 }`, 9000, 'TCP port 9000 (cluster.rtsp_port)', 'cluster.rtsp_port'],
	['webrtc: { tcp_port: 8556 }', 8556, 'TCP port 8556 (webrtc.tcp_port)', 'webrtc.tcp_port'],
])('names the port of a main: %s', (settings, port, words, cure) => {
	const said = explainStartFailure(
		failure({ code: 'EADDRINUSE', syscall: 'listen', port }),
		parseConfig(settings, 'c.yaml', {}),
	);
	expect(said).toContain(words);
	expect(said).toContain(cure);
});
