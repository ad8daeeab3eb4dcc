import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config/parse.ts';
import { healthCommand, parseDockerfile } from '../dockerfile.ts';

type Service = {
	image: string;
	command: string[];
	environment: Record<string, string>;
	ports?: string[];
	volumes: string[];
	depends_on: string[];
	[key: string]: unknown;
};

/** What a user sets; Compose refuses to start without the secrets. */
const SET: Record<string, string> = {
	DUALCAST_TOKEN_SECRET: 'a secret that signs the tokens of this test',
	DUALCAST_CLUSTER_SECRET: 'a secret that the nodes of this test share',
	DUALCAST_API_KEY: 'a key that the school of this test has got',
	DUALCAST_HOST: '192.0.2.7',
};
const text = readFileSync('docker-compose.cluster.yml', 'utf8');
const { services } = parse(interpolate(text, SET), { merge: true }) as { services: Record<string, Service> };
const { redis, ...nodes } = services;
const runtime = parseDockerfile(readFileSync('Dockerfile', 'utf8')).at(-1);

/** As Compose does it. */
function interpolate(yaml: string, env: Record<string, string>): string {
	return yaml.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind: string, other: string) => {
		if (env[name] !== undefined) return env[name];
		if (kind === '-') return other;
		throw new Error(`${name} is not set`);
	});
}

function configOf({ environment }: Service) {
	return parseConfig(readFileSync('configs/cluster.yaml', 'utf8'), 'configs/cluster.yaml', environment);
}

describe('docker-compose.cluster.yml', () => {
	it('has a main, three subs and Redis', () => {
		expect(Object.keys(services)).toEqual(['main', 'sub1', 'sub2', 'sub3', 'redis']);
		expect(Object.values(nodes).map((node) => configOf(node).cluster.role)).toEqual(['main', 'sub', 'sub', 'sub']);
	});

	it.each(Object.entries(nodes))('gives %s a configuration that can be used', (id, node) => {
		const { cluster, auth, webrtc } = configOf(node);
		expect(cluster).toMatchObject({ node_id: id, address: id, capacity: 150 });
		expect(cluster.redis.url).toBe('redis://redis:6379');
		expect(cluster.secret).not.toBe(auth.secret);
		expect(webrtc.additional_hosts).toEqual(['192.0.2.7']);
		expect(node.depends_on).toEqual(['redis']);
	});

	it.each(Object.entries(nodes))('publishes the ports of %s as its viewers are told', (_, node) => {
		const { cluster, server, webrtc } = configOf(node);
		const web = new URL(cluster.http_url ?? '');
		const media = cluster.role === 'sub' ? [`${webrtc.udp_port}:${webrtc.udp_port}/udp`] : [];
		expect(node.ports).toEqual([`${web.port}:${server.port}`, ...media]);
		expect(web.hostname).toBe('192.0.2.7');
	});

	it('has the ports its users know', () => {
		const published = Object.values(nodes).flatMap(({ ports = [] }) => ports.map((port) => port.split(':')[0]));
		expect(published).toEqual(['8107', '8108', '8190', '8109', '8191', '8110', '8192']);
	});

	it('starts the image with the file it mounts, which asks the right port for its health', () => {
		const mounted = './configs:/app/configs:ro';
		const health = healthCommand(runtime).join(' ');
		for (const node of Object.values(nodes)) {
			expect([node.image, node.command, node.volumes]).toEqual([
				'dualcast',
				['--config', 'configs/cluster.yaml'],
				[mounted],
			]);
			// Both take it from the same variable.
			expect(health).toContain(`(process.env.HTTP_PORT || ${configOf(node).server.port})`);
			expect(configOf({ ...node, environment: { ...node.environment, HTTP_PORT: '81' } }).server.port).toBe(81);
			expect(node).toMatchObject({ read_only: true, cap_drop: ['ALL'], tmpfs: ['/app/hls'] });
		}
	});

	it('keeps Redis to the nodes', () => {
		expect(redis).not.toHaveProperty('ports');
		expect(redis?.command).toEqual(['redis-server', '--save', '', '--appendonly', 'no']);
	});

	it('holds no secret, and does not start without', () => {
		for (const missing of ['DUALCAST_TOKEN_SECRET', 'DUALCAST_CLUSTER_SECRET', 'DUALCAST_API_KEY']) {
			const { [missing]: _, ...others } = SET;
			expect(() => interpolate(text, others)).toThrow(missing);
		}
		expect(interpolate(text, { ...SET, DUALCAST_HOST: '' }).length).toBeGreaterThan(0);
	});
});
