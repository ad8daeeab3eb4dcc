import type { z } from 'zod';

type Surroundings = {
	readonly server: { readonly host: string; readonly port: number; readonly tls: { readonly port: number } | null };
	readonly webrtc: { readonly enabled: boolean; readonly tcp_port: number | null };
	readonly rtsp_server: { readonly enabled: boolean; readonly host: string; readonly port: number };
	readonly cluster: { readonly role: string; readonly rtsp_port: number };
};

type Listener = { readonly path: readonly string[]; readonly host: string; readonly port: number };

const EVERY_ADDRESS = '0.0.0.0';
const WILDCARDS = [EVERY_ADDRESS, '::'];

/** No two of the TCP ports that are listened at are the same one. */
export function checkTcpPorts(config: Surroundings, context: z.RefinementCtx): void {
	const before: Listener[] = [];
	for (const listener of listenersOf(config)) {
		const other = before.find((earlier) => collide(earlier, listener));
		before.push(listener);
		if (!other) continue;
		const message = `is taken by ${other.path.join('.')}; choose another one`;
		context.addIssue({ code: 'custom', path: [...listener.path], message, input: listener.port });
	}
}

/** In the order in which they are opened. */
function listenersOf({ server, webrtc, rtsp_server: rtsp, cluster }: Surroundings): Listener[] {
	const { host } = server;
	const listeners = [{ path: ['server', 'port'], host, port: server.port }];
	if (server.tls) listeners.push({ path: ['server', 'tls', 'port'], host, port: server.tls.port });
	if (webrtc.enabled && webrtc.tcp_port !== null) {
		listeners.push({ path: ['webrtc', 'tcp_port'], host: EVERY_ADDRESS, port: webrtc.tcp_port });
	}
	if (rtsp.enabled) listeners.push({ path: ['rtsp_server', 'port'], host: rtsp.host, port: rtsp.port });
	if (cluster.role === 'main') listeners.push({ path: ['cluster', 'rtsp_port'], host, port: cluster.rtsp_port });
	return listeners;
}

/** 0 takes a free one. */
function collide(one: Listener, other: Listener): boolean {
	if (one.port === 0 || one.port !== other.port) return false;
	return one.host === other.host || WILDCARDS.includes(one.host) || WILDCARDS.includes(other.host);
}
