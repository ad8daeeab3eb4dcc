import type { RtspRequest } from '../../src/rtsp/message.ts';
import type { QuirkAnswer } from './quirk-file.ts';

/** What stands for `<name>` in the texts of a script. */
export type QuirkWords = Readonly<Record<string, string>>;

/** What a good camera answers, with the edits of the script. */
export function composeAnswer(request: RtspRequest, edits: Partial<QuirkAnswer>, words: QuirkWords): string {
	const { status = 200, reason = status === 200 ? 'OK' : 'No', version = 'RTSP/1.0' } = edits;
	const headers = new Map<string, string | readonly string[]>([['CSeq', '<cseq>']]);
	if (status === 200) for (const [name, value] of goodHeaders(request.method, words)) headers.set(name, value);
	for (const [name, value] of Object.entries(edits.headers ?? {})) {
		if (value === null) headers.delete(name);
		else headers.set(name, value);
	}
	const described = request.method === 'DESCRIBE' && status === 200 ? '<sdp>' : '';
	const body = fillIn((edits.body ?? described).replaceAll(/\r?\n/g, '\r\n'), words);
	const length = edits.headers?.['Content-Length'];
	if (body !== '' && length === undefined) headers.set('Content-Length', String(Buffer.byteLength(body)));
	const lines = [...headers].flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`));
	return `${fillIn([`${version} ${status} ${reason}`, ...lines].join('\r\n'), words)}\r\n\r\n${body}`;
}

/** Puts the words in; what is none of them is left. */
export function fillIn(text: string, words: QuirkWords): string {
	return text.replaceAll(/<([a-z_]+)>/g, (whole, name: string) => words[name] ?? whole);
}

function goodHeaders(method: string, { server_port }: QuirkWords): [string, string][] {
	switch (method) {
		case 'OPTIONS':
			return [['Public', 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER']];
		case 'DESCRIBE':
			return [
				['Content-Type', 'application/sdp'],
				['Content-Base', '<uri>/'],
			];
		case 'SETUP':
			return [
				['Session', '12345678;timeout=60'],
				['Transport', server_port === '' ? '<transport>' : '<transport>;server_port=<server_port>'],
			];
		default:
			return [['Session', '12345678']];
	}
}
