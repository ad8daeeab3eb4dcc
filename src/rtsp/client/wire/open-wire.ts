import type { SourceTransport } from '../../../stream/source.ts';
import type { CameraUrl } from '../camera-url.ts';
import type { Login } from '../login.ts';
import { SharedReads } from '../transport/shared-reads.ts';
import { type DialOptions, dial } from './dial.ts';
import { openHttpTunnel } from './http-tunnel.ts';
import { openWebSocket } from './websocket-wire.ts';
import { SocketWire, type Wire } from './wire.ts';

export type OpenWireOptions = Omit<DialOptions, 'host' | 'port'> & {
	readonly camera: CameraUrl;
	readonly transport: SourceTransport;
	/** Path and query of the tunnel; by default where the stream is, or Axis's way for a WebSocket. */
	readonly tunnelPath: string | undefined;
	/** For the web server of the camera. */
	readonly login: Login;
	readonly userAgent: string;
	/** A number in [0, 1). */
	readonly random: () => number;
	/** Milliseconds for an answer of the web server. */
	readonly responseTimeout: number;
};

const WEBSOCKET_PATH = '/rtsp-over-websocket';

/** True for the transports that go through the web server of the camera. */
export function isTunnel(transport: SourceTransport | 'auto'): boolean {
	return transport === 'http' || transport === 'websocket';
}

/**
 * Connects to a camera, in what its transport wants the connection wrapped.
 *
 * @throws SourceError that names why there is no connection
 */
export async function openWire(options: OpenWireOptions): Promise<Wire> {
	const { camera, transport, tunnelPath, random } = options;
	const target = { ...options, host: camera.host, port: camera.port };
	switch (transport) {
		case 'http':
			return openHttpTunnel({ ...target, target: tunnelPath ?? pathOf(camera.requestUrl) }, random);
		case 'websocket':
			return openWebSocket({ ...target, target: tunnelPath ?? WEBSOCKET_PATH }, random);
		default: {
			if (target.tls !== undefined) return new SocketWire(await dial(target));
			const reads = new SharedReads();
			return new SocketWire(await dial(target, reads.onread), reads);
		}
	}
}

function pathOf(requestUrl: string): string {
	const path = requestUrl.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/#.*$/, '');
	return path.startsWith('/') ? path : `/${path}`;
}
