import { createClient } from 'redis';
import { type BackoffOptions, backoffDelay } from '../base/backoff.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { DualcastError, reasonOf, toError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { redact } from '../base/redact.ts';
import { MAX_MESSAGE_LENGTH, MAX_PENDING_COMMANDS } from './limits.ts';
import type { RedisScript } from './redis-script.ts';

export type RedisLinkOptions = {
	/** `redis://host:port` or `rediss://host:port`. */
	readonly url: string;
	readonly username?: string | undefined;
	readonly password?: string | undefined;
	/** The channel that is listened to. */
	readonly channel: string;
	/** Milliseconds without an answer after which the connection counts as lost. */
	readonly timeout: number;
	readonly clock: Clock;
	readonly logger: Logger;
	/** In [0, 1). */
	readonly random: () => number;
	/** Connected and listening. */
	readonly onUp: () => void;
	/** Called once for each `onUp`. */
	readonly onDown: () => void;
	readonly onMessage: (message: string) => void;
};

const BACKOFF: BackoffOptions = { first: 100, cap: 1_000 };
const CONNECT_TIMEOUT_MS = 2_000;
/** What has come in while the process stood still is read before the verdict. */
const GRACE_MS = 50;

type Client = ReturnType<typeof newClient>;

/**
 * The one connection to Redis: commands and the channel. It is made again, for ever, when it is lost; commands fail at
 * once while there is none, and none waits longer than `timeout`.
 */
export class RedisLink {
	readonly #options: RedisLinkOptions;
	#client: Client | undefined;
	#up = false;
	/** Since it is up it has done what it was asked for. */
	#works = false;
	#closed = false;
	#attempt = 0;
	#pending = 0;
	#retry: Timer | undefined;
	#told: string | undefined;

	constructor(options: RedisLinkOptions) {
		this.#options = options;
		this.#connect();
	}

	get up(): boolean {
		return this.#up;
	}

	/** @throws DualcastError `cluster_unreachable` when there is no connection, no answer, or no script that runs */
	async run(script: RedisScript, args: readonly (string | number)[]): Promise<unknown> {
		const words = args.map(String);
		try {
			return await this.#command(['EVALSHA', script.sha1, '0', ...words]);
		} catch (error) {
			if (!toError(toError(error).cause).message.startsWith('NOSCRIPT')) throw error;
			return await this.#command(['EVAL', script.text, '0', ...words]);
		}
	}

	/** Tells all nodes. @throws DualcastError as `run` */
	async publish(message: string): Promise<void> {
		await this.#command(['PUBLISH', this.#options.channel, message]);
	}

	/** The connection can be used: whatever happens to it from here on is news. */
	works(): void {
		if (!this.#up || this.#works) return;
		this.#works = true;
		this.#attempt = 0;
		this.#told = undefined;
		this.#options.logger.info({}, 'Redis is there');
	}

	/** Drops a connection that cannot be used, and makes another one. @param failure of what it was asked for */
	reset(failure: unknown): void {
		const client = this.#client;
		// Redis has words of its own, such as for a full disk.
		if (client) this.#lost(client, reasonOf(failure));
	}

	close(): void {
		this.#closed = true;
		this.#retry?.cancel();
		const client = this.#client;
		if (client) this.#lost(client, 'closed');
	}

	#connect(): void {
		try {
			this.#client = newClient(this.#options);
			void this.#join(this.#client);
		} catch (error) {
			this.#tryAgain(toError(error).message);
		}
	}

	async #join(client: Client): Promise<void> {
		const { channel, timeout, onUp } = this.#options;
		const patience = Math.max(timeout, CONNECT_TIMEOUT_MS);
		const deadline = this.#deadline(client, patience, `it takes the connection, but gave no answer in ${patience} ms`);
		client.on('error', (error) => this.#lost(client, toError(error).message));
		client.on('end', () => this.#lost(client, 'the connection was closed'));
		try {
			await client.connect();
			await client.subscribe(channel, (message) => {
				if (client === this.#client && message.length <= MAX_MESSAGE_LENGTH) this.#options.onMessage(message);
			});
		} catch (error) {
			this.#lost(client, toError(error).message);
		} finally {
			deadline.cancel();
		}
		if (client !== this.#client) return;
		this.#up = true;
		this.#works = false;
		onUp();
	}

	/** Called for each failure of a client; the first call counts. */
	#lost(client: Client, reason: string): void {
		if (client !== this.#client) return;
		this.#client = undefined;
		client.destroy();
		const wasUp = this.#up;
		this.#up = false;
		if (!this.#closed) this.#tryAgain(reason);
		if (wasUp) this.#options.onDown();
	}

	#tryAgain(reason: string): void {
		const { clock, logger, random } = this.#options;
		this.#tell(logger, redact(reason));
		this.#attempt++;
		this.#retry = clock.after(backoffDelay(BACKOFF, this.#attempt, random()), () => this.#connect());
	}

	/** The connection counts as lost when it is not called off in time. */
	#deadline(client: Client, patience: number, reason: string): Timer {
		const { clock } = this.#options;
		let timer = clock.after(patience, () => {
			timer = clock.after(GRACE_MS, () => this.#lost(client, reason));
		});
		return { cancel: () => timer.cancel() };
	}

	/** Says what is wrong once, not at each attempt. */
	#tell(logger: Logger, reason: string): void {
		if (reason === this.#told) return;
		this.#told = reason;
		logger.warn({ reason }, 'Redis cannot be used; trying again');
	}

	async #command(words: readonly string[]): Promise<unknown> {
		const client = this.#client;
		if (!client || !this.#up) throw away();
		if (this.#pending >= MAX_PENDING_COMMANDS) throw away('too many commands wait for Redis');
		const { timeout } = this.#options;
		this.#pending++;
		const deadline = this.#deadline(client, timeout, `no answer in ${timeout} ms`);
		try {
			return await client.sendCommand(words);
		} catch (cause) {
			throw away(undefined, cause);
		} finally {
			this.#pending--;
			deadline.cancel();
		}
	}
}

function away(message = 'Redis, where the nodes of the cluster meet, does not answer', cause?: unknown): DualcastError {
	return new DualcastError('cluster_unreachable', message, { cause });
}

function newClient({ url, username, password, timeout }: RedisLinkOptions) {
	return createClient({
		url,
		...(username !== undefined && { username }),
		...(password !== undefined && { password }),
		disableOfflineQueue: true,
		// One place decides about another attempt: RedisLink.
		socket: { reconnectStrategy: false, connectTimeout: Math.max(timeout, CONNECT_TIMEOUT_MS) },
		commandsQueueMaxLength: MAX_PENDING_COMMANDS,
		maintNotifications: 'disabled',
		disableClientInfo: true,
		name: 'dualcast',
	});
}
