import { generateKeyPairSync, type KeyPairKeyObjectResult, randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { Revocations } from '../../../src/auth/revocations.ts';
import { keysFromPem, keysFromSecret, type SigningKeys } from '../../../src/auth/signing-keys.ts';
import { TokenIssuer } from '../../../src/auth/token-issuer.ts';
import { TokenVerifier, type TrustedIssuer } from '../../../src/auth/token-verifier.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

export const ISSUER = 'dualcast';
export const AUDIENCE = 'viewers';
export const SECRET = 'a secret of at least thirty-two bytes';

const pem = ({ privateKey, publicKey }: KeyPairKeyObjectResult) => ({
	privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
	publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
});
export const RSA = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }));
export const P256 = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
export const ED25519 = pem(generateKeyPairSync('ed25519'));

export const KEYS: Readonly<Record<string, () => SigningKeys>> = {
	HS256: () => keysFromSecret(SECRET),
	RS256: () => keysFromPem(RSA.privateKey),
	ES256: () => keysFromPem(P256.privateKey),
	EdDSA: () => keysFromPem(ED25519.privateKey),
};

/** A verifier that trusts this installation's own keys, on a virtual clock, and the issuer that belongs to it. */
export function tokenScene(keys: SigningKeys = keysFromSecret(SECRET), others: readonly TrustedIssuer[] = []) {
	const clock = new VirtualClock();
	const revocations = new Revocations(() => clock.wall());
	const own = { issuer: ISSUER, audience: AUDIENCE, algorithms: [keys.algorithm], keys };
	const classes = { '5b': ['room/5/*', 'yard'] };
	const verifier = new TokenVerifier({ issuers: [own, ...others], classes, revocations, clock });
	const issuer = new TokenIssuer({ keys, issuer: ISSUER, audience: AUDIENCE, clock, randomBytes });
	const now = () => Math.floor(clock.wall() / 1000);
	/** A token of one's own making, by default a good one. */
	const forge = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, key = keys.signing) =>
		new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'ann', exp: now() + 600, streams: ['yard'], ...claims })
			.setProtectedHeader({ alg: keys.algorithm, typ: 'JWT', ...header })
			.sign(key);
	return { clock, revocations, verifier, issuer, forge, now };
}
