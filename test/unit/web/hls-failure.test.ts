import { describe, expect, test } from 'vitest';
import { failureOfHlsError, type HlsErrorFacts } from '../../../src/web/player/hls/hls-failure.ts';

const error = new Error('it broke');
const facts = (over: Partial<Record<keyof HlsErrorFacts, unknown>>) => ({ error, ...over }) as HlsErrorFacts;

describe('why hls.js ended', () => {
	test('the status of the gateway', () => {
		const failure = failureOfHlsError(
			facts({ type: 'networkError', details: 'manifestLoadError', response: { code: 504 } }),
		);
		expect(failure.code).toBe('http_504');
	});

	test('no answer at all', () => {
		const failure = failureOfHlsError(facts({ type: 'networkError', details: 'fragLoadError', response: { code: 0 } }));
		expect(failure.code).toBe('gateway_unreachable');
	});

	test.each(['manifestIncompatibleCodecsError', 'bufferIncompatibleCodecsError', 'bufferAddCodecError'])(
		'a codec the browser lacks: %s',
		(details) => {
			const failure = failureOfHlsError(facts({ type: 'mediaError', details }));
			expect(failure.code).toBe('codec_unsupported');
		},
	);

	test('anything else, in its own words', () => {
		const failure = failureOfHlsError(facts({ type: 'mediaError', details: 'bufferAppendError' }));
		expect(failure).toMatchObject({ code: 'hls_failed', message: 'HLS playback failed: it broke' });
	});
});
