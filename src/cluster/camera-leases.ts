import { z } from 'zod';
import type { Clock } from '../base/clock.ts';

/** The lease of a camera that this node has, or had. */
type Holding = {
	fence: number;
	/** `Clock.now()` at which it ends, unless it is renewed. */
	deadline: number;
	/** Redis is away: nobody else can get the lease, however late it is. */
	kept: boolean;
};

/** What is asked of Redis for one stream: [stream, fence known or 0, 1 to have it or 0 to give it away]. */
export type LeaseRequest = readonly [stream: string, fence: number, keep: 0 | 1];

/** Of its life in Redis a lease is sure for this share here: clocks do not run alike. */
export const SURE_SHARE = 0.9;
const answers = z.array(z.coerce.number());

/** The cameras that this node owns, by its own clock. */
export class CameraLeases {
	readonly #clock: Clock;
	/** Milliseconds. */
	readonly #life: number;
	readonly #holdings = new Map<string, Holding>();

	/** @param ttl milliseconds a lease lives in Redis */
	constructor(clock: Clock, ttl: number) {
		this.#clock = clock;
		this.#life = ttl * SURE_SHARE;
	}

	/** Streams whose lease was had at the last answer, whether or not it has ended since. */
	get known(): readonly string[] {
		return [...this.#holdings.keys()];
	}

	/** False when a lease was kept while Redis was away. */
	get certain(): boolean {
		return ![...this.#holdings.values()].some(({ kept }) => kept);
	}

	/** The fence under which the camera is owned at this moment. */
	fence(stream: string): number | undefined {
		const holding = this.#holdings.get(stream);
		return holding && this.#isValid(holding) ? holding.fence : undefined;
	}

	cameras(): { id: string; fence: number }[] {
		return [...this.#holdings].flatMap(([id, holding]) =>
			this.#isValid(holding) ? [{ id, fence: holding.fence }] : [],
		);
	}

	/** `Clock.now()` at which the next lease ends if nothing is heard. */
	get nextEnd(): number | undefined {
		const ends = [...this.#holdings.values()].flatMap((holding) =>
			this.#isValid(holding) && !holding.kept ? [holding.deadline] : [],
		);
		return ends.length === 0 ? undefined : Math.min(...ends);
	}

	/** What to ask for so that the known leases go on, these are had too, and those are given away. */
	requests(claim: readonly string[], release: readonly string[]): LeaseRequest[] {
		const gone = new Set(release);
		const known = [...this.#holdings].map(([stream, { fence }]): LeaseRequest => {
			return [stream, fence, gone.has(stream) ? 0 : 1];
		});
		return [...known, ...claim.filter((stream) => !this.#holdings.has(stream)).map((id): LeaseRequest => [id, 0, 1])];
	}

	/** @param asked `Clock.now()` when the requests were sent: a lease begins no earlier */
	answered(requests: readonly LeaseRequest[], answer: unknown, asked: number): void {
		const fences = answers.length(requests.length).parse(answer);
		for (const [index, [stream]] of requests.entries()) {
			const fence = fences[index] ?? 0;
			if (fence === 0) this.#holdings.delete(stream);
			else this.#holdings.set(stream, { fence, deadline: asked + this.#life, kept: false });
		}
	}

	/** Stops owning at once, before Redis is asked: whoever gets the lease next shall not find us pulling. */
	drop(stream: string): void {
		const holding = this.#holdings.get(stream);
		if (!holding) return;
		holding.kept = false;
		holding.deadline = Number.NEGATIVE_INFINITY;
	}

	/** Redis is away: what is owned at this moment stays. */
	keep(): void {
		for (const holding of this.#holdings.values()) holding.kept = this.#isValid(holding);
	}

	#isValid({ kept, deadline }: Holding): boolean {
		return kept || this.#clock.now() < deadline;
	}
}
