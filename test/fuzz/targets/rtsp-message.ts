import { RtspSyntaxError } from '../../../src/rtsp/errors.ts';
import { RTSP_LIMITS } from '../../../src/rtsp/limits.ts';
import { contentLength, parseHead, type RtspMessage, sequenceOf, serializeMessage } from '../../../src/rtsp/message.ts';
import { type FuzzTarget, promise, refusable, textOf } from '../target.ts';

/** Start line and headers of one message. */
export const rtspMessage: FuzzTarget = {
	name: 'rtsp-message',
	shape: 'bytes',
	dictionary: ['RTSP/1.0', '200', 'DESCRIBE', 'rtsp://', 'CSeq: ', 'Content-Length: ', '\r\n', '\n', ':', ' ', '\r'],
	run(input) {
		const message = refusable(RtspSyntaxError, () => parseHead(textOf(input)));
		if (!message) return;
		promise(message.headers.size <= RTSP_LIMITS.headers, 'headers are capped');
		const length = refusable(RtspSyntaxError, () => contentLength(message.headers)) ?? 0;
		promise(length >= 0 && length <= RTSP_LIMITS.bodyBytes, 'a body has a length in bounds');
		const sequence = sequenceOf(message) ?? 0;
		promise(Number.isSafeInteger(sequence) && sequence >= 0, 'CSeq is a number');
		const written = textOf(serializeMessage(message));
		promise(written.endsWith('\r\n\r\n'), 'what was read can be written');
		const again = parseHead(written.slice(0, -4));
		promise(plain(again) === plain(message), 'what was written reads the same');
	},
};

function plain(message: RtspMessage): string {
	return JSON.stringify({ ...message, headers: [...message.headers] });
}
