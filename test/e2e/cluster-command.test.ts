import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { eventually } from './harness/wait.ts';
import { WhepReceiver } from './harness/whep-receiver.ts';

const DEADLINE_MS = 40_000;
const TIMEOUT = { timeout: 3 * DEADLINE_MS };
const ROOT = new URL('../..', import.meta.url).pathname;
const NODES = ['main', 'sub1', 'sub2', 'sub3'];

let abandon = () => {};
afterEach(() => abandon());

type Started = { readonly command: ChildProcess; readonly output: string; readonly urls: readonly string[] };

/** `npm run cluster` at free ports, when it says that it is ready. */
async function start(words: readonly string[] = [], env: Record<string, string> = {}): Promise<Started> {
	const command = spawn(process.execPath, ['--import', 'tsx', ...words, 'scripts/cluster.ts', '--port', '0'], {
		cwd: ROOT,
		env: { ...process.env, ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	abandon = () => void command.kill('SIGTERM');
	let output = '';
	for (const stream of [command.stdout, command.stderr]) stream.on('data', (text) => (output += text));
	await eventually(
		() => output,
		(text) => text.includes('Ctrl+C') || command.exitCode !== null,
		DEADLINE_MS,
	);
	const lines = [...output.matchAll(/^ {2}(main|sub\d) +(http:\S+)$/gm)];
	expect(
		lines.map(([, id]) => id),
		output,
	).toEqual(NODES);
	return { command, output, urls: lines.map(([, , url]) => url ?? '') };
}

/** Ends it by Ctrl+C, and looks whether a node is left. */
async function end({ command, output, urls }: Started): Promise<void> {
	const { search } = new URL(/^Cluster: +(\S+)$/m.exec(output)?.[1] ?? '');
	// Another process may have got a port of these in the meantime; it does not know the token.
	const answers = async () => {
		const asked = urls.map((url) => fetch(`${url}/api/v1/cluster/nodes${search}`).catch(() => undefined));
		return (await Promise.all(asked)).map((answer) => answer?.ok ?? false);
	};
	expect(await answers()).toEqual(NODES.map(() => true));
	const exited = once(command, 'exit');
	command.kill('SIGINT');
	expect(await exited).toEqual([0, null]);
	abandon = () => {};
	expect(await answers()).toEqual(NODES.map(() => false));
}

test('npm run cluster starts a main and three subs, and Ctrl+C ends them', TIMEOUT, async () => {
	const started = await start();
	const watch = new URL(/^Watch: +(\S+)$/m.exec(started.output)?.[1] ?? '');
	expect((await fetch(watch)).status).toBe(200);
	const receiver = await WhepReceiver.join(`${watch.origin}/whep/demo${watch.search}`);
	receiver.vanish();

	const cluster = new URL(/^Cluster: +(\S+)$/m.exec(started.output)?.[1] ?? '');
	expect((await fetch(cluster)).status).toBe(200);
	const nodes = await fetch(`${cluster.origin}/api/v1/cluster/nodes${cluster.search}`);
	expect(await nodes.json()).toHaveLength(NODES.length);
	await end(started);
});

test('npm run cluster goes on with other ports when those it found free are taken by then', TIMEOUT, async () => {
	const other = createServer((socket) => socket.destroy()).listen(0, '0.0.0.0');
	await once(other, 'listening');
	const { port } = other.address() as AddressInfo;
	const started = await start(['--import', './test/e2e/harness/taken-ports.ts'], { TAKEN_PORT: String(port) });
	expect(started.output).toContain('trying another port');
	await end(started);
	other.close();
});
