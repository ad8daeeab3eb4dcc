import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * `npm run cluster`: Debian's redis-server, a main and three subs with the demo camera, on this machine. Ctrl+C ends
 * all of them. A node may be killed to see what happens: the others go on.
 */

const ROOT = new URL('..', import.meta.url).pathname;
const PORTS = { main: 8107, firstMedia: 8189, pull: 8556 };
const SUBS = 3;
const READY_DEADLINE_MS = 30_000;
const END_DEADLINE_MS = 15_000;

const { values } = parseArgs({
	options: {
		/** Where others reach this machine. */
		address: { type: 'string', default: '127.0.0.1' },
		/** Of the main; the subs take the next ones. 0 takes free ones. */
		port: { type: 'string', default: String(PORTS.main) },
	},
});

const children = new Map<string, ChildProcess>();
const folder = await mkdtemp(join(tmpdir(), 'dualcast-cluster-'));
const secrets = {
	TOKEN_SECRET: randomBytes(36).toString('base64url'),
	CLUSTER_SECRET: randomBytes(36).toString('base64url'),
	API_KEY: randomBytes(36).toString('base64url'),
};
let ending = false;

async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	server.close();
	await once(server, 'close');
	return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The port wished for, or a free one where free ones are wanted. */
function portOf(wished: number): Promise<number> | number {
	return Number(values.port) === 0 ? freePort() : wished;
}

function start(
	name: string,
	command: string,
	words: readonly string[],
	env: Record<string, string> = {},
): ChildProcess {
	// A group of its own: Ctrl+C reaches this process alone, which ends the others in order.
	const child = spawn(command, words, { cwd: folder, env: { ...process.env, ...env }, detached: true });
	children.set(name, child);
	const show = (text: Buffer) => {
		for (const line of String(text).trimEnd().split('\n')) console.error(`${name.padEnd(6)} ${line}`);
	};
	if (name !== 'redis') child.stderr.on('data', show);
	child.on('error', (failure) => {
		const cure = command === 'redis-server' ? ' (apt-get install redis-server)' : '';
		console.error(`cluster: cannot start ${command}: ${failure.message}${cure}`);
		void end(1);
	});
	child.on('exit', (code, signal) => {
		children.delete(name);
		if (!ending) console.error(`cluster: ${name} has ended (${signal ?? code}); the others go on`);
	});
	return child;
}

function listening(port: number): Promise<void> {
	const until = performance.now() + READY_DEADLINE_MS;
	return new Promise((resolve, reject) => {
		const attempt = () => {
			const socket = connect(port, '127.0.0.1', () => {
				socket.destroy();
				resolve();
			});
			socket.on('error', () => {
				if (performance.now() > until) reject(new Error(`nothing listens at port ${port}`));
				else setTimeout(attempt, 50);
			});
		};
		attempt();
	});
}

async function startNode(id: string, role: 'main' | 'sub', index: number, redis: number): Promise<string> {
	const http = await portOf(Number(values.port) + index);
	const url = `http://${values.address}:${http}`;
	const child = start(
		id,
		process.execPath,
		[join(ROOT, 'dist/main.js'), '--config', join(ROOT, 'configs/cluster.yaml')],
		{
			...secrets,
			NODE_ROLE: role,
			NODE_ID: id,
			NODE_HOST: '127.0.0.1',
			PUBLIC_HOST: values.address,
			PUBLIC_URL: url,
			HTTP_PORT: String(http),
			UDP_PORT: String(await portOf(PORTS.firstMedia + index)),
			RTSP_PORT: String(await portOf(PORTS.pull)),
			REDIS_URL: `redis://127.0.0.1:${redis}`,
			HLS_DIR: join(folder, id),
		},
	);
	await new Promise<void>((resolve, reject) => {
		child.stdout?.on('data', (text) => String(text).includes('is ready') && resolve());
		child.once('exit', (code) => reject(new Error(`${id} ended with code ${code}`)));
	});
	return url;
}

type Token = { token: string; node: string | null; watch_url?: string };

async function askToken(main: string, fields: Record<string, string>): Promise<Token | undefined> {
	const url = `${main}/api/token?${new URLSearchParams(fields)}`;
	const response = await fetch(url, { method: 'POST', headers: { 'x-api-key': secrets.API_KEY } });
	return response.ok ? ((await response.json()) as Token) : undefined;
}

/** A link to watch; there is one as soon as the nodes know one another. */
async function trialLink(main: string): Promise<string> {
	const until = performance.now() + READY_DEADLINE_MS;
	while (performance.now() < until) {
		const place = await askToken(main, { user_id: 'trial', stream: 'demo' });
		if (place?.node && place.watch_url !== undefined) return place.watch_url;
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
	throw new Error('the nodes did not find one another');
}

/** Subs first: their viewers have nowhere to go, and are told so at once. */
async function end(code: number): Promise<void> {
	if (ending) return;
	ending = true;
	const nodes = [...children].filter(([name]) => name !== 'redis').map(([, child]) => child);
	await Promise.all(nodes.map(stop));
	await Promise.all([...children.values()].map(stop));
	await rm(folder, { recursive: true, force: true });
	process.exit(code);
}

async function stop(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
	const exited = once(child, 'exit');
	child.kill('SIGTERM');
	const late = setTimeout(() => child.kill('SIGKILL'), END_DEADLINE_MS);
	await exited;
	clearTimeout(late);
}

process.on('SIGINT', () => void end(0));
process.on('SIGTERM', () => void end(0));
process.on('exit', () => {
	for (const child of children.values()) child.kill('SIGKILL');
});

try {
	const redis = await freePort();
	const words = ['--port', String(redis), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
	start('redis', 'redis-server', words).stdout?.resume();
	await listening(redis);
	const ids = ['main', ...Array.from({ length: SUBS }, (_, index) => `sub${index + 1}`)];
	const urls = await Promise.all(ids.map((id, index) => startNode(id, index === 0 ? 'main' : 'sub', index, redis)));
	const [main = ''] = urls;
	const link = await trialLink(main);
	const admin = await askToken(main, { user_id: 'admin', user_type: 'admin', action: 'admin' });
	const lines = [
		'',
		'The cluster is ready.',
		...ids.map((id, index) => `  ${id.padEnd(5)} ${urls[index]}`),
		'',
		`Watch:   ${link}`,
		`Cluster: ${main}/cluster?jwt=${admin?.token}`,
		`API key: ${secrets.API_KEY}`,
		`Tokens:  curl -X POST -H "X-API-Key: ${secrets.API_KEY}" "${main}/api/token?user_type=student&user_id=test001&stream=demo"`,
		'',
		`A node that is killed: kill -9 ${children.get('sub1')?.pid} (sub1). Ctrl+C ends all of them.`,
	];
	console.log(lines.join('\n'));
} catch (failure) {
	console.error(`cluster: ${failure instanceof Error ? failure.message : failure}`);
	await end(1);
}
