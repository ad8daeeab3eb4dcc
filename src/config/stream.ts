import { z } from 'zod';
import { choice, flag, section, text } from './fields.ts';
import { type Credentials, parseSource } from './source.ts';

/** One stream as configured. */
export type StreamSettings = {
	/** An `rtsp://` URL without user information, or `demo`. */
	source: string;
	credentials: Credentials | undefined;
	on_demand: boolean;
	transport: 'auto' | 'tcp' | 'udp';
};

const TRANSPORTS = ['auto', 'tcp', 'udp'] as const;

const source = text(2048)
	.superRefine((value, context) => {
		const address = parseSource(value);
		if (typeof address === 'string') context.addIssue({ code: 'custom', message: address, input: value });
	})
	.describe('Address of the camera, rtsp://[user:password@]host[:port]/path, or demo for the built-in camera.');

const settings = section({
	source,
	username: text(256).optional().describe('User name at the camera, when it is not in the address.'),
	password: text(256).optional().describe('Password at the camera, as it is: nothing needs escaping here.'),
	on_demand: flag()
		.default(true)
		.describe('Open the camera for the first viewer and close it after the last; false keeps it open always.'),
	transport: choice(TRANSPORTS)
		.default('auto')
		.describe('How media comes from the camera: tcp, udp, or auto (TCP first, UDP when the camera refuses it).'),
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
		return {
			source: address.source,
			credentials:
				given.username === undefined
					? address.credentials
					: { username: given.username, password: given.password ?? '' },
			on_demand: given.on_demand,
			transport: given.transport,
		};

		function refuse(key: string, message: string): void {
			context.addIssue({ code: 'custom', path: [key], message, input: entry });
		}
	});
