import type { RtspResponse } from '../message.ts';
import { trackUrl } from './control-url.ts';
import type { RtspDialogue } from './dialogue.ts';
import type { Arrangement, Presentation } from './session.ts';

const INVALID_RANGE = 457;
const NOT_IN_THIS_STATE = 455;
const NO_AGGREGATE = 459;
const ONLY_AGGREGATE = 460;

/**
 * PLAY or TEARDOWN of the whole session (RFC 2326 sections 10.5 and 10.7): with one request, or with one for each
 * track where the camera wants it so (459, 455); with the URL of DESCRIBE where the camera does not know the one
 * it gave as that of the whole (460). Media may come before the answer does.
 *
 * @returns the answer that decides
 */
export async function askForWhole(
	dialogue: RtspDialogue,
	method: 'PLAY' | 'TEARDOWN',
	presentation: Presentation,
	tracks: Arrangement['tracks'],
	timeout?: number,
): Promise<RtspResponse> {
	// Some cameras send nothing unless they are told from where.
	let headers: Record<string, string> = method === 'PLAY' ? { Range: 'npt=0-' } : {};
	const ask = (url: string) => dialogue.call(method, url, headers, timeout);
	let answer = await ask(presentation.url);
	if (answer.status === INVALID_RANGE) {
		headers = {};
		answer = await ask(presentation.url);
	}
	if (answer.status === ONLY_AGGREGATE && presentation.url !== presentation.requestUrl) {
		return ask(presentation.requestUrl);
	}
	if (answer.status !== NO_AGGREGATE && answer.status !== NOT_IN_THIS_STATE) return answer;
	let started = false;
	for (const { control } of tracks) {
		answer = await ask(trackUrl(presentation.url, control));
		// The request for one track may have done it for all.
		if (answer.status !== 200 && !(started && answer.status === NOT_IN_THIS_STATE)) return answer;
		started = true;
	}
	return { ...answer, status: 200 };
}
