import type { z } from 'zod';
import { flag, port, section, text, whole } from './fields.ts';

/** The RTSP server. */
export const rtspServer = section({
	enabled: flag().default(false).describe('Offer the streams by RTSP, at rtsp://<this machine>:8554/<stream>.'),
	host: text(255).default('0.0.0.0').describe('IP address to listen on; 0.0.0.0 is every network of this machine.'),
	port: port().default(8554).describe('TCP port; 0 takes a free one.'),
	udp: flag().default(true).describe('Send media over UDP to clients that ask for it; false is TCP only.'),
	udp_port: port()
		.default(8554)
		.describe('UDP port of media over UDP: an even one, the next one is taken too; 0 takes free ones.'),
	mtu: whole(576, 9000)
		.default(1500)
		.describe('Largest IP packet of media over UDP, in bytes; smaller for networks that tunnel, such as a VPN.'),
	max_connections: whole(1, 10_000).default(256).describe('Clients at once, all streams together.'),
	username: text(255)
		.nullable()
		.default(null)
		.describe(
			'User name that all clients need; with password. Without both, auth decides: a token is given as the password.',
		),
	password: text(255).nullable().default(null).describe('Password that clients need (Digest).'),
}).superRefine((settings, context) => {
	const refuse = (key: keyof typeof settings, message: string) =>
		context.addIssue({ code: 'custom', path: [key], message, input: settings[key] });
	if (settings.udp && settings.udp_port % 2 === 1)
		refuse('udp_port', 'must be an even port: the next one is taken too');
	if (settings.password !== null && settings.username === null) refuse('username', 'is missing beside password');
	if (settings.username !== null && settings.password === null) refuse('password', 'is missing beside username');
});

type Surroundings = {
	server: { port: number };
	webrtc: { enabled: boolean; udp_port: number; tcp_port: number | null };
	rtsp_server: z.output<typeof rtspServer>;
};

/** What the RTSP server has in common with the other sections. */
export function checkRtspServer(config: Surroundings, context: z.RefinementCtx): void {
	const { rtsp_server: rtsp, webrtc, server } = config;
	if (!rtsp.enabled) return;
	const refuse = (key: keyof typeof rtsp, message: string) =>
		context.addIssue({ code: 'custom', path: ['rtsp_server', key], message, input: rtsp[key] });
	if (rtsp.port !== 0 && rtsp.port === server.port) refuse('port', 'is taken by server.port; choose another one');
	if (rtsp.port !== 0 && webrtc.enabled && rtsp.port === webrtc.tcp_port) {
		refuse('port', 'is taken by webrtc.tcp_port; choose another one');
	}
	const media = rtsp.udp && rtsp.udp_port !== 0 ? [rtsp.udp_port, rtsp.udp_port + 1] : [];
	if (webrtc.enabled && media.includes(webrtc.udp_port)) {
		refuse('udp_port', 'it or the next one is taken by webrtc.udp_port; choose another one');
	}
}
