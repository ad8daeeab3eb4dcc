import type { RawVideo } from '../media/depacketizers/depacketizer.ts';

/** Milliseconds without a key picture after which recovery points are started with: while none was seen, and since one was. */
const WAIT_UNSEEN = 4_000;
/** By then the group has outgrown most caches. */
const WAIT_SEEN = 60_000;

/**
 * Tells with which pictures a stream can be started. Where key pictures come, those alone; a camera that refreshes its
 * picture gradually (ITU-T H.264 section D.2.8) sends none after its first, and is started at recovery points.
 */
export class StartPoints {
	#gradual = false;
	#seen = false;
	/** Arrival of the last key picture; of the first picture where there was none. */
	#since: number | undefined;

	/** A new run of the source. What is known of the camera stays so until a key picture comes. */
	restart(): void {
		this.#seen = false;
		this.#since = undefined;
	}

	judge({ key, recovery, arrival }: Pick<RawVideo, 'key' | 'recovery' | 'arrival'>): 'key' | 'refresh' | undefined {
		if (key) {
			this.#gradual = false;
			this.#seen = true;
			this.#since = arrival;
			return 'key';
		}
		this.#since ??= arrival;
		if (!recovery) return undefined;
		if (arrival - this.#since >= (this.#seen ? WAIT_SEEN : WAIT_UNSEEN)) this.#gradual = true;
		return this.#gradual ? 'refresh' : undefined;
	}
}
