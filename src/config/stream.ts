import { z } from 'zod';
import type { Credentials } from '../base/rtsp-url.ts';
import { choice, flag, section, text } from './fields.ts';
import { parseSource } from './source.ts';

/** One stream as configured. */
export type StreamSettings = {
	/** An `rtsp://`, `rtsps://` or `rtspx://` URL without user information, or `demo`. */
	source: string;
	credentials: Credentials | undefined;
	on_demand: boolean;
	transport: (typeof TRANSPORTS)[number];
	/** Path and query of the tunnel, when they are not the usual ones. */
	tunnel_path: string | undefined;
	/** Whom to believe at the other end of TLS; undefined: as the URL says. */
	tls: 'unchecked' | { fingerprint: string } | undefined;
};

export const TRANSPORTS = ['auto', 'tcp', 'udp', 'multicast', 'http', 'websocket'] as const;
const FINGERPRINT = /^(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/i;
const TUNNEL_PATH = /^\/[\x21-\x7e]*$/;

const source = text(2048)
	.superRefine((value, context) => {
		const address = parseSource(value);
		if (typeof address === 'string') context.addIssue({ code: 'custom', message: address, input: value });
	})
	.describe(
		'Address of the camera, rtsp://[user:password@]host[:port]/path, or demo for the built-in camera; rtsps:// is ' +
			'RTSP over TLS, rtspx:// the same without a check of the certificate.',
	);

const tls = section({
	fingerprint: text(95)
		.regex(FINGERPRINT, { error: 'expected the SHA-256 of a certificate, 64 hexadecimal digits' })
		.optional()
		.describe('SHA-256 of the certificate that is believed, whoever signed it.'),
	insecure: flag().optional().describe('Believe any certificate: anyone in between can read and change all.'),
}).transform(({ fingerprint, insecure }, context): StreamSettings['tls'] => {
	if (fingerprint !== undefined && insecure) {
		const message = 'a certificate is either known by its fingerprint or not checked; take one out';
		context.addIssue({ code: 'custom', path: ['insecure'], message, input: insecure });
	}
	if (fingerprint !== undefined) return { fingerprint: fingerprint.replaceAll(':', '').toLowerCase() };
	return insecure ? 'unchecked' : undefined;
});

const settings = section({
	source,
	username: text(256).optional().describe('User name at the camera, when it is not in the address.'),
	password: text(4096).optional().describe('Password at the camera, as it is: nothing needs escaping here.'),
	on_demand: flag()
		.default(true)
		.describe('Open the camera for the first viewer and close it after the last; false keeps it open always.'),
	transport: choice(TRANSPORTS)
		.default('auto')
		.describe(
			'How media comes from the camera: auto (what worked last, else tcp, and udp when the camera refuses tcp), tcp, ' +
				'udp, multicast, or within the web server of the camera: http, websocket.',
		),
	tunnel_path: text(1024)
		.regex(TUNNEL_PATH, { error: 'expected a path that begins with /' })
		.optional()
		.describe(
			'Path at the web server of the camera with transport http or websocket; else that of source, or for websocket ' +
				'/rtsp-over-websocket.',
		),
	tls: tls
		.optional()
		.describe(
			'Which certificate is believed with rtsps://, when no authority vouches for it: {fingerprint: its SHA-256} or ' +
				'{insecure: true} for any.',
		),
});

/** A camera's address alone, or settings. */
export const stream = z
	.union([source, settings], { error: 'expected the address of a camera, or settings with a source' })
	.transform((entry, context): StreamSettings => {
		const given = typeof entry === 'string' ? settings.parse({ source: entry }) : entry;
		const address = parseSource(given.source);
		if (typeof address === 'string') return z.NEVER;
		const apart = given.username !== undefined || given.password !== undefined;
		if (apart && address.credentials) {
			refuse('source', 'the user name and password are given twice; take them out of the address');
		} else if (given.password !== undefined && given.username === undefined) {
			refuse('password', 'a password needs a username beside it');
		} else if (apart && address.source === 'demo') {
			refuse('username', 'the demo camera has no user name and password; take them out');
		}
		if (given.tls !== undefined && !/^rtsp[sx]:/.test(address.source)) {
			refuse('tls', 'the address of the source is not encrypted; begin it with rtsps://');
		}
		if (given.tunnel_path !== undefined && given.transport !== 'http' && given.transport !== 'websocket') {
			refuse('tunnel_path', 'only transport http and websocket go through a path of their own');
		}
		return {
			source: address.source,
			credentials:
				given.username === undefined
					? address.credentials
					: { username: given.username, password: given.password ?? '' },
			on_demand: given.on_demand,
			transport: given.transport,
			tunnel_path: given.tunnel_path,
			tls: given.tls,
		};

		function refuse(key: string, message: string): void {
			context.addIssue({ code: 'custom', path: [key], message, input: entry });
		}
	});
