import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../test/camera/free-port.ts';

/** nginx with one process that serves the files of a folder. */
export class Nginx {
	readonly url: string;
	readonly #process: ChildProcess;
	readonly #folder: string;

	private constructor(url: string, process: ChildProcess, folder: string) {
		this.url = url;
		this.#process = process;
		this.#folder = folder;
	}

	/** @throws Error when nginx is not there or does not start */
	static async start(root: string): Promise<Nginx> {
		const folder = await mkdtemp(join(tmpdir(), 'bench-nginx-'));
		const port = await freePort();
		const file = join(folder, 'nginx.conf');
		await writeFile(file, configuration(folder, root, port));
		const process = spawn('nginx', ['-p', folder, '-c', file, '-e', join(folder, 'error.log')], {
			stdio: ['ignore', 'ignore', 'inherit'],
		});
		const failed = new Promise<never>((_, reject) => process.once('error', reject));
		const nginx = new Nginx(`http://127.0.0.1:${port}`, process, folder);
		await Promise.race([failed, nginx.#answers()]);
		return nginx;
	}

	get pid(): number {
		return this.#process.pid as number;
	}

	async stop(): Promise<void> {
		if (this.#process.exitCode === null) {
			const exited = new Promise((resolve) => this.#process.once('exit', resolve));
			this.#process.kill('SIGTERM');
			await exited;
		}
		await rm(this.#folder, { recursive: true, force: true });
	}

	async #answers(): Promise<void> {
		for (let attempt = 0; attempt < 100; attempt++) {
			if (await fetch(this.url).catch(() => undefined)) return;
			await delay(50);
		}
		throw new Error('nginx did not start; is nginx-light installed?');
	}
}

function configuration(folder: string, root: string, port: number): string {
	const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
	return `
${userInfo().uid === 0 ? 'user root;' : ''}
daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 16384;
pid ${folder}/nginx.pid;
events { worker_connections 8192; }
http {
	access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000;
	${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
	types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; }
	server { listen 127.0.0.1:${port} backlog=4096; root ${root}; }
}
`;
}
