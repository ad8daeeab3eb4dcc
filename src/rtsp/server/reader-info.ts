import type { ServerConnection } from './connection.ts';

/** One RTSP client that has set up something, as the API shows it. */
export type ReaderInfo = {
	/** Not the RTSP session's, which is a secret of its client. */
	id: string;
	state: 'ready' | 'playing' | 'paused';
	transport: 'tcp' | 'udp';
	/** `address:port` */
	remote: string;
	user_agent?: string;
	/** ISO 8601 */
	connected_at: string;
	packets_sent: number;
	/** RTP payload. */
	bytes_sent: number;
	/** Left out because the client was too slow. */
	frames_dropped: number;
};

/** @returns undefined when the client has not set up what is at `path` */
export function readerInfo(connection: ServerConnection, id: string, path: string): ReaderInfo | undefined {
	const { session, remote, userAgent, connectedAt } = connection;
	const { transport, playback, state } = session;
	if (session.path !== path || transport === undefined || state === 'init') return undefined;
	return {
		id,
		state,
		transport,
		remote,
		...(userAgent !== undefined && { user_agent: userAgent }),
		connected_at: new Date(connectedAt).toISOString(),
		packets_sent: playback?.packets ?? 0,
		bytes_sent: playback?.octets ?? 0,
		frames_dropped: playback?.dropped ?? 0,
	};
}
