import type { Socket } from 'node:net';
import { SourceError } from '../../../base/errors.ts';
import { RtspSyntaxError, sourceErrorFromSocket } from '../../errors.ts';
import type { RtspHeaders } from '../../headers.ts';
import { RTSP_LIMITS } from '../../limits.ts';
import { parseHeaders } from '../../message.ts';
import type { Login } from '../login.ts';
import { type DialOptions, dial, remoteOf } from './dial.ts';

export type HttpOpenOptions = DialOptions & {
	/** Path and query, as in the request line. */
	readonly target: string;
	readonly login: Login;
	readonly userAgent: string;
	/** Milliseconds for the answer. */
	readonly responseTimeout: number;
};

/** A connection on which a GET was answered. What comes after the head of the answer is still to be read. */
export type HttpOpened = { readonly socket: Socket; readonly status: number; readonly headers: RtspHeaders };

/**
 * Connects and sends a GET, the second time with a password when it is asked for.
 *
 * @throws SourceError
 */
export async function openByGet(
	options: HttpOpenOptions,
	version: '1.0' | '1.1',
	headers: Readonly<Record<string, string>>,
): Promise<HttpOpened> {
	const { target, login } = options;
	let last: Socket | undefined;
	let { address } = options;
	try {
		return await login.send('GET', target, async (authorization) => {
			last?.destroy();
			const socket = await dial({ ...options, ...(address !== undefined && { address }) });
			last = socket;
			// A password goes to where it was asked for, whatever the name means by now.
			address = socket.remoteAddress;
			socket.write(httpHead(`GET ${target} HTTP/${version}`, options, headers, authorization));
			return { socket, ...(await readHead(socket, options)) };
		});
	} catch (failure) {
		last?.destroy();
		throw failure;
	}
}

/** The text of a request up to and with its empty line. */
export function httpHead(
	requestLine: string,
	options: HttpOpenOptions,
	headers: Readonly<Record<string, string>>,
	authorization: string | undefined,
): string {
	const lines = [requestLine, `Host: ${remoteOf(options)}`, `User-Agent: ${options.userAgent}`];
	for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
	if (authorization !== undefined) lines.push(`Authorization: ${authorization}`);
	return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Status and headers of an answer; undefined when the text is no head of one. */
export function parseHttpHead(text: string): { status: number; headers: RtspHeaders } | undefined {
	const [start = '', ...lines] = text.split(/\r?\n/, RTSP_LIMITS.headers + 1);
	// Some cameras name the protocol that is inside.
	const [, status] = /^(?:HTTP|RTSP)\/1\.\d +(\d{3})\b/.exec(start) ?? [];
	return status === undefined ? undefined : { status: Number(status), headers: parseHeaders(lines) };
}

/** What the first line of an answer says, where no password is asked for and it says enough: some never end the head. */
export function parseRefusal(text: string): { status: number; headers: RtspHeaders } | undefined {
	const line = /^[^\n]*(?=\n)/.exec(text)?.[0];
	const head = line === undefined ? undefined : parseHttpHead(line.trimEnd());
	return head && head.status >= 400 && head.status !== 401 ? head : undefined;
}

function readHead(socket: Socket, options: HttpOpenOptions): Promise<{ status: number; headers: RtspHeaders }> {
	const { clock, responseTimeout, signal } = options;
	return new Promise((resolve, reject) => {
		let text = '';
		let settled = false;
		const settle = (action: () => void) => {
			if (settled) return;
			settled = true;
			timer.cancel();
			signal.removeEventListener('abort', onAbort);
			socket.pause();
			// The `error` listener stays until the next owner has one.
			socket.removeListener('data', onData).removeListener('close', onClose);
			action();
		};
		const fail = (error: SourceError) => settle(() => reject(error));
		const onAbort = () => fail(new SourceError('camera_closed', 'connecting was given up'));
		const onClose = () => fail(new SourceError('camera_closed', 'the camera closed the connection'));
		const onData = (chunk: Buffer) => {
			text += chunk.toString('latin1');
			const [gap] = /\r?\n\r?\n/.exec(text) ?? [];
			if (gap === undefined) {
				const refusal = parseRefusal(text);
				if (refusal) return settle(() => resolve(refusal));
				if (text.length > RTSP_LIMITS.httpHeadBytes) fail(notHttp(`headers over ${RTSP_LIMITS.httpHeadBytes} bytes`));
				return;
			}
			const end = text.indexOf(gap);
			const head = readOrUndefined(text.slice(0, end));
			if (!head) return fail(notHttp('no answer of HTTP'));
			const rest = Buffer.from(text.slice(end + gap.length), 'latin1');
			settle(() => {
				if (rest.length > 0) socket.unshift(rest);
				resolve(head);
			});
		};
		const timer = clock.after(responseTimeout, () => {
			fail(new SourceError('camera_timeout', `the camera did not answer GET in ${responseTimeout} ms`));
		});
		socket.on('data', onData);
		socket.once('close', onClose);
		socket.on('error', (error) => fail(sourceErrorFromSocket(error, remoteOf(options))));
		signal.addEventListener('abort', onAbort, { once: true });
		if (signal.aborted) onAbort();
	});
}

function readOrUndefined(text: string): ReturnType<typeof parseHttpHead> {
	try {
		return parseHttpHead(text);
	} catch (failure) {
		if (failure instanceof RtspSyntaxError) return undefined;
		throw failure;
	}
}

function notHttp(what: string): SourceError {
	return new SourceError('camera_protocol', `the camera does not speak HTTP at this port: ${what}`);
}
