import { toError } from '../base/errors.ts';
import { redact } from '../base/redact.ts';
import type { Config } from '../config/schema.ts';

type SystemError = Error & { code?: string; syscall?: string; port?: number; address?: string; hostname?: string };

/** Why the gateway did not start, in one line with the setting to change. */
export function explainStartFailure(thrown: unknown, config: Config): string {
	for (let error: unknown = thrown; error instanceof Error; error = error.cause) {
		const sentence = explainSystemError(error, config);
		if (sentence) return sentence;
	}
	return redact(toError(thrown).message);
}

function explainSystemError(error: SystemError, config: Config): string | undefined {
	const { code } = error;
	const { name, key, port, cure } = socketOf(error, config);
	const { host, hostKey } = hostOf(error, config);
	switch (code) {
		case 'EADDRINUSE':
			return `${name} port ${port} (${key}) is in use; stop the program that has it, or ${cure}`;
		case 'EACCES':
			return `${name} port ${port} (${key}) may not be opened by this user; ${cure} above 1023`;
		case 'EADDRNOTAVAIL':
		case 'ENOTFOUND':
		case 'EAI_AGAIN':
			return `this machine has no address ${host} (${hostKey}); use 0.0.0.0 for every address it has`;
		default:
			return undefined;
	}
}

/** The address that another section than `server` may have. */
function hostOf({ address, hostname = address }: SystemError, { server, rtsp_server: rtsp }: Config) {
	if (rtsp.enabled && hostname === rtsp.host && hostname !== server.host) {
		return { host: rtsp.host, hostKey: 'rtsp_server.host' };
	}
	return { host: server.host, hostKey: 'server.host' };
}

/** Only UDP sockets are bound; TCP ones listen. */
function socketOf({ syscall, port }: SystemError, { server, webrtc, rtsp_server: rtsp, cluster }: Config) {
	if (rtsp.enabled && rtsp.udp && syscall === 'bind' && (port === rtsp.udp_port || port === rtsp.udp_port + 1)) {
		return { name: 'UDP', key: 'rtsp_server.udp_port', port, cure: 'choose another rtsp_server.udp_port' };
	}
	if (rtsp.enabled && syscall !== 'bind' && port === rtsp.port && port !== server.port) {
		return { name: 'TCP', key: 'rtsp_server.port', port, cure: 'choose another rtsp_server.port' };
	}
	if (syscall === 'bind') {
		return {
			name: 'UDP',
			key: 'webrtc.udp_port',
			port: port ?? webrtc.udp_port,
			cure: 'choose another webrtc.udp_port',
		};
	}
	if (port !== undefined && port !== server.port && port === server.tls?.port) {
		return { name: 'TCP', key: 'server.tls.port', port, cure: 'choose another server.tls.port' };
	}
	if (port !== undefined && port !== server.port && port === webrtc.tcp_port) {
		return { name: 'TCP', key: 'webrtc.tcp_port', port, cure: 'choose another webrtc.tcp_port' };
	}
	if (port !== undefined && port !== server.port && cluster.role === 'main' && port === cluster.rtsp_port) {
		return { name: 'TCP', key: 'cluster.rtsp_port', port, cure: 'choose another cluster.rtsp_port' };
	}
	return {
		name: 'TCP',
		key: 'server.port',
		port: port ?? server.port,
		cure: 'choose another one with --port or server.port',
	};
}
