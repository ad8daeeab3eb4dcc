import type { z } from 'zod';
import { redisUrl, viewersUrl } from './cluster-addresses.ts';
import { duration } from './duration.ts';
import { choice, flag, port, section, text, whole } from './fields.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const NODE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$/;
const RTSP_URL = /^rtsps?:\/\/[^\s<>"?#@]+$/;
const PREFIX = /^[A-Za-z0-9._:{}-]+$/;

const redis = section({
	url: redisUrl()
		.default('redis://localhost:6379')
		.describe('Address of the Redis server that the nodes share, version 6 or later.'),
	username: text(255).nullable().default(null).describe('User name at Redis (ACL); null for the default user.'),
	password: text(1024)
		.nullable()
		.default(null)
		// biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
		.describe('Password at Redis, best as "${REDIS_PASSWORD}"; null for none.'),
	prefix: text(64)
		.regex(PREFIX, { error: 'expected A-Z a-z 0-9 . _ : { } -' })
		.default('dualcast:')
		.describe('Begins every key and channel; clusters that share a Redis server need different ones.'),
});

const tls = section({
	cert: text(4096)
		.nullable()
		.default(null)
		.describe(
			"File of a main's certificate in PEM, for the host at which subs reach it, with its chain; looked at again " +
				'when it changes. A sub needs none.',
		),
	key: text(4096).nullable().default(null).describe('File of its private key in PEM, without a passphrase.'),
	ca: text(4096)
		.nullable()
		.default(null)
		.describe(
			"File of the authorities whose certificates a sub believes, in PEM, read at the start; null for the machine's.",
		),
});

/** Several machines as one. */
export const cluster = section({
	role: choice(['standalone', 'main', 'sub'])
		.default('standalone')
		.describe(
			'standalone needs nothing else; in a cluster a main owns cameras, gives out tokens and sends viewers to ' +
				'subs, a sub pulls streams from mains and serves viewers.',
		),
	node_id: text(64)
		.regex(NODE_ID, { error: 'expected A-Z a-z 0-9 . _ -, beginning with a letter or digit' })
		.nullable()
		.default(null)
		.describe('Name of this node, different on each; null for <host name>-<server.port>.'),
	redis: redis.prefault({}).describe('Where the nodes meet.'),
	secret: text(1024)
		.min(32, { error: 'must have at least 32 characters; openssl rand -base64 48 makes one' })
		.nullable()
		.default(null)
		.describe('With it nodes prove to each other that they belong together; the same on every node.'),
	address: text(255)
		.regex(HOST, { error: 'expected a host name or an IP address, without a port; IPv6 in brackets' })
		.nullable()
		.default(null)
		.describe("Host at which viewers and other nodes reach this one; null for the machine's first network address."),
	http_url: viewersUrl()
		.nullable()
		.prefault(null)
		.describe(
			'Where viewers reach this node, when it has a certificate or a proxy is in front; null for http://<address>:<server.port>.',
		),
	rtsp_url: text(2048)
		.regex(RTSP_URL, { error: 'expected an address such as rtsp://10.0.0.1:8554, without a user' })
		.nullable()
		.default(null)
		.describe(
			'Where subs pull streams from this main; null for rtsp://<address>:<cluster.rtsp_port>, with tls rtsps:.',
		),
	rtsp_port: port().default(8556).describe('TCP port at which a main gives its streams to subs, and to nobody else.'),
	tls: tls
		.nullable()
		.prefault(null)
		.describe(
			'Streams between nodes over TLS, with cert and key on mains and ca on subs; a sub that has it ({} will do) ' +
				'takes nothing unencrypted.',
		),
	capacity: whole(1, 100_000).default(150).describe('Viewers that are sent to this node at most.'),
	heartbeat: duration(0.1 * SECOND, MINUTE)
		.prefault('1s')
		.describe('How often a node tells the others how it is.'),
	node_ttl: duration(0.3 * SECOND, 10 * MINUTE)
		.prefault('3s')
		.describe(
			'Without a sign of life for so long a node counts as gone, and its cameras go to another main; the same on ' +
				'every node, and at least 2.5 times heartbeat.',
		),
	serve_from_main: flag()
		.default(false)
		.describe('Send viewers to the main itself when no sub takes them; otherwise they are told to try again.'),
});

type Surroundings = {
	readonly cluster: z.output<typeof cluster>;
	readonly auth: { readonly secret: string | null; readonly key_file: string | null };
};

const SHORTEST_TTL = 2.5;

/** What a node of a cluster needs, and what its sections have in common. */
export function checkCluster({ cluster: settings, auth }: Surroundings, context: z.RefinementCtx): void {
	if (settings.role === 'standalone') return;
	const refuse = (path: string[], message: string) =>
		context.addIssue({ code: 'custom', path, message, input: undefined });
	if (settings.secret === null) {
		refuse(['cluster', 'secret'], 'is missing; nodes of a cluster share one (openssl rand -base64 48 makes one)');
	}
	if (settings.role === 'main') checkTls(settings, refuse);
	if (auth.secret === null && auth.key_file === null) {
		const why = 'is missing; in a cluster every node needs the same one, or the same auth.key_file';
		refuse(['auth', 'secret'], `${why}: a sub checks the tokens that a main gave out`);
	}
	if (settings.node_ttl < SHORTEST_TTL * settings.heartbeat) {
		refuse(['cluster', 'node_ttl'], `must be at least ${SHORTEST_TTL} times cluster.heartbeat`);
	}
}

/** What a main needs to give its streams over TLS. */
function checkTls(
	{ tls: files, rtsp_url: url }: Surroundings['cluster'],
	refuse: (path: string[], message: string) => void,
): void {
	if (files === null) return;
	for (const name of ['cert', 'key'] as const) {
		if (files[name] === null)
			refuse(['cluster', 'tls', name], 'is missing; with cluster.tls a main needs cert and key');
	}
	if (url !== null && !url.startsWith('rtsps:')) {
		refuse(['cluster', 'rtsp_url'], 'must begin with rtsps: because cluster.tls is set');
	}
}
