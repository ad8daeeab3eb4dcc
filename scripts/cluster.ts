import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
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
const PORT_ATTEMPTS = 10;
const END_DEADLINE_MS = 15_000;

const { values } = parseArgs({
	options: {
		/** Where others reach this machine. */
		address: { type: 'string', default: '127.0.0.1' },
		/** Of the main; the subs take the next ones. 0 takes free ones. */
		port: { type: 'string', default: String(PORTS.main) },
	},
});

const FREE_PORTS = Number(values.port) === 0;
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

/** Somebody else has the port. */
class PortTaken extends Error {}

/**
 * The port wished for, or a free one where free ones are wanted. Another process can take that before it is used: then
 * it goes on with the next one.
 */
async function atPort<Value>(wished: number, use: (port: number) => Promise<Value>): Promise<Value> {
	if (wished !== 0) return use(wished);
	for (let attempt = 1; ; attempt++) {
		try {
			return await use(await freePort());
		} catch (failure) {
			if (!(failure instanceof PortTaken) || attempt === PORT_ATTEMPTS || ending) throw failure;
			console.error(`cluster: ${failure.message}; trying another port`);
		}
	}
}

/**
 * Starts a process and waits until it says that it is ready.
 *
 * @throws PortTaken, or Error when it ends before
 */
async function start(
	name: string,
	[command = '', ...words]: readonly string[],
	{ env = {}, ready }: { readonly env?: Record<string, string>; readonly ready: string },
): Promise<void> {
	// A group of its own: Ctrl+C reaches this process alone, which ends the others in order.
	const child = spawn(command, words, { cwd: folder, env: { ...process.env, ...env }, detached: true });
	children.set(name, child);
	const show = (text: Buffer) => {
		for (const line of String(text).trimEnd().split('\n')) console.error(`${name.padEnd(6)} ${line}`);
	};
	if (name !== 'redis') child.stderr.on('data', show);
	await new Promise<void>((resolve, reject) => {
		let said: string | undefined = '';
		const hear = (text: Buffer) => {
			if (said === undefined) return;
			said += text;
			if (!said.includes(ready)) return;
			said = undefined;
			resolve();
		};
		child.stdout.on('data', hear);
		child.stderr.on('data', hear);
		child.on('error', (failure) => {
			const cure = command === 'redis-server' ? ' (apt-get install redis-server)' : '';
			reject(new Error(`cannot start ${command}: ${failure.message}${cure}`));
		});
		child.on('exit', () => children.delete(name));
		child.on('close', (code, signal) => {
			const ended = `${name} has ended (${signal ?? code})`;
			if (said !== undefined) reject(/\bin use\b/.test(said) ? new PortTaken(ended) : new Error(ended));
			else if (!ending) console.error(`cluster: ${ended}; the others go on`);
		});
	});
}

/** @returns the port */
function startRedis(): Promise<number> {
	return atPort(0, async (port) => {
		const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
		await start('redis', ['redis-server', ...words], { ready: 'Ready to accept connections' });
		return port;
	});
}

/** @returns its address */
function startNode(id: string, role: 'main' | 'sub', index: number, redis: number): Promise<string> {
	return atPort(FREE_PORTS ? 0 : Number(values.port) + index, async (http) => {
		const url = `http://${values.address}:${http}`;
		// Nobody needs to know these beforehand: the node takes free ones itself.
		const [udp, rtsp] = FREE_PORTS ? [0, 0] : [PORTS.firstMedia + index, PORTS.pull];
		const env = {
			...secrets,
			NODE_ROLE: role,
			NODE_ID: id,
			NODE_HOST: '127.0.0.1',
			PUBLIC_HOST: values.address,
			PUBLIC_URL: url,
			HTTP_PORT: String(http),
			UDP_PORT: String(udp),
			RTSP_PORT: String(rtsp),
			REDIS_URL: `redis://127.0.0.1:${redis}`,
			HLS_DIR: join(folder, id),
		};
		const words = [join(ROOT, 'dist/main.js'), '--config', join(ROOT, 'configs/cluster.yaml')];
		await start(id, [process.execPath, ...words], { env, ready: 'is ready' });
		return url;
	});
}

type Token = { token: string; node: string | null; watch_url?: string };

async function askToken(main: string, fields: Record<string, string>): Promise<Token | undefined> {
	const url = `${main}/api/token?${new URLSearchParams(fields)}`;
	const response = await fetch(url, { method: 'POST', headers: { 'x-api-key': secrets.API_KEY } });
	return response.ok ? ((await response.json()) as Token) : undefined;
}

/** Asks the main until it has an answer. */
async function eventually<Value>(what: string, ask: () => Promise<Value | undefined>): Promise<Value> {
	const until = performance.now() + READY_DEADLINE_MS;
	while (performance.now() < until) {
		const answer = await ask();
		if (answer !== undefined) return answer;
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
	throw new Error(what);
}

/** An admin's token, as soon as the nodes know one another. */
async function admission(main: string, count: number): Promise<string> {
	const admin = await askToken(main, { user_id: 'admin', user_type: 'admin', action: 'admin' });
	if (!admin) throw new Error('the main gives no token');
	return eventually('the nodes did not find one another', async () => {
		const response = await fetch(`${main}/api/v1/cluster/nodes?jwt=${admin.token}`);
		return ((await response.json()) as unknown[]).length === count ? admin.token : undefined;
	});
}

function trialLink(main: string): Promise<string> {
	return eventually('no node takes viewers', async () => {
		const place = await askToken(main, { user_id: 'trial', stream: 'demo' });
		return place?.node ? place.watch_url : undefined;
	});
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
	const redis = await startRedis();
	const ids = ['main', ...Array.from({ length: SUBS }, (_, index) => `sub${index + 1}`)];
	const urls = await Promise.all(ids.map((id, index) => startNode(id, index === 0 ? 'main' : 'sub', index, redis)));
	const [main = ''] = urls;
	const admin = await admission(main, ids.length);
	const link = await trialLink(main);
	const lines = [
		'',
		'The cluster is ready.',
		...ids.map((id, index) => `  ${id.padEnd(5)} ${urls[index]}`),
		'',
		`Watch:   ${link}`,
		`Cluster: ${main}/cluster?jwt=${admin}`,
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
