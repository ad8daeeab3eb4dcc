// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to the environment are written this way
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.ts';
import { parseConfig } from '../../../src/config/parse.ts';

function problems(text: string, env: Record<string, string> = {}): string[] {
	try {
		parseConfig(text, 'c.yaml', env);
		return [];
	} catch (error) {
		if (error instanceof ConfigError) return error.message.split('\n');
		throw error;
	}
}

function stream(entry: string, env: Record<string, string> = {}) {
	return parseConfig(`streams:\n  cam: ${entry}\n`, 'c.yaml', env).streams.cam;
}

describe('defaults', () => {
	it('are those users know', () => {
		expect(parseConfig('', 'c.yaml', {})).toEqual({
			server: { host: '0.0.0.0', port: 8107, tls: null },
			log: { level: 'info', format: 'auto' },
			hls: {
				enabled: true,
				variant: 'ts',
				low_latency: { enabled: true, part_duration: 200 },
				segment_duration: 1000,
				segment_count: 3,
				output_dir: 'hls',
				cleanup_threshold: 20,
				enable_compression: false,
				idle_timeout: 15_000,
			},
			webrtc: {
				enabled: true,
				udp_port: 8189,
				tcp_port: null,
				additional_hosts: [],
				ice_servers: [],
				max_sessions: 1000,
				transport: 'auto',
				threads: null,
			},
			rtsp_server: {
				enabled: false,
				host: '0.0.0.0',
				port: 8554,
				udp: true,
				udp_port: 8554,
				mtu: 1500,
				max_connections: 256,
				username: null,
				password: null,
			},
			auth: {
				read: 'public',
				secret: null,
				key_file: null,
				issuer: 'dualcast',
				audience: 'dualcast',
				lifetime: 3_600_000,
				open_issuing: false,
				api_keys: [],
				classes: {},
				class_codes: {},
				issuers: [],
				http: null,
			},
			cluster: {
				role: 'standalone',
				node_id: null,
				redis: { url: 'redis://localhost:6379', username: null, password: null, prefix: 'dualcast:' },
				secret: null,
				address: null,
				http_url: null,
				rtsp_url: null,
				rtsp_port: 8556,
				tls: null,
				capacity: 150,
				heartbeat: 1000,
				node_ttl: 3000,
				serve_from_main: false,
			},
			on_demand: { start_timeout: 5000, close_after: 30_000 },
			security: { camera_hosts: [], page_hosts: [], trusted_proxies: [] },
			probe: { enabled: true, local: false },
			streams: { demo: { source: 'demo', credentials: undefined, on_demand: true, transport: 'auto' } },
		});
	});

	it('hold for a section of which only one key is written', () => {
		expect(parseConfig('hls:\n  enabled: false\n', 'c.yaml', {}).hls).toMatchObject({
			enabled: false,
			segment_count: 3,
		});
	});

	it.each(['::1', '::', 'fe80::1%eth0', '127.0.0.1', 'localhost', 'cam-server_1.lan'])(
		'give way to the host %s',
		(host) => {
			expect(parseConfig(`server:\n  host: "${host}"\n`, 'c.yaml', {}).server.host).toBe(host);
		},
	);

	it.each([
		'hls: { segment_duration: 500ms, idle_timeout: 1h, segment_count: 3, cleanup_threshold: 3 }',
		'hls: { segment_duration: 10s, idle_timeout: 5s, segment_count: 30, cleanup_threshold: 30 }',
		'hls: { low_latency: { part_duration: 100ms } }',
		'on_demand: { start_timeout: 1m, close_after: 0 }',
	])('give way to the least and the most there may be: %s', (text) => {
		expect(problems(text)).toEqual([]);
	});

	it('give way to an empty map of streams', () => {
		expect(parseConfig('streams: {}\n', 'c.yaml', {}).streams).toEqual({});
	});
});

describe('the configuration', () => {
	it('is frozen all the way down', () => {
		const config = parseConfig('', 'c.yaml', {});
		expect(Object.isFrozen(config)).toBe(true);
		expect(Object.isFrozen(config.webrtc.additional_hosts)).toBe(true);
		expect(Object.isFrozen(config.streams.demo)).toBe(true);
	});

	it.each([
		['5s', 5000],
		['1500ms', 1500],
		['0.5m', 30_000],
		['2.5', 2500],
		['"7 s"', 7000],
	])('takes the duration %s', (text, milliseconds) => {
		expect(parseConfig(`on_demand:\n  start_timeout: ${text}\n`, 'c.yaml', {}).on_demand.start_timeout).toBe(
			milliseconds,
		);
	});
});

const FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');

describe('streams', () => {
	it.each([
		['rtsp://192.0.2.1/a?b=c', 'rtsp://192.0.2.1/a?b=c', undefined],
		['RTSP://CAM.example:8554/a', 'rtsp://CAM.example:8554/a', undefined],
		['rtsp://u:p@[2001:db8::1]:554/', 'rtsp://[2001:db8::1]:554/', { username: 'u', password: 'p' }],
		['rtsp://u:a%40b%2Fc@h/', 'rtsp://h/', { username: 'u', password: 'a@b/c' }],
		['rtsp://u:a@b@h/x', 'rtsp://h/x', { username: 'u', password: 'a@b' }],
		['rtsp://u:100%@h/', 'rtsp://h/', { username: 'u', password: '100%' }],
		['rtsp://u@h/', 'rtsp://h/', { username: 'u', password: '' }],
		['rtsp://@h/', 'rtsp://h/', undefined],
		['rtsp://u:a#b/c?d@h:1/x', 'rtsp://h:1/x', { username: 'u', password: 'a#b/c?d' }],
		['rtsp://u:a@b/c@10.0.0.5/x', 'rtsp://10.0.0.5/x', { username: 'u', password: 'a@b/c' }],
		['rtsp://u:12/a@192.0.2.1/x', 'rtsp://192.0.2.1/x', { username: 'u', password: '12/a' }],
	])('take the credentials out of %s', (text, source, credentials) => {
		expect(stream(`"${text}"`)).toMatchObject({ source, credentials });
	});

	it.each([
		['rtsps://h/', {}, undefined],
		['rtspx://h/', {}, undefined],
		['rtsps://h/', { insecure: true }, 'unchecked'],
		['rtsps://h/', { insecure: false }, undefined],
		['rtsps://h/', { fingerprint: FINGERPRINT }, { fingerprint: FINGERPRINT.replaceAll(':', '').toLowerCase() }],
	])('say whom to believe over TLS: %s with %j', (source, tls, expected) => {
		expect(stream(JSON.stringify({ source, tls }))).toMatchObject({ source, tls: expected });
	});

	it('say by which way media comes, and through which path', () => {
		const entry = '{ source: "rtsp://h/", transport: websocket, tunnel_path: "/ws?a=1" }';
		expect(stream(entry)).toMatchObject({ transport: 'websocket', tunnel_path: '/ws?a=1' });
	});

	it('take credentials apart from the address', () => {
		expect(stream('{ source: "rtsp://h/", username: "u", password: "p@/#%" }')?.credentials).toEqual({
			username: 'u',
			password: 'p@/#%',
		});
	});

	it.each([
		[
			'http://h/',
			'c.yaml:2:8: streams.cam: expected an address that begins with rtsp://, rtsps:// or rtspx://, or the word demo',
		],
		['exec:rm', 'c.yaml:2:8: streams.cam: expected an address'],
		['file:///etc/passwd', 'c.yaml:2:8: streams.cam: expected an address'],
		['rtspu://h/', 'c.yaml:2:8: streams.cam: expected an address'],
		['"rtsp://u:CANARY@h/a b"', 'c.yaml:2:8: streams.cam: not a valid rtsp:// URL'],
		['"rtsp://u:CANARY#1@h:0/"', 'c.yaml:2:8: streams.cam: not a valid rtsp:// URL'],
		['rtsp://', 'c.yaml:2:8: streams.cam: not a valid rtsp:// URL'],
		['"rtsp://a b/"', 'c.yaml:2:8: streams.cam: not a valid rtsp:// URL'],
		['7', 'c.yaml:2:8: streams.cam: expected the address of a camera, or settings with a source'],
		['', 'c.yaml:2:8: streams.cam: expected the address of a camera'],
		['{}', 'c.yaml:2:3: streams.cam.source: is missing'],
		['{ source: "ftp://h" }', 'c.yaml:2:18: streams.cam.source: expected an address'],
		['{ source: demo, transprt: tcp }', 'c.yaml:2:24: streams.cam.transprt: unknown key; the keys here are source,'],
		['{ source: demo, transport: quic }', 'c.yaml:2:35: streams.cam.transport: expected one of auto, tcp, udp'],
		['{ source: demo, on_demand: "yes" }', 'c.yaml:2:35: streams.cam.on_demand: expected true or false'],
		['{ source: "rtsp://u:CANARY@h", username: u }', 'c.yaml:2:18: streams.cam.source: the user name and password'],
		['{ source: "rtsp://h", password: CANARY }', 'c.yaml:2:40: streams.cam.password: a password needs a username'],
		['{ source: demo, username: u }', 'c.yaml:2:34: streams.cam.username: the demo camera has no'],
		[
			'{ source: "rtsp://h", tls: { insecure: true } }',
			'c.yaml:2:35: streams.cam.tls: the address of the source is not',
		],
		['{ source: "rtsps://h", tls: { fingerprint: ab } }', 'c.yaml:2:51: streams.cam.tls.fingerprint: expected the SHA'],
		[
			`{ source: "rtsps://h", tls: { fingerprint: "${FINGERPRINT}", insecure: true } }`,
			'streams.cam.tls.insecure: a certificate is either known',
		],
		['{ source: "rtsp://h", tunnel_path: /x }', 'c.yaml:2:43: streams.cam.tunnel_path: only transport http and'],
		['{ source: "rtsp://h", transport: http, tunnel_path: x }', 'streams.cam.tunnel_path: expected a path'],
		['{ source: "rtsp://h", username: u, password: 12 }', 'c.yaml:2:53: streams.cam.password: expected text; put it'],
	])('refuse %s', (entry, message) => {
		const [first, ...more] = problems(`streams:\n  cam: ${entry}\n`);
		expect(first).toContain(message);
		expect(first).not.toContain('CANARY');
		expect(more).toEqual([]);
	});

	it.each([
		`{ source: "rtspx://h/", tls: { fingerprint: "${FINGERPRINT}" } }`,
		'{ source: "rtsp://h/", transport: http, tunnel_path: /x }',
		'{ source: "rtsp://h/", transport: websocket, tunnel_path: /x }',
	])('take %s', (entry) => {
		expect(problems(`streams:\n  cam: ${entry}\n`)).toEqual([]);
	});

	it.each(['a', 'CCTV-TEST', 'live/stream', 'a.b_c-d/0', 'constructor', 'x'.repeat(128)])('may be named %s', (id) => {
		expect(Object.keys(parseConfig(`streams:\n  ${id}: demo\n`, 'c.yaml', {}).streams)).toEqual([id]);
	});

	it.each([
		'../a',
		'.hidden',
		'a/.b',
		'a//b',
		'/a',
		'a/',
		'a b',
		'ä',
		'a%2fb',
		'a\\\\b',
		'',
		'x'.repeat(129),
		'a/stats',
		'sessions/a',
	])('may not be named %s', (id) => {
		const [first, ...more] = problems(`streams:\n  "${id}": demo\n`);
		expect(first).toMatch(/^c\.yaml:2:3: streams\..*(stream name)/);
		expect(more).toEqual([]);
	});

	it('may not be named __proto__', () => {
		expect(problems('streams:\n  __proto__: demo\n')).toEqual(['c.yaml:2:3: the name __proto__ is not allowed']);
	});
});

describe('problems', () => {
	it('are told all at once, each with its place', () => {
		const text = 'server:\n  port: 99999\n  hots: x\nhls:\n  segment_count: two\nlogs: {}\n';
		expect(problems(text)).toEqual([
			'c.yaml:2:9: server.port: expected a whole number from 0 to 65535',
			'c.yaml:3:3: server.hots: unknown key; the keys here are host, port, tls',
			'c.yaml:5:18: hls.segment_count: expected a whole number from 3 to 30',
			'c.yaml:6:1: logs: unknown key; the keys here are server, log, hls, webrtc, rtsp_server, auth, security, cluster, on_demand, probe, streams',
		]);
	});

	it.each([
		['hls:\n', 'c.yaml:1:5: hls: there is nothing under this key; leave the key out to take its defaults'],
		['hls: on\n', 'c.yaml:1:6: hls: expected settings under this key: enabled,'],
		['- a\n', 'c.yaml:1:1: expected settings under this key: server,'],
		[
			'server:\n  host: "[::1]"\n',
			'c.yaml:2:9: server.host: expected an IP address or a host name, without a port; IPv6',
		],
		['server:\n  host: 0.0.0.0:80\n', 'c.yaml:2:9: server.host: expected an IP address or a host name, without'],
		['rtsp_server: { host: "http://a" }\n', 'c.yaml:1:22: rtsp_server.host: expected an IP address or a host name'],
		['hls: { segment_duration: 0.4 }\n', 'hls.segment_duration: expected a duration from 500ms to 10s'],
		[
			'webrtc:\n  ice_servers: [{ urls: "turn:a", username: b, secret: d }]\n',
			'webrtc.ice_servers.0.secret: is given beside username and credential',
		],
		['hls:\n  segment_count: 10\n  cleanup_threshold: 5\n', 'hls.cleanup_threshold: must not be smaller than'],
		['webrtc:\n  tcp_port: 8107\n', 'c.yaml:2:13: webrtc.tcp_port: is taken by server.port'],
		[
			'server: { tls: { port: 8107, cert: c.pem, key: k.pem } }\n',
			'c.yaml:1:24: server.tls.port: is taken by server.port',
		],
		['server: { tls: { cert: c.pem } }\n', 'c.yaml:1:11: server.tls.key: is missing'],
		['webrtc:\n  ice_servers: ["http://x"]\n', 'webrtc.ice_servers.0: expected settings under this key: urls,'],
		['webrtc:\n  ice_servers: [{ urls: "http://x" }]\n', 'c.yaml:2:25: webrtc.ice_servers.0.urls: expected stun:'],
		['webrtc:\n  ice_servers: [{ urls: ["stun:a", "x"] }]\n', 'webrtc.ice_servers.0.urls.1: expected stun:'],
		[
			'webrtc:\n  ice_servers: [{ urls: "turn:a", credential: x, username: "\\r\\nX: y" }]\n',
			'username: expected ASCII characters only',
		],
		['webrtc:\n  ice_servers: [{ urls: "turn:a" }]\n', 'c.yaml:2:3: webrtc.ice_servers.0.username: is missing; a TURN'],
		[
			'webrtc:\n  ice_servers: [{ urls: ["stun:a", "turns:a"], username: b }]\n',
			'webrtc.ice_servers.0.credential: is missing; a TURN server needs username and credential, or secret',
		],
		[
			'webrtc:\n  ice_servers: [{ urls: "turn:a", username: b, credential: c, secret: d }]\n',
			'webrtc.ice_servers.0.secret: is given beside username and credential; take one out',
		],
		['webrtc:\n  additional_hosts: ["a b"]\n', 'webrtc.additional_hosts.0: expected an IP address or a host name'],
		['on_demand:\n  start_timeout: soon\n', 'expected a duration from 1s to 1m, such as 5s, 500ms or 1m'],
		['on_demand:\n  close_after: -1\n', 'expected a duration from 0ms to 24h'],
		['on_demand:\n  close_after: true\n', 'expected a duration'],
		['streams: []\n', 'c.yaml:1:10: streams: expected streams by name; {} for none'],
	])('in %j', (text, message) => {
		const [first, ...more] = problems(text);
		expect(first).toContain(message);
		expect(more).toEqual([]);
	});

	it.each([
		'a: [',
		'a: 1\na: 2\n',
		'a: *nowhere\n',
		'a: !!binary x\n--- \nb: 1\n',
		'\t- x',
		`a: &a [${'x,'.repeat(50)}]\nb: [${'*a,'.repeat(200)}]\n`,
		'streams: &a { x: *a }',
	])('of YAML itself are told with a place: %j', (text) => {
		expect(problems(text)[0]).toMatch(/^c\.yaml/);
	});

	it('never show a password', () => {
		const text =
			'streams:\n  a: "rtsp://u:CANARY@h:bad/"\n  b: { source: rtsp://u:CANARY@h, password: CANARY, x: CANARY }\n';
		expect(problems(text)).toHaveLength(3);
		expect(problems(text).join('\n')).not.toContain('CANARY');
		expect(problems('streams:\n  a: "rtsp://u:CANARY@h\n').join()).not.toContain('CANARY');
	});

	it('is all that any text can lead to', () => {
		const yamlish = fc.stringMatching(/^[a-z0-9:{}[\]"' \n\t$&*!|>#,.\-_/%]{0,80}$/);
		fc.assert(
			fc.property(fc.oneof(fc.string(), yamlish, fc.json()), (text) => {
				problems(text);
			}),
			{ numRuns: 500 },
		);
	});
});

describe('the environment', () => {
	it('fills values in, as text in quotes and as whatever it looks like without', () => {
		const env = { PORT: '9000', OFF: 'false', PASSWORD: '0123', HOST: '10.0.0.1' };
		const config = parseConfig(
			[
				'server: { host: "${HOST}", port: 1 }',
				'hls:\n  enabled: ${OFF}\n  segment_count: ${COUNT:-4}',
				'webrtc:\n  udp_port: ${PORT}\n  tcp_port: ${TCP:-null}',
				'streams:\n  a: rtsp://u:${PASSWORD}@${HOST}/x\n  b: { source: demo }',
				'  c:\n    source: rtsp://${HOST}/\n    username: u\n    password: "${PASSWORD}"',
			].join('\n'),
			'c.yaml',
			env,
		);
		expect(config.server.host).toBe('10.0.0.1');
		expect(config.hls).toMatchObject({ enabled: false, segment_count: 4 });
		expect(config.webrtc).toMatchObject({ udp_port: 9000, tcp_port: null });
		expect(config.streams.a).toMatchObject({
			source: 'rtsp://10.0.0.1/x',
			credentials: { username: 'u', password: '0123' },
		});
		expect(config.streams.c?.credentials?.password).toBe('0123');
	});

	it('takes the default for a variable that is missing or empty', () => {
		expect(stream('rtsp://${H:-a.example}/', { H: '' })?.source).toBe('rtsp://a.example/');
		expect(stream('rtsp://${H:-a.example}/', { H: 'b' })?.source).toBe('rtsp://b/');
	});

	it('is not expanded twice, nor for the escaped sign', () => {
		const entry = '{ source: "rtsp://h/", username: "${A}", password: "$${B}$$" }';
		expect(stream(entry, { A: '${B}' })?.credentials).toEqual({ username: '${B}', password: '${B}$$' });
	});

	it('cannot bring structure along', () => {
		expect(problems('streams: ${S}\n', { S: '{ a: demo }' })).toEqual([
			'c.yaml:1:10: streams: expected streams by name; {} for none',
		]);
	});

	it('is left alone in comments and keys', () => {
		expect(problems('# ${NOWHERE}\n')).toEqual([]);
		expect(problems('"${NOWHERE}": 1\n')[0]).toContain('unknown key');
	});

	it.each([
		['${NOWHERE}', 'c.yaml:2:8: streams.cam: the environment variable NOWHERE is not set'],
		['${toString}', 'c.yaml:2:8: streams.cam: the environment variable toString is not set'],
		['"a${"', 'c.yaml:2:8: streams.cam: not a reference to a variable'],
		['"${1A}"', 'c.yaml:2:8: streams.cam: not a reference to a variable'],
		['"${A-b}"', 'c.yaml:2:8: streams.cam: not a reference to a variable'],
	])('refuses %s', (entry, message) => {
		expect(problems(`streams:\n  cam: ${entry}\n`)[0]).toContain(message);
	});
});
