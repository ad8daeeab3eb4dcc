import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readKeyFile } from '../../../src/auth/signing-keys.ts';
import { P256 } from './scene.ts';

const P384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
let file: string;

beforeEach(async () => {
	file = join(await mkdtemp(join(tmpdir(), 'key-')), 'token.pem');
});
afterEach(() => rm(join(file, '..'), { recursive: true }));

it('reads the key of tokens', async () => {
	await writeFile(file, P256.privateKey);
	expect((await readKeyFile(file)).algorithm).toBe('ES256');
});

it.each([
	['is not there', undefined, 'cannot read FILE (ENOENT); give the path of a file that this user may read'],
	['is no key', 'hello', 'cannot use FILE; it must hold a private key in PEM, without a passphrase (openssl pkey'],
	['is a public key', P256.publicKey, 'cannot use FILE; it must hold a private key in PEM'],
	[
		'is of another kind',
		P384.export({ type: 'pkcs8', format: 'pem' }),
		'cannot use FILE; the key must be RSA of 2048 bits or more, EC on P-256, or Ed25519',
	],
])('a key file that %s is refused with setting, file and cure', async (_what, content, message) => {
	if (content !== undefined) await writeFile(file, content);
	await expect(readKeyFile(file)).rejects.toThrow(`auth.key_file: ${message.replace('FILE', file)}`);
});
