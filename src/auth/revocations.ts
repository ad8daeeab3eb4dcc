import type { Grant } from './grant.ts';
import { MAX_REVOCATIONS } from './limits.ts';

/** A revocation as it travels between nodes. Times in milliseconds since the Unix epoch. */
export type Revocation =
	/** Tokens of the subject issued up to `at`. */
	| { readonly subject: string; readonly at: number; readonly until: number }
	| { readonly tokenId: string; readonly until: number };

/**
 * Tokens that are not to be taken any more. An entry is forgotten after `until`, when every token it concerns has
 * expired; when there are too many, the oldest ones are forgotten.
 */
export class Revocations {
	readonly #subjects = new Map<string, { readonly at: number; readonly until: number }>();
	readonly #tokens = new Map<string, number>();
	readonly #watchers = new Set<(revocation: Revocation) => void>();
	readonly #now: () => number;

	/** @param now milliseconds since the Unix epoch */
	constructor(now: () => number) {
		this.#now = now;
	}

	add(revocation: Revocation): void {
		if ('subject' in revocation) {
			const { subject, at, until } = revocation;
			const known = this.#subjects.get(subject);
			this.#subjects.delete(subject);
			this.#subjects.set(subject, { at: Math.max(at, known?.at ?? 0), until: Math.max(until, known?.until ?? 0) });
		} else {
			this.#tokens.delete(revocation.tokenId);
			this.#tokens.set(revocation.tokenId, revocation.until);
		}
		this.#forget();
		for (const watcher of this.#watchers) watcher(revocation);
	}

	concerns(grant: Grant): boolean {
		if (grant.tokenId !== undefined && this.#tokens.has(grant.tokenId)) return true;
		const subject = this.#subjects.get(grant.subject);
		return subject !== undefined && grant.issuedAt <= subject.at;
	}

	/** Those that matter still, the latest one last. */
	all(): readonly Revocation[] {
		const now = this.#now();
		const tokens = [...this.#tokens].map(([tokenId, until]) => ({ tokenId, until }));
		const subjects = [...this.#subjects].map(([subject, { at, until }]) => ({ subject, at, until }));
		return [...tokens, ...subjects].filter(({ until }) => until > now).sort((one, other) => one.until - other.until);
	}

	/** @returns stops watching */
	watch(watcher: (revocation: Revocation) => void): () => void {
		this.#watchers.add(watcher);
		return () => this.#watchers.delete(watcher);
	}

	#forget(): void {
		const now = this.#now();
		for (const [tokenId, until] of this.#tokens) {
			if (until > now && this.#tokens.size <= MAX_REVOCATIONS) break;
			this.#tokens.delete(tokenId);
		}
		for (const [subject, { until }] of this.#subjects) {
			if (until > now && this.#subjects.size <= MAX_REVOCATIONS) break;
			this.#subjects.delete(subject);
		}
	}
}
