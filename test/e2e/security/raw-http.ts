import { connect } from 'node:net';

export type RawAnswer = { readonly status: number; readonly head: string; readonly body: Buffer };

const DEADLINE_MS = 15_000;

/**
 * Sends a request as it is written: no client library tidies its path up.
 *
 * @param text from the request line on; what is missing at its end is added
 */
export function raw(port: number, text: string | Uint8Array): Promise<RawAnswer> {
	return new Promise((resolve, reject) => {
		const socket = connect(port, '127.0.0.1');
		const parts: Buffer[] = [];
		const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), DEADLINE_MS);
		socket.on('data', (part) => parts.push(part));
		socket.on('error', (error) => {
			// An answer that came before the connection was cut counts.
			if (parts.length === 0) reject(error);
		});
		socket.on('close', () => {
			clearTimeout(timer);
			const bytes = Buffer.concat(parts);
			const end = bytes.indexOf('\r\n\r\n');
			const head = bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
			const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
			resolve({ status, head, body: bytes.subarray(end < 0 ? bytes.length : end + 4) });
		});
		socket.write(text);
	});
}

/** One request without a body on a connection of its own. */
export function ask(port: number, method: string, path: string, headers: readonly string[] = []): Promise<RawAnswer> {
	const lines = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close', ...headers];
	return raw(port, Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
}
