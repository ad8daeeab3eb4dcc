import { connect, isIP, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../../base/clock.ts';
import { SourceError } from '../../../base/errors.ts';
import { sourceErrorFromSocket } from '../../errors.ts';
import type { Places } from '../camera-places.ts';
import { distrust, type TlsTrust } from './tls-trust.ts';

export type DialOptions = {
	/** An IPv6 address comes without brackets. */
	readonly host: string;
	readonly port: number;
	/** Of the host, when it is known: its name is not looked up again. */
	readonly address?: string;
	/** Where cameras may be; undefined: everywhere. */
	readonly places?: Places | undefined;
	/** Undefined for plain TCP. */
	readonly tls: TlsTrust | undefined;
	readonly clock: Clock;
	/** Milliseconds until the connection must stand, name lookup and TLS included. */
	readonly connectTimeout: number;
	/** Ends connecting; an open connection is its owner's to close. */
	readonly signal: AbortSignal;
};

/** Cameras that need their certificate unchecked are old in other ways as well. */
const LENIENT = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;

/**
 * A TCP connection, or a TLS one to a peer that is trusted: nothing was sent to it before.
 *
 * @param onread where a plain one is read to; it then emits no `data`
 * @throws SourceError that names why there is none
 */
export function dial(options: DialOptions, onread?: OnReadOpts): Promise<Socket> {
	const { host, port, address = host, places, clock, connectTimeout, signal, tls } = options;
	const remote = remoteOf(options);
	return new Promise((resolve, reject) => {
		places?.check(host, address);
		const plain = { host: address, port, ...(places && { lookup: places.lookup }), ...(onread && { onread }) };
		const socket = tls === undefined ? connect(plain) : openTls(address, options, tls);
		const settle = (error?: SourceError) => {
			timer.cancel();
			signal.removeEventListener('abort', abort);
			socket.removeListener('connect', onOpen).removeListener('secureConnect', onOpen);
			socket.removeListener('error', onError);
			if (error === undefined) {
				socket.setNoDelay(true);
				return resolve(socket);
			}
			// An error that comes after the decision has nobody left to tell.
			socket.on('error', () => {});
			socket.destroy();
			reject(error);
		};
		const onOpen = () => settle(tls === undefined ? undefined : distrust(socket, tls, remote));
		const onError = (error: Error) => {
			settle(error instanceof SourceError ? error : sourceErrorFromSocket(error, remote));
		};
		const abort = () => settle(new SourceError('camera_closed', 'connecting was given up'));
		const timer = clock.after(connectTimeout, () => {
			settle(new SourceError('camera_timeout', `no connection to ${remote} in ${connectTimeout} ms`));
		});
		socket.once(tls === undefined ? 'connect' : 'secureConnect', onOpen);
		socket.once('error', onError);
		signal.addEventListener('abort', abort, { once: true });
		if (signal.aborted) abort();
	});
}

/** `host:port` */
export function remoteOf({ host, port }: { readonly host: string; readonly port: number }): string {
	return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The handshake is let through, so that what is wrong with the certificate can be told. */
function openTls(address: string, { host, port, places }: DialOptions, trust: TlsTrust): Socket {
	return connectTls({
		host: address,
		port,
		rejectUnauthorized: false,
		...(places && { lookup: places.lookup }),
		...(isIP(host) === 0 && { servername: host }),
		...(trust === 'unchecked' && LENIENT),
		...(typeof trust === 'object' && 'authorities' in trust && trust.authorities && { ca: trust.authorities }),
	});
}
