import { toError } from '../base/errors.ts';
import { redact } from '../base/redact.ts';
import type { Config } from '../config/schema.ts';

type SystemError = Error & { code?: string; syscall?: string; port?: number; address?: string };

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
	switch (code) {
		case 'EADDRINUSE':
			return `${name} port ${port} (${key}) is in use; stop the program that has it, or ${cure}`;
		case 'EACCES':
			return `${name} port ${port} (${key}) may not be opened by this user; ${cure} above 1023`;
		case 'EADDRNOTAVAIL':
		case 'ENOTFOUND':
			return `this machine has no address ${config.server.host} (server.host); use 0.0.0.0 for every address it has`;
		default:
			return undefined;
	}
}

/** Only UDP sockets are bound; TCP ones listen. */
function socketOf({ syscall, port }: SystemError, { server, webrtc }: Config) {
	if (syscall === 'bind') {
		return {
			name: 'UDP',
			key: 'webrtc.udp_port',
			port: port ?? webrtc.udp_port,
			cure: 'choose another webrtc.udp_port',
		};
	}
	if (port !== undefined && port !== server.port && port === webrtc.tcp_port) {
		return { name: 'TCP', key: 'webrtc.tcp_port', port, cure: 'choose another webrtc.tcp_port' };
	}
	return {
		name: 'TCP',
		key: 'server.port',
		port: port ?? server.port,
		cure: 'choose another one with --port or server.port',
	};
}
