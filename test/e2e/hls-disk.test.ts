import { execFile, spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { readPlaylist } from '../fakes/playlist-rules.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import { eventually } from './harness/wait.ts';

const run = promisify(execFile);
const DEADLINE_MS = 60_000;
const CONFIG = `
webrtc: { udp_port: 0 }
hls: { idle_timeout: 60s }
streams: { demo: { source: demo, on_demand: false } }
`;
/** Whether this user may have a file system of its own. */
const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;

async function playlistOf(gateway: RunningGateway) {
	const response = await fetch(`${gateway.url}/hls/demo/index.m3u8`);
	expect(response.status).toBe(200);
	return readPlaylist(await response.text());
}

/** Asks until this many more segments were listed than at the first time. */
async function goOn(gateway: RunningGateway, segments: number): Promise<void> {
	const { mediaSequence } = await playlistOf(gateway);
	const later = (now: Awaited<ReturnType<typeof playlistOf>>) => now.mediaSequence >= mediaSequence + segments;
	await eventually(() => playlistOf(gateway), later, DEADLINE_MS, 300);
}

test('the copy on disk plays from a web server that knows nothing of HLS', async () => {
	const gateway = await startGateway(CONFIG);
	const folder = join(gateway.directory, 'hls/demo');
	const server = createServer((request, response) => {
		const file = createReadStream(join(folder, basename(request.url ?? '')));
		file.on('error', () => response.writeHead(404).end());
		file.pipe(response);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	// One player at the gateway keeps the output running.
	const keeper = setInterval(() => void fetch(`${gateway.url}/hls/demo/index.m3u8`).catch(() => {}), 1000);
	try {
		await eventually(
			() => readdir(folder).catch((): string[] => []),
			(names) => names.includes('index.m3u8'),
			DEADLINE_MS,
		);
		const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.m3u8`;
		const args = `-v warning -xerror -err_detect explode -i ${url} -t 6 -f null -`;
		const { stderr } = await run('ffmpeg', args.split(' '), { timeout: DEADLINE_MS });
		expect(stderr).toBe('');
	} finally {
		clearInterval(keeper);
		server.closeAllConnections();
		server.close();
		await gateway.stop();
	}
});

test.runIf(mayMount)('a full disk costs a warning and the copy, never the live stream', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'dualcast-full-'));
	const disk = join(folder, 'disk');
	await mkdir(disk);
	await writeFile(join(folder, 'mount.sh'), `mount -t tmpfs -o size=96k tmpfs ${disk} && exec "$@"\n`);
	const config = CONFIG.replace('hls: {', `hls: { output_dir: ${disk},`);
	const around = ['unshare', '-rm', 'sh', join(folder, 'mount.sh')];
	const gateway = await startGateway(config, { around });
	try {
		await goOn(gateway, 6);
		const text = await (await fetch(`${gateway.url}/hls/demo/index.m3u8`)).text();
		const uri = text.split('\n').find((line) => line.startsWith('seg-'));
		const segment = await fetch(`${gateway.url}/hls/demo/${uri}`);
		expect([segment.status, (await segment.arrayBuffer()).byteLength % 188]).toEqual([200, 0]);
		const { errors } = (await (await fetch(`${gateway.url}/api/v1/hls/streams/demo/stats`)).json()) as {
			errors: number;
		};
		expect(errors).toBeGreaterThan(0);
		const warnings = gateway.output().match(/HLS goes on from memory/g) ?? [];
		expect(warnings.length).toBe(1);
		expect(gateway.output()).toContain('ENOSPC');
	} finally {
		await gateway.stop();
		await rm(folder, { recursive: true, force: true });
	}
});
