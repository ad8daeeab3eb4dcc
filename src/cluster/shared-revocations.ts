import { z } from 'zod';
import { MAX_SHARED_REVOCATIONS } from './limits.ts';
import type { RedisLink } from './redis-link.ts';
import { REVOCATIONS } from './scripts.ts';

const name = z.string().min(1).max(256);
const time = z.number().nonnegative();
const revocation = z.union([
	z.strictObject({ subject: name, at: time, until: time }),
	z.strictObject({ tokenId: name, until: time }),
]);

/** Tokens taken back: of a subject, issued up to `at`, or one. Times in milliseconds since the Unix epoch. */
export type SharedRevocation = z.output<typeof revocation>;

/** Where a node keeps what was revoked. */
export interface RevocationList {
	add(revocation: SharedRevocation): void;
	/** Those that matter still, the latest one last. */
	all(): readonly SharedRevocation[];
	/** Called for each one that is added. @returns stops it */
	watch(watcher: (revocation: SharedRevocation) => void): () => void;
}

/** Written to Redis in one step. */
const BATCH = 1000;

export type SharedRevocationsTools = {
	readonly link: Pick<RedisLink, 'run'>;
	readonly prefix: string;
	/** Tells the other nodes of one, or, without, that Redis has more than it had. */
	readonly announce: (revocation?: SharedRevocation) => Promise<void>;
};

/**
 * Has every node know every revocation: at once by a message, and from Redis when it joins or comes back. What Redis
 * lacks, as it was away or lost it, it gets from the nodes.
 */
export class SharedRevocations {
	readonly #list: RevocationList;
	readonly #tools: SharedRevocationsTools;
	readonly #unwatch: () => void;
	#taking = false;
	/** The others may not know all that Redis does. */
	#untold = false;

	constructor(list: RevocationList, tools: SharedRevocationsTools) {
		this.#list = list;
		this.#tools = tools;
		this.#unwatch = list.watch((added) => {
			if (!this.#taking) void this.#share(added);
		});
	}

	/** Another node told of one. */
	heard(message: unknown): void {
		const { success, data } = revocation.safeParse(message);
		if (success) this.#take([data]);
	}

	/** Redis is there: it says what it knows, and is told what it does not know. */
	async synchronize(): Promise<void> {
		const missing = await this.read();
		for (let at = 0; at < missing.length; at += BATCH) await this.#write(missing.slice(at, at + BATCH));
		if (missing.length === 0 && !this.#untold) return;
		await this.#tools.announce();
		this.#untold = false;
	}

	/** Takes what Redis knows. @returns what it does not know */
	async read(): Promise<readonly SharedRevocation[]> {
		const { link, prefix } = this.#tools;
		const answer = await link.run(REVOCATIONS, [prefix, MAX_SHARED_REVOCATIONS]);
		const there = z.array(z.string()).parse(answer).flatMap(parsed);
		const here = this.#list.all();
		this.#take(lacking(here, there));
		return lacking(there, here).slice(-MAX_SHARED_REVOCATIONS);
	}

	close(): void {
		this.#unwatch();
	}

	async #share(added: SharedRevocation): Promise<void> {
		try {
			await this.#write([added]);
			await this.#tools.announce(added);
		} catch {
			// It waits for `synchronize`.
			this.#untold = true;
		}
	}

	async #write(added: readonly SharedRevocation[]): Promise<void> {
		const { link, prefix } = this.#tools;
		const pairs = added.flatMap((one) => [one.until, JSON.stringify(one)]);
		await link.run(REVOCATIONS, [prefix, MAX_SHARED_REVOCATIONS, ...pairs]);
	}

	#take(added: readonly SharedRevocation[]): void {
		this.#taking = true;
		try {
			for (const one of added) this.#list.add(one);
		} finally {
			this.#taking = false;
		}
	}
}

/** Nothing for an entry that cannot be read: it is not ours to repair, and revokes nothing. */
function parsed(text: string): SharedRevocation[] {
	try {
		return [revocation.parse(JSON.parse(text))];
	} catch {
		return [];
	}
}

/** What of `wanted` revokes more than `known` does. */
function lacking(known: readonly SharedRevocation[], wanted: readonly SharedRevocation[]): SharedRevocation[] {
	const tokens = new Set<string>();
	const subjects = new Map<string, number>();
	for (const one of known) {
		if ('tokenId' in one) tokens.add(one.tokenId);
		else subjects.set(one.subject, Math.max(one.at, subjects.get(one.subject) ?? 0));
	}
	return wanted.filter((one) =>
		'tokenId' in one ? !tokens.has(one.tokenId) : one.at > (subjects.get(one.subject) ?? Number.NEGATIVE_INFINITY),
	);
}
