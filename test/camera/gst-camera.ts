import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type GstCameraOptions = {
	/** 0 or absent: chosen by the system. */
	port?: number;
	/** Default `baseline`. */
	video?: 'baseline' | 'high' | 'high-bframes' | 'h265' | 'h265-bframes' | 'mjpeg' | 'none';
	/** Default `none`. */
	audio?: 'opus' | 'alaw' | 'mulaw' | 'aac' | 'latm' | 'g722' | 'l16' | 'none';
	/** Default `both`. */
	protocols?: 'tcp' | 'udp' | 'multicast' | 'both';
	/** To listen at; default 127.0.0.1. */
	address?: string;
	/** Folder of `camera-cert.pem` and `camera-key.pem`: RTSP over TLS. */
	tls?: string;
	/** Default `none`. */
	auth?: 'none' | 'basic' | 'digest';
	user?: string;
	password?: string;
	/** Seconds; default 60. */
	sessionTimeout?: number;
	/** One encoder for all sessions. */
	shared?: boolean;
	width?: number;
	height?: number;
	fps?: number;
	/** Frames from one key frame to the next; default 60. */
	gop?: number;
	/** kbit/s */
	bitrate?: number;
	/** Seconds from the first viewer until the picture has half its width and height. */
	switchAfter?: number;
	/** Share of the pictures that are left out by chance: an uneven frame rate. */
	drop?: number;
	/** As `videotestsrc` names them. */
	pattern?: string;
};

/** `OPTIONS` … `TEARDOWN` are requests that were let in; a refused one shows as a `response` of status 401. */
export type GstCameraEvent = {
	readonly event:
		| 'ready'
		| 'connected'
		| 'disconnected'
		| 'session-removed'
		| 'response'
		| 'OPTIONS'
		| 'DESCRIBE'
		| 'SETUP'
		| 'PLAY'
		| 'TEARDOWN'
		| 'GET_PARAMETER';
	readonly port?: number;
	readonly status?: number;
};

/** A gst-rtsp-server in a process of its own, listening on 127.0.0.1. */
export class GstCamera {
	readonly port: number;
	readonly #options: GstCameraOptions;
	readonly #child: ChildProcess;
	readonly #exited: Promise<void>;
	readonly #log: CameraLog;

	/**
	 * @param network name of the network namespace (`ip netns`) to run in
	 * @throws Error when the camera does not come up within 15 s
	 */
	static async start(options: GstCameraOptions = {}, network?: string): Promise<GstCamera> {
		const script = fileURLToPath(new URL('gst-camera.py', import.meta.url));
		const [program = '', ...words] = [
			...(network === undefined ? [] : ['ip', 'netns', 'exec', network]),
			...['/usr/bin/python3', script, ...commandLine(options)],
		];
		const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
		const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
		const log = new CameraLog();
		let complaint = '';
		child.stderr.on('data', (text) => (complaint = `${complaint}${text}`.slice(-2000)));
		child.once('error', (error) => log.end(error.message));
		child.once('exit', () => log.end(`the camera process ended: ${complaint}`));
		createInterface({ input: child.stdout }).on('line', (line) => log.add(JSON.parse(line)));
		const ready = await log.wait((event) => event.event === 'ready', 15_000);
		return new GstCamera(options, child, exited, log, ready.port ?? 0);
	}

	private constructor(
		options: GstCameraOptions,
		child: ChildProcess,
		exited: Promise<void>,
		log: CameraLog,
		port: number,
	) {
		this.#options = options;
		this.#child = child;
		this.#exited = exited;
		this.#log = log;
		this.port = port;
	}

	/** Without credentials. */
	get url(): string {
		return this.#url('');
	}

	/** With the given user information, percent-encoded. */
	urlAs(user: string, password: string): string {
		return this.#url(`${encodeURIComponent(user)}:${encodeURIComponent(password)}@`);
	}

	#url(userInfo: string): string {
		const { tls, address = '127.0.0.1' } = this.#options;
		return `${tls === undefined ? 'rtsp' : 'rtsps'}://${userInfo}${address}:${this.port}/cam`;
	}

	/** Everything so far, in order. */
	get events(): readonly GstCameraEvent[] {
		return this.#log.events;
	}

	/** How often an event happened so far. */
	count(name: GstCameraEvent['event'], status?: number): number {
		return this.events.filter((event) => event.event === name && (status === undefined || event.status === status))
			.length;
	}

	/** Waits until `name` has happened `times` times since the start. */
	async seen(name: GstCameraEvent['event'], times = 1, deadline = 10_000): Promise<void> {
		await this.#log.wait(() => this.count(name) >= times, deadline);
	}

	/** Freezes the camera: its sockets stay open, nothing comes any more. */
	freeze(): void {
		this.#child.kill('SIGSTOP');
	}

	thaw(): void {
		this.#child.kill('SIGCONT');
	}

	/** Ends the process; with `SIGKILL` without a goodbye. */
	async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
		if (this.#child.exitCode === null && this.#child.signalCode === null) {
			this.#child.kill('SIGCONT');
			this.#child.kill(signal);
		}
		await this.#exited;
	}
}

/** Events with waiters. */
class CameraLog {
	readonly events: GstCameraEvent[] = [];
	readonly #waiters = new Set<() => void>();
	#ended: string | undefined;

	add(event: GstCameraEvent): void {
		this.events.push(event);
		for (const check of this.#waiters) check();
	}

	end(reason: string): void {
		this.#ended ??= reason;
		for (const check of this.#waiters) check();
	}

	wait(condition: (event: GstCameraEvent) => boolean, deadline: number): Promise<GstCameraEvent> {
		return new Promise((resolve, reject) => {
			const settle = (action: () => void) => {
				clearTimeout(timer);
				this.#waiters.delete(check);
				action();
			};
			const check = () => {
				const found = this.events.find(condition);
				if (found) settle(() => resolve(found));
				else if (this.#ended !== undefined) settle(() => reject(new Error(this.#ended)));
			};
			const timer = setTimeout(
				() => settle(() => reject(new Error(`nothing in ${deadline} ms; seen ${JSON.stringify(this.events)}`))),
				deadline,
			);
			this.#waiters.add(check);
			check();
		});
	}
}

function commandLine(options: GstCameraOptions): string[] {
	const words: string[] = [];
	for (const [name, value] of Object.entries(options)) {
		const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
		if (value === true) words.push(option);
		else if (value !== undefined && value !== false) words.push(option, String(value));
	}
	return words;
}
