import { TOKEN_TROUBLE } from '../gateway/problem-words.ts';
import type { Choice, Mode, PlaybackError } from './playback.ts';

/** What follows after an attempt ended: the other way, the same again at once or after a pause, or nothing by itself. */
export type NextStep = 'fall-back' | 'ask-again' | 'retry' | 'give-up';

/** Trying again helps nobody until the configuration changes, and a repeated wrong password locks accounts. */
const LASTING = new Set([
	'stream_not_found',
	'camera_unauthorized',
	'camera_forbidden',
	'camera_untrusted',
	'camera_unsupported',
	'camera_disallowed',
	'webrtc_disabled',
	'hls_disabled',
	'codec_unsupported',
	...TOKEN_TROUBLE,
	'offer_invalid',
	'offer_unsupported',
	'webrtc_missing',
	'hls_missing',
	'src_base_invalid',
]);

/** Trouble between the gateway and the camera, or with the gateway itself: the other way would meet it as well. */
function concernsBothWays(code: string): boolean {
	return (
		/^(camera_|stream_|http_5)/.test(code) ||
		TOKEN_TROUBLE.includes(code) ||
		code === 'internal' ||
		code === 'issuer_unreachable' ||
		code === 'cluster_unreachable' ||
		code === 'no_node' ||
		code === 'src_base_invalid' ||
		code === 'connection_lost' ||
		code === 'gateway_unreachable'
	);
}

/** Decides what follows after `failure` of playing by `mode` when the viewer chose `choice`. */
export function nextStep(failure: Pick<PlaybackError, 'code'>, mode: Mode, choice: Choice): NextStep {
	// It was answered before the camera was there; what became of that, the gateway tells who asks now.
	if (failure.code === 'session_ended') return 'ask-again';
	if (choice === 'auto' && mode === 'webrtc' && !concernsBothWays(failure.code)) return 'fall-back';
	return LASTING.has(failure.code) ? 'give-up' : 'retry';
}
