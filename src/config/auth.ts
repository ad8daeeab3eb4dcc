import { z } from 'zod';
import { duration } from './duration.ts';
import { choice, flag, list, section, text } from './fields.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

const PATTERN = /^(?:\*|[\w-][\w./-]*(?:\/\*)?)$/;
const CLASS_NAME = /^[\w.-]{1,64}$/;

const pattern = text(128).regex(PATTERN, { error: 'expected the name of a stream, a name followed by /*, or *' });
const className = text(64).regex(CLASS_NAME, { error: 'a class name is made of A-Z a-z 0-9 . _ -' });
/** A shorter one can be guessed (RFC 7518 3.2). */
const secret = text(1024).min(32, { error: 'must have at least 32 characters; openssl rand -base64 48 makes one' });
const EXPECTED_URL = 'expected an address such as https://host/path, without a user';
const httpUrl = text(2048)
	.regex(/^https?:\/\/[^\s<>"/?#@]+(?:[/?#][^\s<>"]*)?$/, { error: EXPECTED_URL, abort: true })
	.refine((address) => URL.canParse(address), { error: EXPECTED_URL });

const issuer = section({
	issuer: text(256).describe('The claim iss of its tokens.'),
	audience: text(256).describe('What the claim aud of its tokens must hold.'),
	jwks_url: httpUrl.describe('Where its keys are (a JWK set).'),
	algorithms: list(choice(['RS256', 'ES256', 'EdDSA']), 3)
		.default(['RS256'])
		.describe('How it signs.'),
});

const http = section({
	url: httpUrl.describe('Asked with a POST for each viewer; an answer of 200 to 299 lets it in.'),
	timeout: duration(100, 30 * SECOND)
		.prefault('2s')
		.describe('Without an answer for so long nobody is let in.'),
	cache: duration(0, 10 * MINUTE)
		.prefault('10s')
		.describe('How long an answer is remembered.'),
});

/** Who may watch. */
export const auth = section({
	read: choice(['public', 'jwt', 'http'])
		.default('public')
		.describe(
			'Who may watch: public is everybody, jwt who brings a token, http whom the service of auth.http lets in.',
		),
	secret: secret
		.nullable()
		.default(null)
		.describe(
			'Secret that signs and checks own tokens (HS256), at least 32 characters; the same on every node. Without it ' +
				'and key_file one is made at each start, and tokens end with the process.',
		),
	key_file: text(4096)
		.nullable()
		.default(null)
		.describe('PEM file with a private key instead of the secret: RSA (RS256), P-256 (ES256) or Ed25519 (EdDSA).'),
	issuer: text(256).default('dualcast').describe('The claim iss of own tokens.'),
	audience: text(256).default('dualcast').describe('The claim aud of own tokens.'),
	lifetime: duration(10 * SECOND, 365 * DAY)
		.prefault('1h')
		.describe('How long an own token is good.'),
	open_issuing: flag()
		.default(false)
		.describe('Give a token to read to anyone who asks at POST /api/token; for trials only.'),
	api_keys: list(secret, 64)
		.default([])
		.describe(
			'Who brings one of these in the header X-API-Key may ask for any token; each has at least 32 characters.',
		),
	classes: z
		.record(className, list(pattern, 64))
		.default({})
		.describe('Streams of a class by its name: exact names, prefix/* or *.'),
	class_codes: z
		.record(text(64).min(8, { error: 'a class code has at least 8 characters' }), className)
		.default({})
		.describe(
			"Codes with which a student gets a token for a class's streams: code, at least 8 characters, then the name of " +
				'the class.',
		),
	issuers: list(issuer, 16)
		.prefault([])
		.describe('Others whose tokens are taken, each with issuer, audience, jwks_url and algorithms ([RS256]).'),
	http: http
		.nullable()
		.prefault(null)
		.describe("A service asked in MediaMTX's format, with url, timeout (2s) and cache (10s)."),
}).superRefine((settings, context) => {
	const refuse = (path: string | (string | number)[], message: string) =>
		context.addIssue({ code: 'custom', path: [path].flat(), message, input: settings });
	if (settings.secret !== null && settings.key_file !== null)
		refuse('key_file', 'is given beside secret; take one out');
	if (settings.read === 'http' && settings.http === null) refuse('http', 'is missing; auth.read: http needs its url');
	for (const [index, { issuer: name }] of settings.issuers.entries()) {
		const path = ['issuers', index, 'issuer'];
		const first = settings.issuers.findIndex((other) => other.issuer === name);
		if (name === settings.issuer) refuse(path, 'names own tokens, too; set auth.issuer to another name');
		else if (first < index) refuse(path, `is the same as in auth.issuers.${first}; take one out`);
	}
	for (const [code, name] of Object.entries(settings.class_codes)) {
		if (!Object.hasOwn(settings.classes, name))
			refuse('class_codes', `${code.slice(0, 2)}… names a class that is not in classes: ${name}`);
	}
});
