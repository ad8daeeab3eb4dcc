import { createHash } from 'node:crypto';
import { RtspSyntaxError } from '../../../src/rtsp/errors.ts';
import { RtspSplitter, type RtspStreamHandler } from '../../../src/rtsp/framing.ts';
import type { RtspMessage } from '../../../src/rtsp/message.ts';
import { Random } from '../random.ts';
import { type FuzzTarget, promise } from '../target.ts';

/** The byte stream of a connection: what comes out does not depend on where it was cut. */
export const rtspFraming: FuzzTarget = {
	name: 'rtsp-framing',
	shape: 'bytes',
	dictionary: ['RTSP/1.0 200 OK\r\n', '\r\n\r\n', 'Content-Length: ', '$', '$\0', 'OPTIONS ', 'HTTP/', '\r', '\n'],
	run(input) {
		check(input);
		check(input, (channel, type) => channel < 2 && type >= 96);
	},
};

type IsExpected = NonNullable<RtspStreamHandler['isExpected']>;

function check(input: Uint8Array, isExpected?: IsExpected): void {
	const whole = split([input], isExpected);
	promise(whole.bytes <= input.length, 'nothing comes out that did not come in');
	promise(whole.garbage <= input.length, 'no byte is skipped twice');
	const random = new Random(input.length);
	const parts: Uint8Array[] = [];
	for (let at = 0; at < input.length; ) {
		const length = 1 + random.below(random.once(4) ? 2000 : 7);
		parts.push(input.subarray(at, at + length));
		at += length;
	}
	const cut = split(parts, isExpected);
	promise(cut.events.join('\n') === whole.events.join('\n'), 'cuts change nothing');
	promise(cut.garbage === whole.garbage, 'cuts change nothing of what is skipped');
}

class Recorder implements RtspStreamHandler {
	readonly events: string[] = [];
	bytes = 0;

	onMessage(message: RtspMessage): void {
		const start = message.kind === 'request' ? `${message.method} ${message.uri}` : `${message.status}`;
		this.events.push(`${start} ${message.headers.size} ${digest(message.body)}`);
		this.bytes += message.body.length;
	}

	onFrame(channel: number, payload: Uint8Array): void {
		this.events.push(`$${channel} ${digest(payload)}`);
		this.bytes += payload.length;
	}
}

function split(
	parts: readonly Uint8Array[],
	isExpected: IsExpected | undefined,
): { events: string[]; bytes: number; garbage: number } {
	const recorder = new Recorder();
	const splitter = new RtspSplitter(isExpected ? Object.assign(recorder, { isExpected }) : recorder);
	try {
		for (const part of parts) splitter.push(part);
	} catch (thrown) {
		if (!(thrown instanceof RtspSyntaxError)) throw thrown;
		recorder.events.push(thrown.message);
	}
	return { events: recorder.events, bytes: recorder.bytes, garbage: splitter.garbage };
}

function digest(bytes: Uint8Array): string {
	return `${bytes.length}:${createHash('md5').update(bytes).digest('base64')}`;
}
