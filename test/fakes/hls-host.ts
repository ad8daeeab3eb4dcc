import { mkdtemp, rm } from 'node:fs/promises';
import { type Agent, type ClientRequest, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerError } from '../../src/api/problem.ts';
import type { Clock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createHlsServer, type HlsServer } from '../../src/hls/server.ts';
import type { HlsServerOptions } from '../../src/hls/server-options.ts';
import { listenHttp, type WebServer } from '../../src/http/web-server.ts';
import type { StreamDirectory } from '../../src/stream/reader.ts';

export type Answer = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer };

/** On a connection of its own, if no agent keeps one. */
export type AskOptions = { method?: string; headers?: Record<string, string>; agent?: Agent };

/** HLS of a directory on a port of its own. */
export class HlsHost {
	readonly hls: HlsServer;
	readonly #server: WebServer;
	readonly #folder: string;

	private constructor(hls: HlsServer, server: WebServer, folder: string) {
		this.hls = hls;
		this.#server = server;
		this.#folder = folder;
	}

	static async start(
		directory: StreamDirectory,
		clock: Clock,
		changes: Partial<HlsServerOptions> = {},
	): Promise<HlsHost> {
		const folder = await mkdtemp(join(tmpdir(), 'hls-host-'));
		const hls = createHlsServer({
			directory,
			clock,
			logger: silentLogger,
			segmentDuration: 1,
			segmentCount: 3,
			partDuration: 0.2,
			cleanupThreshold: 20,
			outputDir: folder,
			enableCompression: false,
			startTimeout: 5000,
			answerError,
			...changes,
		});
		const server = await listenHttp({ host: '127.0.0.1', port: 0 });
		server.serve({
			plain: (incoming, response) => hls.handle(incoming, response),
			handle: (incoming, response) => {
				if (!hls.handle(incoming, response)) response.writeHead(418).end();
			},
		});
		return new HlsHost(hls, server, folder);
	}

	get base(): string {
		return `http://127.0.0.1:${this.#server.port}/hls`;
	}

	ask(path: string, options: AskOptions = {}): Promise<Answer> {
		return new Promise((resolve, reject) => {
			const outgoing = this.#request(path, options);
			outgoing.on('response', (response) => {
				const parts: Buffer[] = [];
				response.on('data', (part: Buffer) => parts.push(part));
				response.on('end', () => {
					resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
				});
			});
			outgoing.on('error', reject);
			outgoing.end();
		});
	}

	/** A request whose client can leave. */
	begin(path: string): ClientRequest {
		const outgoing = this.#request(path, {});
		outgoing.on('error', () => {});
		outgoing.end();
		return outgoing;
	}

	async close(): Promise<void> {
		await this.hls.close();
		await this.#server.close();
		await rm(this.#folder, { recursive: true });
	}

	#request(path: string, options: object): ClientRequest {
		return request(`${this.base}${path}`, { agent: false, ...options });
	}
}
