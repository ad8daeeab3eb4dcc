import { expect, it } from 'vitest';
import { explainStartFailure } from '../../../src/cli/start-failure.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const text = `
server: { tls: { cert: c.pem, key: k.pem } }
rtsp_server: { enabled: true, host: 192.0.2.1 }
`;
const config = parseConfig(text, 'c.yaml', {});

function failure(facts: { code: string; syscall: string; port?: number; address?: string }): Error {
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
])('names the key of %o', (facts, words) => {
	expect(explainStartFailure(failure(facts), config)).toContain(words);
});
