import { describe, expect, it } from 'vitest';
import { parseTarget, splitControl } from '../../../../src/rtsp/server/request-target.ts';

describe('parseTarget', () => {
	it.each([
		['rtsp://h:1/a/b', { path: 'a/b', base: 'rtsp://h:1/a/b' }],
		['rtsp://h/a/', { path: 'a', base: 'rtsp://h/a' }],
		['rtsp://h/a%20b?x=/y', { path: 'a b', base: 'rtsp://h/a%20b' }],
		['RTSPS://[::1]:322', { path: '', base: 'RTSPS://[::1]:322' }],
		['*', undefined],
		['/a', undefined],
		['rtsp:///a', undefined],
		['rtsp://h/%', undefined],
	])('reads %s', (uri, target) => {
		expect(parseTarget(uri)).toEqual(target);
	});
});

it('splits the control off', () => {
	expect(splitControl('a/b/trackID=1')).toEqual({ path: 'a/b', control: 'trackID=1' });
	expect(splitControl('trackID=1')).toBeUndefined();
});
