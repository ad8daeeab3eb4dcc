import { createHash } from 'node:crypto';
import { parseHttpHead } from '../../../src/rtsp/client/wire/http-open.ts';
import { RtspSyntaxError } from '../../../src/rtsp/errors.ts';
import { RTSP_LIMITS } from '../../../src/rtsp/limits.ts';
import { maskedFrame, OPCODE, type WebSocketHandler, WebSocketSplitter } from '../../../src/rtsp/websocket-frames.ts';
import { Random } from '../random.ts';
import { type FuzzTarget, promise, refusable, textOf } from '../target.ts';

/** Longer streams say nothing new. */
const MAX_STREAM = 4096;

/** What a camera's web server sends in a WebSocket: it does not matter where the stream was cut. */
export const websocketFrames: FuzzTarget = {
	name: 'websocket-frames',
	shape: 'bytes',
	dictionary: ['\x82', '\x00', '\x88\x02', '\x89', '~', '\x7f', 'RTSP/1.0 200 OK\r\n'],
	run(bytes) {
		const input = bytes.subarray(0, MAX_STREAM);
		const whole = split([input]);
		promise(whole.bytes <= input.length, 'nothing comes out that did not come in');
		const random = new Random(input.length);
		const parts: Uint8Array[] = [];
		for (let at = 0; at < input.length; ) {
			const length = 1 + random.below(random.once(4) ? 2000 : 7);
			parts.push(input.subarray(at, at + length));
			at += length;
		}
		const cut = split(parts);
		promise(cut.text === whole.text && cut.controls.join() === whole.controls.join(), 'the cuts do not show');
		promise(cut.failure === whole.failure, 'nor does a failure depend on them');
		const frame = maskedFrame(OPCODE.binary, input, Uint8Array.of(0, 0, 0, 0));
		promise(frame.length <= input.length + 14, 'a frame adds a header');
		// Unmasked (the mask is zero), what a client writes is what a server writes.
		const header = frame.length - input.length - 4;
		const plain = Buffer.concat([frame.subarray(0, header), input]);
		plain[1] = (plain[1] as number) & 0x7f;
		promise(split([plain]).text === digest([input]), 'what was written reads the same');
	},
};

/** The head of the answer that opens a tunnel. */
export const httpHead: FuzzTarget = {
	name: 'http-head',
	shape: 'bytes',
	dictionary: ['HTTP/1.0 200 OK\r\n', 'RTSP/1.0 ', ' 101 ', '401', 'WWW-Authenticate: Digest ', ': ', '\r\n', '\n'],
	run(input) {
		const head = refusable(RtspSyntaxError, () => parseHttpHead(textOf(input)));
		if (!head) return;
		promise(head.status >= 0 && head.status <= 999, 'a status has three digits');
		const names = ['WWW-Authenticate', 'Sec-WebSocket-Accept', 'Content-Type'];
		for (const name of names) {
			for (const value of head.headers.all(name)) promise(!/[\r\n]/.test(value), 'a value is one line');
		}
		promise(
			names.every((name) => head.headers.all(name).length <= RTSP_LIMITS.headers),
			'headers are capped',
		);
	},
};

class Recorder implements WebSocketHandler {
	readonly data: Uint8Array[] = [];
	readonly controls: string[] = [];

	onData(bytes: Uint8Array): void {
		this.data.push(bytes.slice());
	}

	onControl(opcode: number, payload: Uint8Array): void {
		promise(payload.length <= 125, 'a control frame is short');
		this.controls.push(`${opcode}:${Buffer.from(payload).toString('hex')}`);
	}
}

function split(parts: readonly Uint8Array[]) {
	const recorder = new Recorder();
	const splitter = new WebSocketSplitter(recorder);
	let failure = '';
	try {
		for (const part of parts) splitter.push(part);
	} catch (thrown) {
		if (!(thrown instanceof RtspSyntaxError)) throw thrown;
		failure = thrown.message;
	}
	const { data, controls } = recorder;
	return { text: digest(data), controls, failure, bytes: data.reduce((sum, { length }) => sum + length, 0) };
}

function digest(parts: readonly Uint8Array[]): string {
	const hash = createHash('md5');
	for (const part of parts) hash.update(part);
	return hash.digest('base64');
}
