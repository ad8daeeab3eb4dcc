import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Authorizer, basicAuthorization, digestAuthorization } from '../../../src/rtsp/auth.ts';
import { type Challenge, chooseChallenge } from '../../../src/rtsp/challenge.ts';

function digestChallenge(header: string): Extract<Challenge, { scheme: 'digest' }> {
	const challenge = chooseChallenge([header]);
	if (challenge?.scheme !== 'digest') throw new Error('no digest challenge');
	return challenge;
}

function parameter(header: string, name: string): string | undefined {
	return new RegExp(`[ ,]${name}="?([^",]*)`).exec(header)?.[1];
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const RFC_7616 =
	'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
const LION = { username: 'Mufasa', password: 'Circle of Life' };

describe('digest', () => {
	it.each([
		['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
		['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
	])('answers as RFC 7616 section 3.9.1 shows, by %s', (algorithm, expected) => {
		const challenge = digestChallenge(`Digest ${RFC_7616}, algorithm=${algorithm}`);
		const nonce = { count: 1, client: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' };
		const header = digestAuthorization(challenge, LION, 'GET', '/dir/index.html', nonce);
		expect(parameter(header, 'response')).toBe(expected);
		expect(header).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"');
		expect(header).toContain(`algorithm=${algorithm}`);
		expect(header).toContain('qop=auth, nc=00000001');
	});

	it('answers as RFC 7616 section 3.9.2 shows with its erratum 4897, by SHA-512-256', () => {
		const challenge = digestChallenge(
			'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, charset=UTF-8, userhash=false, ' +
				'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS"',
		);
		const credentials = { username: 'J\u00e4s\u00f8n Doe', password: 'Secret, or not?' };
		const nonce = { count: 1, client: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v' };
		const header = digestAuthorization(challenge, credentials, 'GET', '/doe.json', nonce);
		expect(parameter(header, 'response')).toBe('3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5');
	});

	it('answers without qop as RFC 2069 says, and quotes nothing that was not there', () => {
		const challenge = digestChallenge(
			'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
		);
		const credentials = { username: 'Mufasa', password: 'CircleOfLife' };
		const header = digestAuthorization(challenge, credentials, 'GET', '/dir/index.html', { count: 1, client: 'x' });
		expect(parameter(header, 'response')).toBe('1949323746fe6a43ef61f9606e7febea');
		expect(header).not.toMatch(/qop|nc=|cnonce|algorithm/);
	});

	it('puts the nonces into the secret for MD5-sess', () => {
		const challenge = digestChallenge('Digest realm="r",nonce="n",algorithm="md5-SESS"');
		const header = digestAuthorization(challenge, { username: 'u', password: 'p' }, 'PLAY', 'rtsp://c/', {
			count: 1,
			client: 'cn',
		});
		expect(parameter(header, 'response')).toBe(md5(`${md5(`${md5('u:r:p')}:n:cn`)}:n:${md5('PLAY:rtsp://c/')}`));
		expect(parameter(header, 'cnonce')).toBe('cn');
		expect(parameter(header, 'algorithm')).toBe('md5-SESS');
	});

	it('escapes a user name with quotes', () => {
		const header = digestAuthorization(
			digestChallenge('Digest realm="r", nonce="n"'),
			{ username: 'a"b\\', password: '' },
			'PLAY',
			'*',
			{ count: 1, client: '' },
		);
		expect(header).toContain('username="a\\"b\\\\"');
	});
});

describe('basic', () => {
	it('is UTF-8 in base64', () => {
		expect(basicAuthorization({ username: 'test', password: '123£' })).toBe('Basic dGVzdDoxMjPCow==');
	});
});

describe('Authorizer', () => {
	it('says nothing before it is asked', () => {
		expect(new Authorizer(LION, () => 0).authorize('DESCRIBE', '*')).toBeUndefined();
	});

	it('counts the uses of a nonce and starts again with the next', () => {
		const authorizer = new Authorizer(LION, () => 0.5);
		const counts = (nonce: string) => {
			authorizer.take(digestChallenge(`Digest realm="r", nonce="${nonce}", qop=auth`));
			return [1, 2].map(() => parameter(authorizer.authorize('PLAY', '*') ?? '', 'nc'));
		};
		expect(counts('a')).toEqual(['00000001', '00000002']);
		expect(counts('b')).toEqual(['00000001', '00000002']);
	});
});

describe('a session of MD5-sess', () => {
	it('has the secret of its first request to the end, whatever a server takes the client nonce of', () => {
		let step = 0;
		const authorizer = new Authorizer(LION, () => (step++ % 17) / 17.5);
		authorizer.take(digestChallenge('Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess'));
		const nonces = ['DESCRIBE', 'PLAY'].map((method) => parameter(authorizer.authorize(method, '*') ?? '', 'cnonce'));
		expect(nonces[0]).toBe(nonces[1]);
		step = 7;
		authorizer.take(digestChallenge('Digest realm="r", nonce="m", qop="auth", algorithm=MD5-sess'));
		expect(parameter(authorizer.authorize('PLAY', '*') ?? '', 'cnonce')).not.toBe(nonces[0]);
	});
});

describe('chooseChallenge', () => {
	it.each([
		[['Basic realm="a"', 'Digest realm="b", nonce="n"'], 'md5'],
		[['Digest realm="b", nonce="n", Basic realm="a"'], 'md5'],
		[['Digest realm="b", nonce="n", algorithm=MD5', 'Digest realm="b", nonce="m", algorithm="SHA-256"'], 'sha256'],
		[['Digest realm="b",nonce="n",algorithm=SHA-512-256,qop="auth"'], 'sha512-256'],
		[['digest REALM=b, NONCE=n , stale="TRUE", domain="/", charset=UTF-8'], 'md5'],
		[['Digest realm="b", nonce="n", qop=""'], 'md5'],
		[['Digest realm="Basic", nonce="n"'], 'md5'],
	])('takes the strongest of %s', (headers, hash) => {
		expect(chooseChallenge(headers)).toMatchObject({ scheme: 'digest', hash });
	});

	it('falls back to basic when it cannot do the digest', () => {
		expect(chooseChallenge(['Digest realm="b", nonce="n", algorithm=XXX', 'Basic realm="a"'])).toEqual({
			scheme: 'basic',
			realm: 'a',
		});
		expect(chooseChallenge(['Digest realm="b", nonce="n", qop="auth-int"'])).toBeUndefined();
	});

	it.each([[[]], [['']], [['Negotiate']], [['Digest realm="no nonce"']]])('finds nothing in %j', (headers) => {
		expect(chooseChallenge(headers)).toBeUndefined();
	});

	it('reads stale', () => {
		expect(chooseChallenge(['Digest realm="", nonce="n", stale=true'])).toMatchObject({ stale: true });
		expect(chooseChallenge(['Digest realm="", nonce="n", stale=false'])).toMatchObject({ stale: false });
	});

	it('survives anything', () => {
		fc.assert(fc.property(fc.array(fc.string()), (headers) => void chooseChallenge(headers)));
	});
});
