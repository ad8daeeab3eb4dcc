import { describe, expect, test } from 'vitest';
import { isFinal, problemWords } from '../../../src/web/gateway/problem-words.ts';

describe('a problem', () => {
	test.each([
		['token_missing', /^Open the link you were given/],
		['token_invalid', /^This link does not let you in/],
		['token_expired', /^This link has expired/],
		['token_revoked', /^This link was revoked/],
		['forbidden', /link you were given does not allow/],
		['stream_not_found', /^There is no camera of this name/],
	])('%s is told in words for who watches, and is not asked about again', (code, words) => {
		const problem = { code, message: 'A bearer token in the header; see /api/v1/streams.' };
		expect(problemWords(problem)).toMatch(words);
		expect(problemWords(problem)).not.toMatch(/token|header|api/);
		expect(isFinal(problem)).toBe(true);
	});

	test.each(['gateway_unreachable', 'rate_limited', 'camera_refused', 'http_502', 'internal', 'toString'])(
		'%s keeps its own words and may pass',
		(code) => {
			const problem = { code, message: 'So it is.' };
			expect(problemWords(problem)).toBe('So it is.');
			expect(isFinal(problem)).toBe(false);
		},
	);
});
