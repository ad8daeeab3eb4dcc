import { z } from 'zod';
import { MAX_SHARED_REVOCATIONS, MAX_UNSENT_REVOCATIONS } from './limits.ts';
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
	/** Called for each one that is added. @returns stops it */
	watch(watcher: (revocation: SharedRevocation) => void): () => void;
}

/** Has every node know every revocation: at once by a message, and from Redis when it joins or comes back. */
export class SharedRevocations {
	readonly #list: RevocationList;
	readonly #link: Pick<RedisLink, 'run'>;
	readonly #prefix: string;
	readonly #announce: (revocation: SharedRevocation) => void;
	readonly #unwatch: () => void;
	/** Not in Redis yet. */
	readonly #unsent = new Set<SharedRevocation>();
	#taking = false;

	/** @param announce tells the other nodes */
	constructor(
		list: RevocationList,
		link: Pick<RedisLink, 'run'>,
		prefix: string,
		announce: (revocation: SharedRevocation) => void,
	) {
		this.#list = list;
		this.#link = link;
		this.#prefix = prefix;
		this.#announce = announce;
		this.#unwatch = list.watch((added) => {
			if (!this.#taking) void this.#share(added);
		});
	}

	/** Another node told of one. */
	heard(message: unknown): void {
		const { success, data } = revocation.safeParse(message);
		if (success) this.#take(data);
	}

	/** Redis is there: it is told what it does not know, and says what it knows. */
	async synchronize(): Promise<void> {
		for (const added of [...this.#unsent]) await this.#share(added);
		const answer = await this.#link.run(REVOCATIONS, [this.#prefix, MAX_SHARED_REVOCATIONS]);
		for (const text of z.array(z.string()).parse(answer)) {
			try {
				this.heard(JSON.parse(text));
			} catch {
				// Not ours to repair: an entry that cannot be read revokes nothing.
			}
		}
	}

	close(): void {
		this.#unwatch();
	}

	async #share(added: SharedRevocation): Promise<void> {
		this.#unsent.add(added);
		const [oldest] = this.#unsent;
		if (this.#unsent.size > MAX_UNSENT_REVOCATIONS && oldest) this.#unsent.delete(oldest);
		try {
			await this.#link.run(REVOCATIONS, [this.#prefix, MAX_SHARED_REVOCATIONS, added.until, JSON.stringify(added)]);
			this.#unsent.delete(added);
			this.#announce(added);
		} catch {
			// It waits for `synchronize`.
		}
	}

	#take(added: SharedRevocation): void {
		this.#taking = true;
		try {
			this.#list.add(added);
		} finally {
			this.#taking = false;
		}
	}
}
