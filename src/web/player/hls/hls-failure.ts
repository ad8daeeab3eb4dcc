import type { ErrorData } from 'hls.js';
import { parseProblem } from '../../gateway/problem.ts';
import { PlaybackError } from '../playback.ts';
import { unreachable } from '../unreachable.ts';

/** The parts of an hls.js error that say why. */
export type HlsErrorFacts = Pick<ErrorData, 'type' | 'details' | 'error' | 'url'> & {
	response?: { code?: number | undefined } | undefined;
	networkDetails?: unknown;
};

const NO_DECODER: readonly string[] = [
	'manifestIncompatibleCodecsError',
	'bufferIncompatibleCodecsError',
	'bufferAddCodecError',
];

/** Names the cause of a fatal hls.js error; what the gateway itself said comes first. */
export function failureOfHlsError(data: HlsErrorFacts): PlaybackError {
	const status = data.response?.code ?? 0;
	if (status >= 400) {
		const problem = parseProblem(status, bodyOf(data.networkDetails));
		return new PlaybackError(problem.code, problem.message);
	}
	if (data.type === 'networkError') {
		return unreachable(data.url ?? '');
	}
	if (NO_DECODER.includes(data.details)) {
		return new PlaybackError('codec_unsupported', 'This browser cannot decode what the camera sends. Another one may.');
	}
	return new PlaybackError('hls_failed', `HLS playback failed: ${data.error.message}`);
}

function bodyOf(request: unknown): string {
	if (typeof XMLHttpRequest === 'undefined' || !(request instanceof XMLHttpRequest)) return '';
	return request.responseType === '' || request.responseType === 'text' ? request.responseText : '';
}
