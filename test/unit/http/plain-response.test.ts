import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PlainResponse } from '../../../src/http/plain-response.ts';

const ANSWERS = 1000;
const BODY = 10_000;

afterEach(() => {
	vi.useRealTimers();
});

it('what was answered takes no memory beside the body, once its second is over', () => {
	vi.useFakeTimers({ toFake: ['Date'] });
	setFlagsFromString('--expose-gc');
	const gc = runInNewContext('gc') as () => void;
	// Array buffers are freed beside the program; the next collection waits for that.
	const collect = () => {
		gc();
		gc();
	};
	let written = 0;
	const socket = new Writable({
		write(chunk: Buffer, _encoding, done) {
			written += chunk.length;
			done();
		},
	}) as Socket;
	const files = Array.from({ length: ANSWERS }, () => ({
		head: ['Content-Type', 'video/mp4', 'Content-Length', `${BODY}`],
		body: new Uint8Array(BODY),
	}));
	function answer({ head, body }: (typeof files)[number]): void {
		new PlainResponse(socket, false, () => {}).writeHead(200, head).end(body);
	}
	collect();
	const before = process.memoryUsage().arrayBuffers;
	for (const file of files) answer(file);
	vi.setSystemTime(Date.now() + 1000);
	files.slice(0, 1).forEach(answer);
	collect();
	expect(process.memoryUsage().arrayBuffers - before).toBeLessThan((ANSWERS * BODY) / 10);
	expect(written).toBeGreaterThan((ANSWERS + 1) * BODY);
	expect(files).toHaveLength(ANSWERS);
});

describe('an answer', () => {
	/** What goes out, without its date. */
	function sent(isHead: boolean, write: (response: PlainResponse) => void): string {
		const chunks: Buffer[] = [];
		const socket = new Writable({
			write(chunk: Buffer, _encoding, done) {
				chunks.push(chunk);
				done();
			},
		}) as Socket;
		write(new PlainResponse(socket, isHead, () => {}));
		return Buffer.concat(chunks)
			.toString('latin1')
			.replace(/Date: .*\r\n/, '');
	}

	it('with the head of another one has a status, fields and a length of its own', () => {
		const whole = ['Content-Length', '1'];
		const answer = (status: number, tag?: string) =>
			sent(false, (response) => {
				if (tag) response.setHeader('ETag', tag);
				response.writeHead(status, whole).end('a');
			});
		const text = (status: string, fields = '') => `HTTP/1.1 ${status}\r\n${fields}Content-Length: 1\r\n\r\na`;
		expect(answer(200, '"1"')).toBe(text('200 OK', 'ETag: "1"\r\n'));
		expect(answer(200)).toBe(text('200 OK'));
		expect(answer(200, '"2"')).toBe(text('200 OK', 'ETag: "2"\r\n'));
		expect(answer(404)).toBe(text('404 Not Found'));
		const open = ['Content-Type', 'a/b'];
		for (const body of ['a', 'bcd', '']) {
			const said = sent(false, (response) => response.writeHead(200, open).end(body));
			expect(said).toBe(`HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
		}
	});

	it('without a body says no length, which would be that of a body', () => {
		for (const [status, words] of [
			[204, '204 No Content'],
			[304, '304 Not Modified'],
		] as const) {
			expect(sent(false, (response) => response.writeHead(status).end())).toBe(`HTTP/1.1 ${words}\r\n\r\n`);
		}
		expect(sent(true, (response) => response.writeHead(200).end('a'))).toBe('HTTP/1.1 200 OK\r\n\r\n');
		const head = sent(true, (response) => response.writeHead(200, { 'Content-Length': 1 }).end('a'));
		expect(head).toBe('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n');
	});

	it('is given once, and not at all to who has gone', () => {
		const twice = sent(false, (response) => {
			response.end('a');
			response.end('b');
		});
		expect(twice).toBe('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na');
		const gone = sent(false, (response) => {
			response.leave();
			response.end('a');
			expect(response.destroyed).toBe(true);
		});
		expect(gone).toBe('');
	});
});
