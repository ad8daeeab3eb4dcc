import { networkOf } from '../base/client-network.ts';
import type { Clock } from '../base/clock.ts';
import { digestOf } from '../base/digest.ts';
import { DualcastError, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { FailedAttempts } from './failed-attempts.ts';
import type { Action } from './grant.ts';
import { GuessLine } from './guess-line.ts';
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

/** Asks an external service. Without an answer nobody is let in. */
export class HttpHook {
	readonly #options: HttpHookOptions;
	#away = false;
	readonly #answers = new Map<string, Answer>();
	readonly #asking = new Map<string, Promise<boolean>>();
	readonly #line: GuessLine;

	constructor(options: HttpHookOptions) {
		this.#options = options;
		this.#line = new GuessLine(options.failures);
	}

	/**
	 * @throws DualcastError `token_missing` when the service says no to somebody without credentials, `forbidden`,
	 * `rate_limited`, `issuer_unreachable` when it gives no answer
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
		const caller = `${networkOf(ip)} ${user}`;
		const asking = this.#asking.get(key) ?? this.#line.run(caller, () => this.#ask(key, request, caller));
		this.#asking.set(key, asking);
		try {
			return await asking;
		} finally {
			this.#asking.delete(key);
		}
	}

	async #ask(key: string, request: HookRequest, caller: string): Promise<boolean> {
		const { cache, failures, clock } = this.#options;
		const allowed = await this.#answerTo(request);
		if (!allowed) failures.count(caller, key);
		this.#remember(key, { allowed, until: clock.now() + cache });
		return allowed;
	}

	async #answerTo(request: HookRequest): Promise<boolean> {
		const { url, timeout, logger, fetch } = this.#options;
		try {
			const response = await fetch(url, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(request),
				signal: AbortSignal.timeout(timeout),
				redirect: 'error',
			});
			await response.body?.cancel();
			const { ok, status } = response;
			// Its own failures, or those of a proxy in front of it, say nothing about who asks.
			if (!ok && (status < 400 || status >= 500)) throw new Error(`it answered ${status}`);
			if (this.#away) logger.info({ service: url }, 'the authentication service answers again');
			this.#away = false;
			return ok;
		} catch (cause) {
			const reason = reasonOf(cause);
			if (!this.#away) logger.warn({ service: url, reason }, 'the authentication service cannot be asked');
			this.#away = true;
			throw new DualcastError('issuer_unreachable', 'the authentication service cannot be asked now', { cause });
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
