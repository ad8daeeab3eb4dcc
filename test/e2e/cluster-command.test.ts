import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { eventually } from './harness/wait.ts';
import { WhepReceiver } from './harness/whep-receiver.ts';

const DEADLINE_MS = 40_000;
const ROOT = new URL('../..', import.meta.url).pathname;

let abandon = () => {};
afterEach(() => abandon());

test('npm run cluster starts a main and three subs, and Ctrl+C ends them', { timeout: 3 * DEADLINE_MS }, async () => {
	const words = ['--import', 'tsx', 'scripts/cluster.ts', '--port', '0'];
	const command = spawn(process.execPath, words, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
	abandon = () => void command.kill('SIGTERM');
	let output = '';
	for (const stream of [command.stdout, command.stderr]) stream.on('data', (text) => (output += text));
	await eventually(
		() => output,
		(text) => text.includes('Ctrl+C') || command.exitCode !== null,
		DEADLINE_MS,
	);
	const urls = [...output.matchAll(/^ {2}(main|sub\d) +(http:\S+)$/gm)].map(([, id, url]) => ({ id, url: url ?? '' }));
	expect(urls.map(({ id }) => id)).toEqual(['main', 'sub1', 'sub2', 'sub3']);

	const watch = new URL(/^Watch: +(\S+)$/m.exec(output)?.[1] ?? '');
	expect((await fetch(watch)).status).toBe(200);
	const receiver = await WhepReceiver.join(`${watch.origin}/whep/demo${watch.search}`);
	receiver.vanish();

	const cluster = new URL(/^Cluster: +(\S+)$/m.exec(output)?.[1] ?? '');
	expect((await fetch(cluster)).status).toBe(200);
	const nodes = await fetch(`${cluster.origin}/api/v1/cluster/nodes${cluster.search}`);
	expect(await nodes.json()).toHaveLength(4);

	const exited = once(command, 'exit');
	command.kill('SIGINT');
	expect(await exited).toEqual([0, null]);
	abandon = () => {};
	for (const { url } of urls) await expect(fetch(`${url}/livez`)).rejects.toThrow();
});
