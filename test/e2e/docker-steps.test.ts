import { execFile, spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { healthCommand, type Instruction, parseDockerfile, type Stage } from '../dockerfile.ts';

const run = promisify(execFile);
const STEP_DEADLINE_MS = 300_000;
const DEADLINE_MS = 3 * STEP_DEADLINE_MS;
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

let root: string;

beforeAll(async () => {
	root = await mkdtemp(join(tmpdir(), 'dualcast-image-'));
	await chmod(root, 0o755);
});

afterAll(async () => {
	await rm(root, { recursive: true, force: true });
});

/** Walks the instructions of a stage in a folder that stands for its file system. */
async function walk(stage: Stage): Promise<{ directory: string; environment: Record<string, string> }> {
	const base = join(root, stage.name);
	const environment: Record<string, string> = {};
	let directory = base;
	await mkdir(base);
	for (const { name, words, flags, text } of stage.instructions) {
		if (name === 'WORKDIR') {
			directory = join(base, words[0] ?? '');
			await mkdir(directory, { recursive: true });
		} else if (name === 'ENV') {
			for (const word of words) environment[word.split('=')[0] ?? ''] = word.split('=')[1] ?? '';
		} else if (name === 'COPY') {
			const from = flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length);
			const target = words.at(-1) ?? '.';
			for (const source of words.slice(0, -1)) {
				const origin = from === undefined ? source : join(root, from, source);
				const into = target.endsWith('/')
					? join(directory, target, source.split('/').at(-1) ?? '')
					: join(directory, target);
				await cp(origin, into, { recursive: true, verbatimSymlinks: true });
			}
		} else if (name === 'RUN') {
			// The image's user is one this machine need not have.
			const owner = isRoot ? ' --owner=nobody --group=nogroup' : '';
			const step = text
				.replace(/ --owner=\S+ --group=\S+/, owner)
				// This machine's packages stay as they are: those of the image must be among them.
				.replace('apt-get update', 'true')
				.replace('apt-get install -y --no-install-recommends', 'dpkg-query --status')
				.replace('rm -rf /var/lib/apt/lists/*', 'true');
			await run('sh', ['-c', step], {
				cwd: directory,
				env: { ...process.env, ...environment },
				timeout: STEP_DEADLINE_MS,
			});
		}
	}
	return { directory, environment };
}

function instruction(stage: Stage, name: string): Instruction {
	const found = stage.instructions.find((each) => each.name === name);
	if (!found) throw new Error(`the stage ${stage.name} has no ${name}`);
	return found;
}

test('the steps of the Dockerfile lead to a gateway that its health check finds healthy', {
	timeout: DEADLINE_MS,
}, async () => {
	const [build, runtime] = parseDockerfile(await readFile('Dockerfile', 'utf8')) as [Stage, Stage];
	await walk(build);
	const { directory, environment } = await walk(runtime);

	// The ports of the image's own configuration may be taken on this machine.
	const config = join(root, 'config.yaml');
	await writeFile(config, 'webrtc: { udp_port: 0 }\nstreams: { demo: demo }\n');
	const [command = '', ...args] = JSON.parse(instruction(runtime, 'ENTRYPOINT').text) as string[];
	const gateway = spawn(command, [...args, '--config', config, '--port', '0'], {
		cwd: directory,
		env: { PATH: process.env.PATH, ...environment },
		stdio: ['ignore', 'pipe', 'pipe'],
		...(isRoot && { uid: NOBODY }),
	});
	const exited = new Promise<number | null>((resolve) => gateway.once('exit', resolve));
	try {
		const port = await new Promise<string>((resolve, reject) => {
			let output = '';
			const read = (chunk: Buffer) => {
				output += chunk;
				const found = /is ready: http:\/\/[^:]+:(\d+)/.exec(output)?.[1];
				if (found !== undefined) resolve(found);
			};
			gateway.stdout.on('data', read);
			gateway.stderr.on('data', read);
			void exited.then((code) => reject(new Error(`it ended with code ${code}:\n${output}`)));
		});
		const [checker = '', ...words] = healthCommand(runtime);
		await run(checker, words, { timeout: 20_000, env: { ...process.env, HTTP_PORT: port } });
		const playlist = await fetch(`http://127.0.0.1:${port}/hls/demo/index.m3u8`);
		expect(playlist.status).toBe(200);
		expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
	} finally {
		gateway.kill('SIGTERM');
	}
	expect(await exited).toBe(0);
});
