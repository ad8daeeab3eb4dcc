import { expect, it } from 'vitest';
import { DualcastError, SourceError } from '../../../../src/base/errors.ts';
import { refusal } from '../../../../src/rtsp/server/refusal.ts';

it.each([
	[new DualcastError('stream_not_found', 'no such stream'), 404],
	[new DualcastError('stream_closed', 'closed'), 503],
	[new DualcastError('too_many_sessions', 'full'), 453],
	[new DualcastError('forbidden', 'not allowed'), 403],
	[new DualcastError('rate_limited', 'too often'), 503],
	[new SourceError('camera_unauthorized', 'the camera refused'), 502],
	[new SourceError('camera_unreachable', 'no way'), 502],
	[new SourceError('camera_timeout', 'late'), 504],
	[new SourceError('camera_stalled', 'silent'), 504],
])('answers %s with %i and the cause', (error, status) => {
	expect(refusal(error)).toMatchObject({ status, reason: error.message });
});

it('says when to ask again', () => {
	const limited = new DualcastError('rate_limited', 'too often', { facts: { retry_after_s: 7 } });
	expect(refusal(limited).headers.get('Retry-After')).toBe('7');
	expect(refusal(new DualcastError('stream_closed', 'closed')).headers.get('Retry-After')).toBeUndefined();
});

it('keeps secrets, line breaks and foreign letters out of the reason', () => {
	const { reason } = refusal(new SourceError('camera_protocol', 'rtsp://u:CANARY@h/\r\nX: é'.padEnd(5000, 'x')));
	expect(reason).not.toContain('CANARY');
	expect(reason).toMatch(/^[\x20-\x7e]{1,200}$/);
});

it('says nothing of faults of its own', () => {
	expect(refusal(new TypeError('CANARY'))).toMatchObject({ status: 500, reason: 'Internal Server Error' });
});
