import { createHash, timingSafeEqual } from 'node:crypto';
import { networkOf } from '../base/client-network.ts';
import type { Clock } from '../base/clock.ts';
import { DualcastError } from '../base/errors.ts';
import type { Classes } from './claims.ts';
import { FailedAttempts } from './failed-attempts.ts';
import { type Action, type Grant, includesPattern, permits, type Role } from './grant.ts';
import type { TokenRequest } from './token-issuer.ts';

export type IssuingRules = {
	/** Anyone may have a token to read: for trials only. */
	readonly open: boolean;
	/** Who brings one of these may ask for any token. */
	readonly apiKeys: readonly string[];
	/** Code → name of the class whose streams a student may then read. */
	readonly classCodes: Readonly<Record<string, string>>;
	readonly classes: Classes;
	/** Seconds. */
	readonly lifetime: number;
};

/** Somebody asks for a token, and with what right. */
export type TokenApplication = {
	readonly subject: string;
	readonly role: Role;
	readonly action: Action;
	/** Undefined asks for all that may be had. */
	readonly stream: string | undefined;
	readonly apiKey: string | undefined;
	readonly classCode: string | undefined;
	/** Of the token that came with the request, checked. */
	readonly grant: Grant | undefined;
	/** Address of the caller. */
	readonly caller: string;
};

/** Wrong ones: a class types its code within the same minutes, often from behind one address; guessing takes thousands. */
const ATTEMPTS = { burst: 60, perMinute: 30 } as const;

/** Decides who gets which token. */
export class Issuing {
	readonly #rules: IssuingRules;
	readonly #attempts: FailedAttempts;

	constructor(rules: IssuingRules, clock: Clock) {
		this.#rules = rules;
		this.#attempts = new FailedAttempts(clock, ATTEMPTS);
	}

	/** @throws DualcastError `token_missing`, `forbidden`, `rate_limited` */
	decide(application: TokenApplication): TokenRequest {
		const { apiKey, classCode, grant } = application;
		const network = networkOf(application.caller);
		if (apiKey !== undefined) return this.#byApiKey(application, apiKey, network);
		if (classCode !== undefined) return this.#byClassCode(application, classCode, network);
		if (grant) return this.#byGrant(application, grant);
		if (this.#rules.open) return this.#openly(application);
		const ways = 'an API key (X-API-Key), a class code (class_code) or a token that allows it';
		throw new DualcastError('token_missing', `to get a token bring ${ways}`);
	}

	#byApiKey(application: TokenApplication, apiKey: string, network: string): TokenRequest {
		this.#attempts.check(network);
		if (!this.#rules.apiKeys.some((key) => equalSecrets(key, apiKey))) {
			this.#attempts.count(network, `key ${apiKey}`);
			throw new DualcastError('forbidden', 'this API key is not known here');
		}
		return this.#request(application, ['*']);
	}

	#byClassCode(application: TokenApplication, code: string, network: string): TokenRequest {
		this.#attempts.check(network);
		const entry = Object.entries(this.#rules.classCodes).find(([known]) => equalSecrets(known, code));
		if (!entry) {
			this.#attempts.count(network, `code ${code}`);
			throw new DualcastError('forbidden', 'this class code is not known here');
		}
		const [, className] = entry;
		const { role, action, stream } = application;
		if (role !== 'student' || action !== 'read') {
			throw new DualcastError('forbidden', 'a class code gives a student the right to read, nothing else');
		}
		const patterns = Object.hasOwn(this.#rules.classes, className) ? (this.#rules.classes[className] ?? []) : [];
		if (stream !== undefined && !patterns.some((pattern) => includesPattern(pattern, stream))) throw notYours();
		return this.#request(application, [`class:${className}`]);
	}

	/** An admin gives anything; a teacher gives students the right to read what the teacher may read. */
	#byGrant(application: TokenApplication, grant: Grant): TokenRequest {
		if (permits(grant, 'admin')) return this.#request(application, ['*']);
		const { role, action, stream } = application;
		if (grant.role !== 'teacher' || role !== 'student' || action !== 'read' || !permits(grant, 'read')) {
			throw new DualcastError('forbidden', 'this token does not allow giving out such a token');
		}
		if (stream !== undefined && !grant.streams.some((pattern) => includesPattern(pattern, stream))) {
			throw notYours();
		}
		return this.#request(application, grant.claimed);
	}

	#openly(application: TokenApplication): TokenRequest {
		if (application.action !== 'read' || application.role === 'admin') {
			throw new DualcastError('forbidden', 'without an API key or a token only the right to read can be had');
		}
		return this.#request(application, ['*']);
	}

	#request({ subject, role, action, stream }: TokenApplication, all: readonly string[]): TokenRequest {
		const { lifetime } = this.#rules;
		return { subject, role, actions: [action], streams: stream === undefined ? all : [stream], lifetime };
	}
}

function notYours(): DualcastError {
	return new DualcastError('forbidden', 'this stream is not among those that may be had this way');
}

/** Compares in a time that tells nothing. */
function equalSecrets(known: string, given: string): boolean {
	const digest = (text: string) => createHash('sha256').update(text).digest();
	return timingSafeEqual(digest(known), digest(given));
}
