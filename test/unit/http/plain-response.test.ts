import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, it, vi } from 'vitest';
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
