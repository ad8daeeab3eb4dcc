import { describe, expect, it } from 'vitest';
import { sourceErrorFromSocket, sourceErrorFromStatus } from '../../../src/rtsp/errors.ts';

describe('sourceErrorFromStatus', () => {
	it.each([
		[401, 'camera_unauthorized', true],
		[403, 'camera_forbidden', true],
		[404, 'camera_not_found', false],
		[453, 'camera_refused', false],
		[454, 'camera_closed', false],
		[461, 'camera_unsupported', true],
		[500, 'camera_protocol', false],
		[503, 'camera_refused', false],
		[505, 'camera_unsupported', true],
	])('%d is %s', (status, code, permanent) => {
		expect(sourceErrorFromStatus(status, 'PLAY')).toMatchObject({ code, permanent, facts: { status, method: 'PLAY' } });
	});
});

describe('sourceErrorFromSocket', () => {
	it.each([
		['ECONNREFUSED', 'camera_refused'],
		['ENOTFOUND', 'camera_unreachable'],
		['EHOSTUNREACH', 'camera_unreachable'],
		['ETIMEDOUT', 'camera_timeout'],
		['ECONNRESET', 'camera_closed'],
	])('%s is %s', (code, expected) => {
		const failure = Object.assign(new Error('secret'), { code });
		const error = sourceErrorFromSocket(failure, 'camera:554');
		expect(error).toMatchObject({ code: expected, permanent: false, facts: { remote: 'camera:554' } });
		expect(error.message).toContain('camera:554');
	});
});
