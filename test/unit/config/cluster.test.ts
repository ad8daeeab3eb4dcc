import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const SECRET = 'x'.repeat(32);

function parse(cluster: string, auth = `{ secret: ${SECRET} }`) {
	const env = { REDIS_PASSWORD: 'from the environment' };
	return parseConfig(`auth: ${auth}\ncluster: ${cluster}\n`, 'c.yaml', env);
}

function problem(cluster: string, auth?: string): string {
	try {
		parse(cluster, auth);
		return '';
	} catch (error) {
		if (error instanceof ConfigError) return error.message;
		throw error;
	}
}

describe('cluster', () => {
	it('takes what a node needs, the password from the environment', () => {
		// biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
		const redis = '{ url: "redis://db:6379", password: "${REDIS_PASSWORD}" }';
		const { cluster } = parse(`{ role: sub, secret: ${SECRET}, redis: ${redis}, heartbeat: 500ms, node_ttl: 2s }`);
		expect(cluster).toMatchObject({
			role: 'sub',
			redis: { url: 'redis://db:6379', password: 'from the environment' },
			heartbeat: 500,
			node_ttl: 2000,
		});
	});

	it('takes a node_ttl of 2.5 times the heartbeat', () => {
		expect(problem(`{ role: sub, secret: ${SECRET}, node_ttl: 2.5s }`)).toBe('');
	});

	it('takes a key file in place of the secret of tokens', () => {
		expect(problem(`{ role: main, secret: ${SECRET} }`, '{ key_file: key.pem }')).toBe('');
	});

	it('takes files for TLS between nodes: certificate and key for a main, authorities or nothing for a sub', () => {
		const main = '{ cert: c.pem, key: k.pem }';
		expect(parse(`{ role: main, secret: ${SECRET}, tls: ${main} }`).cluster.tls).toEqual({
			...{ cert: 'c.pem', key: 'k.pem', ca: null },
		});
		expect(parse(`{ role: sub, secret: ${SECRET}, tls: { ca: ca.pem } }`).cluster.tls?.ca).toBe('ca.pem');
		expect(parse(`{ role: sub, secret: ${SECRET}, tls: {} }`).cluster.tls?.ca).toBe(null);
	});

	it('asks nothing of a gateway that stands alone', () => {
		expect(problem('{ heartbeat: 10s }', '{}')).toBe('');
	});

	it.each([
		['{ role: master }', /cluster\.role: expected one of standalone, main, sub/],
		['{ role: main }', /cluster\.secret: is missing; nodes of a cluster share one \(openssl rand/],
		['{ secret: short }', /at least 32 characters/],
		['{ node_id: "a b" }', /expected A-Z a-z 0-9/],
		['{ address: "http://a" }', /expected a host name or an IP address, without a port/],
		['{ http_url: "10.0.0.1" }', /expected an address such as https/],
		['{ rtsp_url: "rtsp://u:p@a" }', /expected an address such as rtsp:.*without a user/],
		['{ redis: { url: "http://a" } }', /expected redis:\/\/host:port/],
		['{ redis: { pasword: a } }', /unknown key; the keys here are url, username, password, prefix/],
		[
			`{ role: main, secret: ${SECRET}, tls: { cert: c.pem } }`,
			/cluster\.tls\.key: is missing; with cluster\.tls a main needs cert and key/,
		],
		[`{ role: main, secret: ${SECRET}, tls: { ca: a.pem } }`, /cluster\.tls\.cert: is missing/],
		[
			`{ role: main, secret: ${SECRET}, tls: { cert: c, key: k }, rtsp_url: "rtsp://a" }`,
			/cluster\.rtsp_url: must begin with rtsps: because cluster\.tls is set/,
		],
		['{ tls: { port: 1 } }', /unknown key; the keys here are cert, key, ca/],
		['{ capacity: 0 }', /expected a whole number from 1/],
		[
			`{ role: sub, secret: ${SECRET}, node_ttl: 2s }`,
			/cluster\.node_ttl: must be at least 2\.5 times cluster\.heartbeat/,
		],
	])('refuses %s', (text, message) => {
		expect(problem(text)).toMatch(message);
		expect(problem(text)).not.toContain(SECRET);
	});

	it.each([
		'redis://user:CANARY#x@host:6379',
		'redis://user:1#CANARY@host:6379',
		'redis://user:1?CANARY@host:6379',
		'redis://:CANARY/x@host:6379',
		'redis://user:1/CANARY@host:6379',
		'redis://user:CANARY%zz@host:6379',
		'redis://CANARY:host:6379',
		'redis://host/CANARY',
		'redis://host:6379/-1',
		'redis://host:99999',
		'redis://',
		'redis:///1',
	])('refuses %s as the address of Redis, and names the key and the cure, not the password', (url) => {
		const words = problem(`{ redis: { url: "${url}" } }`);
		expect(words).toMatch(/: cluster\.redis\.url: expected redis:\/\/host:port, .*cluster\.redis\.password/);
		expect(words).not.toContain('CANARY');
	});

	it.each([
		'redis://host',
		'redis://host/',
		'rediss://host:6380/2',
		'redis://[::1]:6379',
		'redis://user:pa%23ss@host:6379',
		'redis://:secret@host',
	])('takes %s as the address of Redis', (url) => {
		expect(parse(`{ redis: { url: "${url}" } }`).cluster.redis.url).toBe(url);
	});

	it.each([
		['http://żółw.example', 'http://xn--w-uga1v8h.example'],
		['https://Sub1.example.org:8443/', 'https://sub1.example.org:8443'],
		['https://example.org/zażółć/', 'https://example.org/za%C5%BC%C3%B3%C5%82%C4%87'],
		['http://[2001:db8::1]:8107', 'http://[2001:db8::1]:8107'],
		['http://10.0.0.1:8107', 'http://10.0.0.1:8107'],
	])('takes %s, as a header can carry it', (given, taken) => {
		expect(parse(`{ http_url: "${given}" }`).cluster.http_url).toBe(taken);
	});

	it.each(['http://host:99999', 'http://[::1', 'http://me:CANARY@host', 'http://a|b', 'http://%'])(
		'refuses %s as the address for viewers',
		(url) => {
			const words = problem(`{ http_url: "${url}" }`);
			expect(words).toMatch(/: cluster\.http_url: expected an address such as https:.*without a user/);
			expect(words).not.toContain('CANARY');
		},
	);

	it('refuses nodes that would sign tokens each with a key of its own', () => {
		expect(problem(`{ role: sub, secret: ${SECRET} }`, '{}')).toMatch(/auth\.secret: is missing; in a cluster/);
	});
});
