import { isDeepStrictEqual } from 'node:util';
import { Authorizer } from '../../../src/rtsp/auth.ts';
import { chooseChallenge } from '../../../src/rtsp/challenge.ts';
import { RtspHeaders } from '../../../src/rtsp/headers.ts';
import { parseSession } from '../../../src/rtsp/session-header.ts';
import { buildTransport, parseTransport } from '../../../src/rtsp/transport-header.ts';
import { type FuzzTarget, lineOf, promise } from '../target.ts';

export const transportHeader: FuzzTarget = {
	name: 'transport-header',
	shape: 'bytes',
	dictionary: ['RTP/AVP', '/TCP', ';', ',', '=', '-', 'interleaved=', 'server_port=', 'ssrc=', 'mode="', 'source='],
	run(input) {
		for (const transport of parseTransport(lineOf(input))) {
			for (const port of [...(transport.clientPort ?? []), ...(transport.serverPort ?? [])]) {
				promise(port >= 0 && port <= 0xffff, 'ports are ports');
			}
			for (const channel of transport.interleaved ?? []) promise(channel >= 0 && channel <= 255, 'channels fit a byte');
			const { ssrc = 0 } = transport;
			promise(ssrc === ssrc >>> 0, 'an SSRC has 32 bits');
			const again = parseTransport(buildTransport(transport));
			promise(isDeepStrictEqual(again, [transport]), 'what was written reads the same');
		}
	},
};

export const sessionHeader: FuzzTarget = {
	name: 'session-header',
	shape: 'bytes',
	dictionary: [';', 'timeout=', 'timeout = "', '60', ' '],
	run(input) {
		const session = parseSession(lineOf(input));
		if (!session) return;
		promise(session.id !== '' && !session.id.includes(';'), 'an id is there');
		const { timeout = 60 } = session;
		promise(timeout >= 1 && timeout <= 3600, 'the timeout is in bounds');
		new RtspHeaders({ Session: session.id });
	},
};

/** `WWW-Authenticate`, one header a line, and what is answered to it. */
export const authentication: FuzzTarget = {
	name: 'authentication',
	shape: 'bytes',
	dictionary: [
		'Basic ',
		'Digest ',
		'realm="',
		'nonce="',
		'algorithm=',
		'SHA-256',
		'MD5-sess',
		'qop="auth"',
		'\\',
		'\n',
	],
	run(input) {
		const lines = new TextDecoder().decode(input).split('\n', 8);
		const challenge = chooseChallenge(lines.map((line) => line.replaceAll('\r', ' ').slice(0, 8192)));
		if (!challenge) return;
		const authorizer = new Authorizer({ username: 'us"er', password: 'CANARY' }, () => 0.5);
		authorizer.take(challenge);
		const value = authorizer.authorize('DESCRIBE', 'rtsp://camera/') ?? '';
		new RtspHeaders({ Authorization: value });
		promise(!value.includes('CANARY'), 'the password is not written');
		promise(value.startsWith(challenge.scheme === 'basic' ? 'Basic ' : 'Digest '), 'the scheme is the one asked for');
		if (challenge.scheme === 'basic') return;
		const read = chooseChallenge([value]);
		promise(read?.scheme === 'digest' && read.nonce === challenge.nonce, 'the nonce comes back as it was');
		promise(read.realm === challenge.realm && read.opaque === challenge.opaque, 'so do realm and opaque');
	},
};
