import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createIceCredentials, IceLite, localUfragOf } from '../../../src/webrtc/transport/ice/ice-lite.ts';
import { isAuthentic, parseStun, type StunMessage } from '../../../src/webrtc/transport/ice/stun.ts';
import { CONNECT_TIMEOUT_MS, CONSENT_TIMEOUT_MS } from '../../../src/webrtc/transport/limits.ts';
import { bindingRequest } from './binding-request.ts';

const LOCAL = { ufrag: 'here', password: 'a-password-of-22-bytes' };
const REMOTE = { address: '192.0.2.9', port: 5000 };

function check(agent: IceLite, bytes: Buffer, now = 0) {
	return agent.check(bytes, parseStun(bytes) as StunMessage, REMOTE, now);
}

describe('IceLite', () => {
	it('answers an authenticated check and sees the nomination', () => {
		const agent = new IceLite(LOCAL, 'there', 0);
		const plain = check(agent, bindingRequest({ username: 'here:there', password: LOCAL.password }));
		expect(plain?.nominated).toBe(false);
		const response = parseStun(plain?.response ?? Buffer.alloc(0));
		expect(response?.type).toBe(0x0101);
		expect(response && isAuthentic(plain?.response as Buffer, response, LOCAL.password)).toBe(true);
		const nominating = bindingRequest({ username: 'here:there', password: LOCAL.password, useCandidate: true });
		expect(check(agent, nominating)?.nominated).toBe(true);
		expect(agent.bindingRequests).toBe(2);
	});

	it.each([
		['another password', { username: 'here:there', password: 'wrong' }],
		['no MESSAGE-INTEGRITY', { username: 'here:there' }],
		["another viewer's name", { username: 'here:elsewhere', password: LOCAL.password }],
		['a name the wrong way round', { username: 'there:here', password: LOCAL.password }],
		['an indication', { username: 'here:there', password: LOCAL.password, type: 0x0011 }],
		['a response', { username: 'here:there', password: LOCAL.password, type: 0x0101 }],
	])('does not answer %s', (_name, request) => {
		const agent = new IceLite(LOCAL, 'there', 0);
		expect(check(agent, bindingRequest(request))).toBeUndefined();
		expect(agent.bindingRequests).toBe(0);
	});

	it('expires without a check, without DTLS, and when consent ends', () => {
		const request = bindingRequest({ username: 'here:there', password: LOCAL.password });
		const agent = new IceLite(LOCAL, 'there', 100);
		expect(agent.expired(99 + CONNECT_TIMEOUT_MS, false)).toBeUndefined();
		expect(agent.expired(100 + CONNECT_TIMEOUT_MS, false)).toMatch(/no connectivity check arrived/);
		check(agent, request, 20_000);
		expect(agent.expired(100 + CONNECT_TIMEOUT_MS, false)).toMatch(/not secured/);
		expect(agent.expired(100 + CONNECT_TIMEOUT_MS, true)).toBeUndefined();
		expect(agent.expired(19_999 + CONSENT_TIMEOUT_MS, true)).toBeUndefined();
		expect(agent.expired(20_000 + CONSENT_TIMEOUT_MS, true)).toMatch(/no connectivity check for 30 s/);
	});
});

describe('createIceCredentials', () => {
	it('gives ice-chars of enough length', () => {
		const { ufrag, password } = createIceCredentials(randomBytes);
		expect(ufrag).toMatch(/^[A-Za-z0-9+/]{8}$/);
		expect(password).toMatch(/^[A-Za-z0-9+/]{24}$/);
	});
});

describe('localUfragOf', () => {
	it('is the part before the colon', () => {
		const request = parseStun(bindingRequest({ username: 'here:there', password: 'any' }));
		expect(request && localUfragOf(request)).toBe('here');
	});
});
