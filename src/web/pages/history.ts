import type { StreamStats } from '../gateway/camera.ts';

/** Two minutes at one sample in two seconds. */
const SAMPLES = 60;

type Series = 'bitrate' | 'frameRate';

/** The last figures of a stream, for the lines that are drawn of them. */
export class History {
	readonly #series: Record<Series, number[]> = { bitrate: [], frameRate: [] };

	add({ current_bitrate, frame_rate }: StreamStats): void {
		for (const [name, value] of [
			['bitrate', current_bitrate],
			['frameRate', frame_rate],
		] as const) {
			const series = this.#series[name];
			series.push(value);
			if (series.length > SAMPLES) series.shift();
		}
	}

	/** Oldest first. */
	of(name: Series): readonly number[] {
		return this.#series[name];
	}
}
