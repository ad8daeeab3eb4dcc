import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const SECRET = 'x'.repeat(32);

const issuer = (name: string) => `{ issuer: ${name}, audience: b, jwks_url: "https://${name}.example" }`;

function problem(auth: string): string {
	try {
		parseConfig(`auth: ${auth}\n`, 'c.yaml', {});
		return '';
	} catch (error) {
		if (error instanceof ConfigError) return error.message;
		throw error;
	}
}

describe('auth', () => {
	it('takes what a school needs', () => {
		const text = `{ read: jwt, secret: ${SECRET}, api_keys: [${SECRET}], classes: { 5b: [room/5/*, yard] }, class_codes: { BLUE-4711: 5b } }`;
		expect(parseConfig(`auth: ${text}\n`, 'c.yaml', {}).auth).toMatchObject({
			read: 'jwt',
			classes: { '5b': ['room/5/*', 'yard'] },
			class_codes: { 'BLUE-4711': '5b' },
		});
	});

	it('takes other issuers and a service', () => {
		const issuer = '{ issuer: "https://id.example", audience: cameras, jwks_url: "https://id.example/keys" }';
		const { auth } = parseConfig(
			`auth: { read: http, http: { url: "http://127.0.0.1/" }, issuers: [${issuer}] }\n`,
			'c',
			{},
		);
		expect(auth.http).toEqual({ url: 'http://127.0.0.1/', timeout: 2000, cache: 10_000 });
		expect(auth.issuers[0]?.algorithms).toEqual(['RS256']);
	});

	it.each([
		['{ read: everybody }', /expected one of public, jwt, http/],
		['{ read: http }', /auth\.http: is missing; auth\.read: http needs its url/],
		['{ secret: short }', /at least 32 characters; openssl rand/],
		[`{ secret: ${SECRET}, key_file: key.pem }`, /auth\.key_file: is given beside secret/],
		['{ api_keys: [short] }', /at least 32 characters/],
		['{ class_codes: { BLUE-4711: 5b } }', /BL… names a class that is not in classes: 5b/],
		['{ class_codes: { BLUE: 5b }, classes: { 5b: [a] } }', /at least 8 characters/],
		['{ classes: { 5b: [../x] } }', /expected the name of a stream/],
		['{ issuers: [{ issuer: a, audience: b, jwks_url: "file:///etc/passwd" }] }', /expected an address such as https/],
		['{ read: http, http: { url: "http://user:CANARY@a/" } }', /http\.url: expected an address .*without a user/],
		['{ read: http, http: { url: "http://[::1/" } }', /http\.url: expected an address/],
		['{ issuers: [{ issuer: a, audience: b, jwks_url: "https://CANARY@a" }] }', /expected an address .*without a user/],
		['{ issuers: [{ issuer: a, audience: b, jwks_url: "https://a", algorithms: [none] }] }', /expected one of RS256/],
		[
			`{ issuers: [${issuer('a')}, ${issuer('b')}, ${issuer('a')}] }`,
			/auth\.issuers\.2\.issuer: .* auth\.issuers\.0; take/,
		],
		[`{ issuers: [${issuer('dualcast')}] }`, /auth\.issuers\.0\.issuer: .*auth\.issuer/],
		[`{ issuer: home, issuers: [${issuer('home')}] }`, /auth\.issuers\.0\.issuer: .*auth\.issuer/],
		['{ lifetime: 1s }', /expected a duration from 10s/],
	])('refuses %s', (text, message) => {
		expect(problem(text)).toMatch(message);
		expect(problem(text)).not.toContain(SECRET);
	});
});
