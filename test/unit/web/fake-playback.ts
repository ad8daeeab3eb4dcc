import { type Playback, PlaybackError, type PlaybackListener } from '../../../src/web/player/playback.ts';
import { settle } from './fake-clock.ts';

/** A playback that does what a test says; `made` is how it was asked for. */
export class FakePlayback<Made> implements Playback {
	readonly made: Made;
	listener: PlaybackListener | undefined;
	signal: AbortSignal | undefined;
	#reject: (error: unknown) => void = () => undefined;

	constructor(made: Made) {
		this.made = made;
	}

	run(listener: PlaybackListener, signal: AbortSignal): Promise<never> {
		this.listener = listener;
		this.signal = signal;
		return new Promise((_, reject) => {
			this.#reject = reject;
			signal.addEventListener('abort', () => reject(new PlaybackError('stopped', 'stopped')));
		});
	}

	get running(): boolean {
		return this.signal?.aborted === false;
	}

	async fail(code: string, message = code): Promise<void> {
		this.#reject(new PlaybackError(code, message));
		await settle();
	}
}
