import { createServer, type Server } from 'node:net';
import type { RtspRequest } from '../../src/rtsp/message.ts';
import { FAKE_SDP } from './fake-camera.ts';
import { QuirkDoorkeeper } from './quirk-authorization.ts';
import { QuirkClient } from './quirk-client.ts';
import type { QuirkAnswer, QuirkCameraScript } from './quirk-file.ts';

/** What the script of a camera may reach outside of it. */
export type QuirkSurroundings = {
	/** Moves the client's clock on. */
	readonly advance: (milliseconds: number) => Promise<void>;
	/** URL of the other camera. */
	readonly elsewhere?: string;
};

/** A camera that misbehaves as its script says: an RTSP server with TCP and UDP on 127.0.0.1. */
export class QuirkCamera {
	readonly script: QuirkCameraScript;
	readonly surroundings: QuirkSurroundings;
	readonly doorkeeper: QuirkDoorkeeper | undefined;
	readonly #server: Server;
	readonly #path: string;
	#port = 0;
	readonly #waiters = new Set<() => void>();
	readonly clients: QuirkClient[] = [];
	/** Every request of every connection. */
	readonly requests: RtspRequest[] = [];
	/** Runs of the media script that came to their end. */
	finished = 0;
	#rtcp = 0;
	#punches = 0;
	#failure: Error | undefined;

	static async start(script: QuirkCameraScript, path: string, surroundings: QuirkSurroundings): Promise<QuirkCamera> {
		const camera = new QuirkCamera(script, path, surroundings);
		await new Promise<void>((resolve, reject) => {
			camera.#server.once('error', reject);
			camera.#server.listen(0, '127.0.0.1', resolve);
		});
		const address = camera.#server.address();
		if (address !== null && typeof address === 'object') camera.#port = address.port;
		return camera;
	}

	private constructor(script: QuirkCameraScript, path: string, surroundings: QuirkSurroundings) {
		this.script = script;
		this.surroundings = surroundings;
		this.#path = path;
		this.doorkeeper = script.authorization && new QuirkDoorkeeper(script.authorization);
		this.#server = createServer((socket) => this.clients.push(new QuirkClient(this, socket, this.clients.length + 1)));
	}

	get host(): string {
		return `127.0.0.1:${this.#port}`;
	}

	/** As it stands in the request lines of a client. */
	get url(): string {
		return `rtsp://${this.host}${this.#path}`;
	}

	get sdp(): string {
		const text = (this.script.sdp ?? FAKE_SDP).replaceAll(/\r?\n/g, '\r\n');
		return text.replaceAll('<url>', this.url).replaceAll('<host>', this.host);
	}

	/** The scripted answer that fits a request. */
	answerFor(request: RtspRequest, client: QuirkClient, lower: 'tcp' | 'udp' | undefined): QuirkAnswer | undefined {
		const time = this.requests.filter((one) => one.method === request.method).length;
		return this.script.answers.find(({ to, when = {} }) => {
			if (to !== request.method) return false;
			if (when.lower !== undefined && when.lower !== lower) return false;
			if (when.uri !== undefined && !request.uri.includes(when.uri)) return false;
			if (when.time !== undefined && when.time !== time) return false;
			if (when.early && this.#rtcp === 0) return false;
			if (when.connection !== undefined && when.connection !== client.number) return false;
			if (when.with !== undefined && request.headers.get(when.with) === undefined) return false;
			return when.without === undefined || request.headers.get(when.without) === undefined;
		});
	}

	/** How often a method was asked, or how many packets came: `RTCP`, or `PUNCH` for those to the ports of media. */
	seen(what: string): number {
		if (what === 'RTCP') return this.#rtcp;
		if (what === 'PUNCH') return this.#punches;
		return this.requests.filter(({ method }) => method === what).length;
	}

	onRtcp(): void {
		this.#rtcp += 1;
		this.changed();
	}

	onPunch(): void {
		this.#punches += 1;
		this.changed();
	}

	/** The media script is over. */
	finish(): void {
		this.finished += 1;
		this.changed();
	}

	/** The camera itself is broken: nobody waits for it any more. */
	fail(failure: Error): void {
		this.#failure ??= failure;
		this.changed();
	}

	/** Waits until `condition` holds; it is asked whenever something came from a client. */
	until(condition: () => boolean, what: string, deadline = 15_000): Promise<void> {
		return new Promise((resolve, reject) => {
			const check = () => {
				if (!this.#failure && !condition()) return;
				clearTimeout(timer);
				this.#waiters.delete(check);
				if (this.#failure) reject(this.#failure);
				else resolve();
			};
			const timer = setTimeout(() => {
				this.#waiters.delete(check);
				const seen = this.requests.map((request) => request.method).join(' ');
				reject(new Error(`no ${what} in ${deadline} ms; the camera saw ${seen}`));
			}, deadline);
			this.#waiters.add(check);
			check();
		});
	}

	/** Asks everyone who waits to look again. */
	changed(): void {
		for (const check of this.#waiters) check();
	}

	async close(): Promise<void> {
		for (const client of this.clients) client.close();
		await new Promise<void>((resolve) => this.#server.close(() => resolve()));
	}
}
