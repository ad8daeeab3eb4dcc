import { describe, expect, it } from 'vitest';
import { type Action, covers, type Grant, includesPattern, permits } from '../../../src/auth/grant.ts';

const grant = (actions: Action[], streams: string[]): Grant => ({
	subject: 'ann',
	role: 'student',
	actions,
	streams,
	claimed: streams,
	node: undefined,
	tokenId: undefined,
	issuedAt: 0,
	expiresAt: 0,
});

describe('covers', () => {
	it.each([
		['*', 'any/stream', true],
		['yard', 'yard', true],
		['yard', 'yard2', false],
		['yard', 'Yard', false],
		['yard', 'yard/gate', false],
		['room/*', 'room/5', true],
		['room/*', 'room/5/front', true],
		['room/*', 'room', false],
		['room/*', 'roommate', false],
		['yard', 'yard%2f..', false],
		['*', 'room/.front/..cam', true],
		['*', '', false],
		['*', '..', false],
		['*', 'room//5', false],
		['*', '/room', false],
		['room/*', 'room/', false],
		['room/*', 'room/.', false],
		['room/*', 'room/../yard', false],
		['room/*', 'room/./5', false],
		['room/../yard', 'room/../yard', false],
		['room/../yard/*', 'room/../yard/gate', false],
	])('%s, %s: %s', (pattern, stream, expected) => {
		expect(covers(pattern, stream)).toBe(expected);
	});
});

describe('includesPattern', () => {
	it.each([
		['*', 'room/*', true],
		['room/*', 'room/5/*', true],
		['room/*', 'room/5', true],
		['room/5', 'room/*', false],
		['room/*', '*', false],
		['room/*', 'room*', false],
	])('%s, %s: %s', (outer, inner, expected) => {
		expect(includesPattern(outer, inner)).toBe(expected);
	});
});

describe('permits', () => {
	it('needs both the action and the stream', () => {
		expect(permits(grant(['read'], ['yard']), 'read', 'yard')).toBe(true);
		expect(permits(grant(['read'], ['yard']), 'publish', 'yard')).toBe(false);
		expect(permits(grant(['read'], ['yard']), 'read', 'gate')).toBe(false);
		expect(permits(grant(['read'], []), 'read', 'yard')).toBe(false);
		expect(permits(grant(['read'], ['*']), 'admin')).toBe(false);
	});

	it('lets an admin do everything', () => {
		expect(permits(grant(['admin'], []), 'publish', 'yard')).toBe(true);
		expect(permits(grant(['admin'], []), 'admin')).toBe(true);
	});
});
