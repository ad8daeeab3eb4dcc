import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createKeyExchange, GROUPS } from '../../../../src/webrtc/transport/dtls/key-exchange.ts';

const X25519 = 0x001d;

afterEach(() => {
	vi.restoreAllMocks();
});

describe('a key exchange', () => {
	it('agrees with a client by X25519 on what the client computes', () => {
		const exchange = createKeyExchange(X25519);
		const client = generateKeyPairSync('x25519');
		const share = client.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
		const key = { kty: 'OKP', crv: 'X25519', x: exchange.publicKey.toString('base64url') };
		const computed = diffieHellman({
			privateKey: client.privateKey,
			publicKey: createPublicKey({ key, format: 'jwk' }),
		});
		expect(exchange.publicKey).toHaveLength(32);
		expect(exchange.agree(share)).toEqual(computed);
	});

	// Node.js 20 holds the key's lock while it makes the JWK's strings. When that collects the job that made the key, which
	// takes the same lock to let go of it, the process waits for itself for ever.
	it('never asks for the JWK of a key that was made just now', () => {
		const { publicKey } = generateKeyPairSync('x25519');
		const exported = vi.spyOn(Object.getPrototypeOf(publicKey), 'export');
		for (const group of GROUPS) createKeyExchange(group);
		expect(exported).not.toHaveBeenCalledWith(expect.objectContaining({ format: 'jwk' }));
	});
});
