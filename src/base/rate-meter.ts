const BUCKETS = 4;
const BUCKET_MS = 1000;

/** A rate over the last three to four seconds: add amounts as they come, read units per second. */
export class RateMeter {
	readonly #sums = new Float64Array(BUCKETS);
	#bucket = -1;
	#firstBucket = -1;

	/** @param now `Clock.now()` */
	add(amount: number, now: number): void {
		const bucket = Math.floor(now / BUCKET_MS);
		this.#advance(bucket);
		this.#sums[bucket % BUCKETS] = (this.#sums[bucket % BUCKETS] as number) + amount;
	}

	/** Units per second; the running second counts for the part that has passed. 0 when nothing came lately. */
	perSecond(now: number): number {
		if (this.#firstBucket < 0) return 0;
		const bucket = Math.floor(now / BUCKET_MS);
		this.#advance(bucket);
		let sum = 0;
		for (const part of this.#sums) sum += part;
		const whole = Math.min(BUCKETS - 1, bucket - this.#firstBucket);
		const elapsed = whole + (now / BUCKET_MS - bucket);
		return elapsed < 0.05 ? 0 : sum / elapsed;
	}

	#advance(bucket: number): void {
		if (this.#bucket < 0) {
			this.#bucket = bucket;
			this.#firstBucket = bucket;
			return;
		}
		const steps = Math.min(BUCKETS, bucket - this.#bucket);
		for (let step = 1; step <= steps; step++) this.#sums[(this.#bucket + step) % BUCKETS] = 0;
		if (bucket > this.#bucket) this.#bucket = bucket;
	}
}
