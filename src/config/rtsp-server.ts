import type { z } from 'zod';
import { flag, listenHost, port, section, text, whole } from './fields.ts';

/** The RTSP server. */
export const rtspServer = section({
	enabled: flag().default(false).describe('Offer the streams by RTSP, at rtsp://<this machine>:8554/<stream>.'),
	host: listenHost().default('0.0.0.0').describe('IP address to listen on; 0.0.0.0 is every network of this machine.'),
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
	webrtc: { enabled: boolean; udp_port: number };
	rtsp_server: z.output<typeof rtspServer>;
};

/** UDP ports that the RTSP server and WebRTC both want. */
export function checkUdpPorts(config: Surroundings, context: z.RefinementCtx): void {
	const { rtsp_server: rtsp, webrtc } = config;
	if (!rtsp.enabled || !webrtc.enabled || !rtsp.udp || rtsp.udp_port === 0) return;
	if (![rtsp.udp_port, rtsp.udp_port + 1].includes(webrtc.udp_port)) return;
	const message = 'it or the next one is taken by webrtc.udp_port; choose another one';
	context.addIssue({ code: 'custom', path: ['rtsp_server', 'udp_port'], message, input: rtsp.udp_port });
}
