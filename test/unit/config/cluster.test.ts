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

	it('refuses nodes that would sign tokens each with a key of its own', () => {
		expect(problem(`{ role: sub, secret: ${SECRET} }`, '{}')).toMatch(/auth\.secret: is missing; in a cluster/);
	});
});
