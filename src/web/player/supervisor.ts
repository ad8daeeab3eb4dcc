import { type Clock, sleep } from '../clock.ts';
import { nextStep } from './next-step.ts';
import { type Choice, type Mode, type Playback, PlaybackError } from './playback.ts';
import { retryDelayMs } from './retry-delay.ts';
import { SAMPLES_KEPT, type Sample } from './sample.ts';

/** What the player is doing. */
export type PlayerState =
	| { name: 'idle' }
	| { name: 'connecting'; mode: Mode /** Connected, and the camera has sent nothing yet. */; awaitsCamera?: true }
	| { name: 'playing'; mode: Mode /** No new frame for two seconds. */; stalled: boolean }
	| { name: 'waiting'; mode: Mode; failure: PlaybackError /** On the clock's time. */; retryAt: number }
	| { name: 'failed'; mode: Mode; failure: PlaybackError };

/** What the supervisor needs and whom it tells. */
export type SupervisorOptions = {
	/** Makes one attempt; `beside` when it is to take over from one that plays, on a picture of its own. */
	playback: (mode: Mode, beside: boolean) => Playback;
	clock: Clock;
	/** A number in [0, 1). */
	random: () => number;
	/** State, samples or sound changed. */
	onChange: () => void;
	onPlaying: (mode: Mode, firstFrameMs: number) => void;
	onFallback: (reason: string) => void;
	/** @param retryInMs undefined when it does not try again by itself */
	onError: (failure: PlaybackError, retryInMs: number | undefined) => void;
	/** Which gateway serves what plays, or is to. */
	onServed: (url: string) => void;
	/** The playback that was made last, beside another one, is the one to show. */
	onTakeOver: () => void;
};

/** One playback from its start to its end. */
type Attempt = {
	readonly abort: AbortController;
	ended: Promise<{ failure: PlaybackError; played: boolean }>;
	servedBy: string | undefined;
};

const STALLED_AFTER_MS = 2000;

/** Owns every retry of a player, and the choice between WebRTC and HLS. */
export class PlayerSupervisor {
	readonly #options: SupervisorOptions;
	#stop = new AbortController();
	#wake = new AbortController();
	#choice: Choice = 'auto';
	#wantedAt = 0;
	#lastFrameAt = 0;
	#current: Attempt | undefined;
	/** Aborted when a move under way has become needless. */
	#moving: AbortController | undefined;

	state: PlayerState = { name: 'idle' };
	/** Why HLS plays although WebRTC is preferred. */
	fallbackReason: string | undefined;
	/** Milliseconds from the wish to play to the first picture of the latest connection. */
	firstFrameMs: number | undefined;
	hasAudio = false;
	/** The last samples of what plays, oldest first. */
	samples: Sample[] = [];

	constructor(options: SupervisorOptions) {
		this.#options = options;
	}

	/** Plays by `choice` from now on; ends what played before. */
	start(choice: Choice): void {
		this.stop();
		this.#choice = choice;
		this.#stop = new AbortController();
		void this.#run(this.#stop.signal);
	}

	/** Ends everything at once. */
	stop(): void {
		this.#stop.abort();
		this.#wake.abort();
		this.fallbackReason = undefined;
		this.#become({ name: 'idle' });
	}

	/**
	 * Goes to another place, wherever `playback` now finds one: what plays goes on until the picture from there moves, or
	 * for good when there will be none. Does nothing when nothing plays: the next attempt goes there anyway.
	 */
	move(): void {
		if (this.state.name === 'playing' && !this.#moving) void this.#move(this.state.mode, this.#stop.signal);
	}

	/** Tries again now, when it waits or gave up. */
	retry(): void {
		if (this.state.name === 'waiting') this.#wake.abort();
		else if (this.state.name === 'failed') this.start(this.#choice);
	}

	async #run(stop: AbortSignal): Promise<void> {
		const { clock, random } = this.#options;
		const first: Mode = this.#choice === 'hls' ? 'hls' : 'webrtc';
		let mode = first;
		let attempt = 0;
		/** Asking again at once is for the cause, which the gateway knows; not to be its load. */
		let askedAgain = false;
		this.#wantedAt = clock.now();
		for (;;) {
			const { failure, played } = await this.#attempt(mode, stop);
			if (stop.aborted) return;
			if (played) {
				attempt = 0;
				this.#wantedAt = clock.now();
			}
			const step = nextStep(failure, mode, this.#choice);
			const asksAgain = step === 'ask-again' && !askedAgain;
			askedAgain = step === 'ask-again' && !played;
			if (asksAgain) continue;
			if (step === 'fall-back') {
				mode = 'hls';
				this.fallbackReason = failure.message;
				this.#options.onFallback(failure.message);
				continue;
			}
			if (step === 'give-up') {
				this.#become({ name: 'failed', mode, failure });
				return this.#options.onError(failure, undefined);
			}
			const delayMs = retryDelayMs(++attempt, random());
			this.#wake = new AbortController();
			this.#become({ name: 'waiting', mode, failure, retryAt: clock.now() + delayMs });
			this.#options.onError(failure, delayMs);
			await sleep(clock, delayMs, this.#wake.signal);
			if (stop.aborted) return;
			// A fallback that played is kept: finding out again that UDP is blocked would cost three seconds.
			if (!played && mode !== first) {
				mode = first;
				this.fallbackReason = undefined;
			}
		}
	}

	/** Plays until the end of the playback that plays last: others may take over. */
	async #attempt(mode: Mode, stop: AbortSignal): Promise<{ failure: PlaybackError; played: boolean }> {
		this.#become({ name: 'connecting', mode });
		const first = this.#begin(mode, false, stop, (attempt) => attempt === this.#current && this.#onFirstFrame(mode));
		for (let attempt: Attempt | undefined = first; ; attempt = this.#current) {
			const outcome = await (attempt ?? first).ended;
			if (attempt !== this.#current && !stop.aborted) continue;
			this.#moving?.abort();
			this.#moving = undefined;
			return outcome;
		}
	}

	async #move(mode: Mode, stop: AbortSignal): Promise<void> {
		const { clock, random, onTakeOver, onServed } = this.#options;
		const moving = new AbortController();
		this.#moving = moving;
		stop.addEventListener('abort', () => moving.abort(), { once: true });
		for (let count = 1; !moving.signal.aborted; count++) {
			let taken = false;
			const next: Attempt = this.#begin(mode, true, moving.signal, (attempt) => {
				if (moving.signal.aborted) return;
				taken = true;
				const old = this.#current;
				this.#current = attempt;
				this.#moving = undefined;
				this.samples = [];
				this.#lastFrameAt = clock.now();
				onTakeOver();
				this.#become({ name: 'playing', mode, stalled: false });
				if (attempt.servedBy !== undefined) onServed(attempt.servedBy);
				old?.abort.abort();
			});
			const { failure } = await next.ended;
			if (taken) return;
			if (nextStep(failure, mode, mode) === 'give-up') break;
			await sleep(clock, retryDelayMs(count, random()), moving.signal);
		}
		if (this.#moving === moving) this.#moving = undefined;
	}

	/** @param onReady called with the first picture, or, beside another playback, when the picture moves */
	#begin(mode: Mode, beside: boolean, signal: AbortSignal, onReady: (attempt: Attempt) => unknown): Attempt {
		const abort = new AbortController();
		// Directly on the signal: a page that is being left runs nothing later.
		const end = () => abort.abort();
		signal.addEventListener('abort', end, { once: true });
		const attempt: Attempt = { abort, ended: new Promise(() => undefined), servedBy: undefined };
		if (!beside) this.#current = attempt;
		let played = false;
		const ifActive =
			<Arguments extends unknown[]>(run: (...values: Arguments) => void) =>
			(...values: Arguments) => {
				if (!abort.signal.aborted) run(...values);
			};
		const listener = {
			firstFrame: ifActive(() => {
				played = true;
				if (!beside) onReady(attempt);
			}),
			sample: ifActive((sample: Sample) => {
				// HLS may hold its first picture until enough is there to go on.
				if (beside && attempt !== this.#current) onReady(attempt);
				else if (attempt === this.#current) this.#onSample(mode, sample);
			}),
			hasAudio: ifActive(() => {
				this.hasAudio = true;
				this.#options.onChange();
			}),
			awaitsCamera: ifActive(() => {
				if (attempt !== this.#current || this.state.name !== 'connecting') return;
				// Sound that is known stays known.
				this.state = { name: 'connecting', mode, awaitsCamera: true };
				this.#options.onChange();
			}),
			served: ifActive((url: string) => {
				attempt.servedBy = url;
				if (attempt === this.#current) this.#options.onServed(url);
			}),
		};
		const run = async () => this.#options.playback(mode, beside).run(listener, abort.signal);
		attempt.ended = run()
			.catch((thrown: unknown) => ({
				failure:
					thrown instanceof PlaybackError ? thrown : new PlaybackError('player_failed', `The player failed: ${thrown}`),
				played,
			}))
			.finally(() => signal.removeEventListener('abort', end));
		return attempt;
	}

	#onFirstFrame(mode: Mode): void {
		const now = this.#options.clock.now();
		this.firstFrameMs = now - this.#wantedAt;
		this.#lastFrameAt = now;
		this.#become({ name: 'playing', mode, stalled: false });
		this.#options.onPlaying(mode, this.firstFrameMs);
	}

	#onSample(mode: Mode, sample: Sample): void {
		if (sample.framesDecoded !== this.samples.at(-1)?.framesDecoded) this.#lastFrameAt = sample.at;
		this.samples = [...this.samples, sample].slice(-SAMPLES_KEPT);
		this.#become({ name: 'playing', mode, stalled: sample.at - this.#lastFrameAt >= STALLED_AFTER_MS });
	}

	#become(state: PlayerState): void {
		if (state.name === 'connecting' || state.name === 'idle') {
			this.samples = [];
			this.hasAudio = false;
			this.firstFrameMs = undefined;
		}
		this.state = state;
		this.#options.onChange();
	}
}
