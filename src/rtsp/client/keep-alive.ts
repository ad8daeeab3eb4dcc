import type { Clock, Timer } from '../../base/clock.ts';
import type { SourceError } from '../../base/errors.ts';
import { sourceErrorFromStatus } from '../errors.ts';
import type { RtspDialogue } from './dialogue.ts';

/** Status codes that say that a method is not known, rather than that the session is gone. */
const METHOD_UNKNOWN = [400, 404, 405, 451, 501, 551];

/**
 * Keeps a session from timing out: a request each half of its timeout (RFC 2326 section 12.37). A camera that does
 * not answer it is not at fault; one that says that the session is gone is believed.
 *
 * @param getParameter the camera knows GET_PARAMETER; otherwise OPTIONS is sent
 * @param onLost called at most once
 */
export function keepAlive(
	clock: Clock,
	dialogue: RtspDialogue,
	uri: string,
	getParameter: boolean,
	onLost: (reason: SourceError) => void,
): Timer {
	let method = getParameter ? 'GET_PARAMETER' : 'OPTIONS';
	let lost = false;
	return clock.every((dialogue.sessionTimeout * 1000) / 2, () => {
		dialogue.call(method, uri).then(
			({ status }) => {
				if (METHOD_UNKNOWN.includes(status)) method = 'OPTIONS';
				if (status !== 454 || lost) return;
				lost = true;
				onLost(sourceErrorFromStatus(status, method));
			},
			() => {},
		);
	});
}
