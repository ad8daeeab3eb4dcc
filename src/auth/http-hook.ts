import type { Clock } from '../base/clock.ts';
import { digestOf } from '../base/digest.ts';
import { DualcastError, toError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { FailedAttempts } from './failed-attempts.ts';
import type { Action } from './grant.ts';
import { lastingQuery } from './lasting-query.ts';
import { MAX_REMEMBERED_TOKENS } from './limits.ts';

/** What MediaMTX tells its HTTP authentication service, and what we tell ours. */
export type HookRequest = {
	readonly user: string;
	readonly password: string;
	readonly token: string;
	readonly ip: string;
	readonly action: Action;
	/** The stream. */
	readonly path: string;
	readonly protocol: 'hls' | 'webrtc' | 'rtsp' | 'http';
	readonly id: string;
	readonly query: string;
};

export type HttpHookOptions = {
	readonly url: string;
	/** Milliseconds. */
	readonly timeout: number;
	/** Milliseconds an answer is remembered. */
	readonly cache: number;
	readonly failures: FailedAttempts;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly fetch: typeof fetch;
};

type Answer = { readonly allowed: boolean; readonly until: number };

/** Asks an external service. Whatever goes wrong counts as no. */
export class HttpHook {
	readonly #options: HttpHookOptions;
	readonly #answers = new Map<string, Answer>();
	readonly #asking = new Map<string, Promise<boolean>>();

	constructor(options: HttpHookOptions) {
		this.#options = options;
	}

	/**
	 * @throws DualcastError `token_missing` when the service says no to somebody without credentials, `forbidden`,
	 * `rate_limited`
	 */
	async authorize(request: HookRequest): Promise<void> {
		if (await this.#isAllowed(request)) return;
		const { user, password, token } = request;
		if (user === '' && password === '' && token === '') {
			throw new DualcastError('token_missing', 'credentials are needed to watch this stream');
		}
		throw new DualcastError('forbidden', 'these credentials do not allow watching this stream');
	}

	async #isAllowed(request: HookRequest): Promise<boolean> {
		const { user, password, token, ip, action, path, protocol, query } = request;
		// The service may know its viewers by the query.
		const key = digestOf(JSON.stringify([user, password, token, ip, action, path, protocol, lastingQuery(query)]));
		const known = this.#answers.get(key);
		if (known && known.until > this.#options.clock.now()) return known.allowed;
		// One user's failures are not another's, who may sit behind the same address.
		const caller = `${ip} ${user}`;
		this.#options.failures.check(caller);
		const asking = this.#asking.get(key) ?? this.#ask(key, request, caller);
		this.#asking.set(key, asking);
		try {
			return await asking;
		} finally {
			this.#asking.delete(key);
		}
	}

	async #ask(key: string, request: HookRequest, caller: string): Promise<boolean> {
		const { url, timeout, cache, failures, clock, logger, fetch } = this.#options;
		try {
			const response = await fetch(url, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(request),
				signal: AbortSignal.timeout(timeout),
				redirect: 'error',
			});
			await response.body?.cancel();
			if (!response.ok) failures.count(caller, key);
			this.#remember(key, { allowed: response.ok, until: clock.now() + cache });
			return response.ok;
		} catch (error) {
			logger.warn({ service: url, reason: toError(error).message }, 'the authentication service cannot be asked');
			return false;
		}
	}

	#remember(key: string, answer: Answer): void {
		this.#answers.delete(key);
		this.#answers.set(key, answer);
		if (this.#answers.size <= MAX_REMEMBERED_TOKENS) return;
		const [oldest] = this.#answers.keys();
		if (oldest !== undefined) this.#answers.delete(oldest);
	}
}
