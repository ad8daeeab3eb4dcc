import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config/parse.ts';
import { healthCommand, type Instruction, parseDockerfile, type Stage } from '../dockerfile.ts';

const config = parseConfig(readFileSync('configs/config.yaml', 'utf8'), 'configs/config.yaml', {});
const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }).scripts;
const stages = parseDockerfile(readFileSync('Dockerfile', 'utf8'));
const build = stages.at(0);
const runtime = stages.at(-1);

function all(stage: Stage | undefined, name: string): Instruction[] {
	return (stage?.instructions ?? []).filter((instruction) => instruction.name === name);
}

/** What `.dockerignore` lets into the build: everything is left out but the lines with an exclamation mark. */
function sent(): string[] {
	const lines = readFileSync('.dockerignore', 'utf8').split('\n');
	expect(lines.filter((line) => line && !line.startsWith('#') && !line.startsWith('!'))).toEqual(['*']);
	return lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
}

describe('Dockerfile', () => {
	it('has known instructions only', () => {
		const known = ['WORKDIR', 'COPY', 'RUN', 'ENV', 'USER', 'VOLUME', 'EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT'];
		const names = stages.flatMap(({ instructions }) => instructions.map(({ name }) => name));
		expect(names.filter((name) => !known.includes(name))).toEqual([]);
	});

	it('builds in one stage and runs in another, on a Node the package allows', () => {
		expect(stages.map(({ name }) => name)).toEqual(['build', 'runtime']);
		// What one compiles, the other runs: the same release of Debian.
		expect(stages.map(({ image }) => image)).toEqual(['node:20-bookworm', 'node:20-bookworm-slim']);
	});

	it('copies what is there and sent to the build, or what the build stage made', () => {
		for (const { words, flags } of stages.flatMap((stage) => all(stage, 'COPY'))) {
			const sources = words.slice(0, -1);
			expect(sources.length).toBeGreaterThan(0);
			if (flags.includes('--from=build')) {
				for (const source of sources) expect(source).toMatch(/^\/app\/(package\.json|node_modules|dist)$/);
				continue;
			}
			expect(flags).toEqual([]);
			for (const source of sources) {
				expect(existsSync(source), source).toBe(true);
				expect(sent()).toContain(source);
			}
		}
	});

	it('sends nothing that is not there', () => {
		for (const path of sent()) expect(existsSync(path), path).toBe(true);
	});

	it('runs scripts the package has, and no scripts of dependencies', () => {
		const commands = all(build, 'RUN').map(({ text }) => text);
		for (const [, script] of commands.join('\n').matchAll(/npm run ([\w:]+)/g))
			expect(scripts).toHaveProperty(script ?? '');
		expect(commands).toContain('npm ci --ignore-scripts');
		expect(commands.join()).toContain('npm prune --omit=dev --ignore-scripts');
	});

	it('does not run as root', () => {
		expect(all(runtime, 'USER').map(({ text }) => text)).toEqual(['node']);
		const names = runtime?.instructions.map(({ name }) => name) ?? [];
		expect(names.slice(names.indexOf('USER'))).not.toContain('RUN');
	});

	it('starts the built command', () => {
		expect(JSON.parse(all(runtime, 'ENTRYPOINT')[0]?.text ?? '')).toEqual(['node', 'dist/main.js']);
		expect(existsSync('src/main.ts')).toBe(true);
	});

	it('opens the ports of the configuration', () => {
		expect(all(runtime, 'EXPOSE')[0]?.words).toEqual([`${config.server.port}/tcp`, `${config.webrtc.udp_port}/udp`]);
	});

	it('asks the port of the configuration for its health, or another that it is told', async () => {
		const [command = '', flag, script = ''] = healthCommand(runtime);
		expect([command, flag]).toEqual(['node', '-e']);
		expect(script).toContain(`(process.env.HTTP_PORT || ${config.server.port})`);
		const asked: string[] = [];
		const server = createServer(({ url = '' }, response) => {
			response.writeHead(asked.push(url) === 1 ? 200 : 503).end();
		}).listen(0, '127.0.0.1');
		await once(server, 'listening');
		const { port } = server.address() as AddressInfo;
		const check = () =>
			promisify(execFile)(process.execPath, ['-e', script], { env: { ...process.env, HTTP_PORT: `${port}` } });
		try {
			await check();
			await expect(check()).rejects.toMatchObject({ code: 1 });
		} finally {
			server.close();
		}
		await expect(check()).rejects.toMatchObject({ code: 1 });
		expect(asked).toEqual(['/livez', '/livez']);
	});

	it('has no key or certificate that lies beside the configuration', () => {
		const copied = stages.flatMap((stage) => all(stage, 'COPY')).flatMap(({ words }) => words.slice(0, -1));
		expect([...sent(), ...copied]).not.toContain('configs');
	});

	it('writes to the folder of the configuration', () => {
		expect(all(runtime, 'VOLUME')[0]?.text).toBe(`/app/${config.hls.output_dir}`);
		expect(all(runtime, 'RUN').at(-1)?.text).toMatch(new RegExp(`--owner=node .* ${config.hls.output_dir}$`));
	});
});

describe('docker-compose.yml', () => {
	const { services, volumes } = parse(readFileSync('docker-compose.yml', 'utf8')) as {
		services: { dualcast: { build: string; ports: string[]; volumes: string[]; [key: string]: unknown } };
		volumes: Record<string, unknown>;
	};
	const service = services.dualcast;

	it('publishes the ports of the configuration', () => {
		const { port } = config.server;
		const udp = config.webrtc.udp_port;
		expect(service.ports).toEqual([`${port}:${port}`, `${udp}:${udp}/udp`]);
	});

	it('mounts the configuration read-only and a volume for HLS', () => {
		const mounts = service.volumes.map((mount) => mount.split(':'));
		expect(mounts).toEqual([
			// With the keys and certificates that it names.
			['./configs', '/app/configs', 'ro'],
			['hls', `/app/${config.hls.output_dir}`],
		]);
		expect(volumes).toHaveProperty('hls');
	});

	it('hands the variables of the configuration on once a line is uncommented', () => {
		const text = readFileSync('docker-compose.yml', 'utf8').replace('# environment:', 'environment:');
		const { services } = parse(text) as { services: { dualcast: { environment: string[] } } };
		for (const name of services.dualcast.environment)
			expect(readFileSync('README.md', 'utf8')).toContain(`\${${name}}`);
		expect(services.dualcast.environment).toHaveLength(1);
	});

	it('gives the container no more than it needs', () => {
		expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
		expect(service).not.toHaveProperty('privileged');
		expect(service.build).toBe('.');
	});
});
