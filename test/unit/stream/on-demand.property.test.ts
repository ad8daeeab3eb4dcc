import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SourceError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { Lease } from '../../../src/stream/reader.ts';
import type { Source, SourceSink } from '../../../src/stream/source.ts';
import { Stream } from '../../../src/stream/stream.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';
import { settle, VirtualClock } from '../../fakes/virtual-clock.ts';

const CLOSE_AFTER = 30_000;
const GOODBYE = 800;
const CONNECT = 300;
const BACKOFF_CAP = 5_000;
const STALL = 8_000;
const START_TIMEOUT = 5_000;
/** After so long without a fault everything has come to what it should be. */
const CALM = 60_000;

type Fault = 'refuses' | 'forbids' | 'hangs' | 'breaks' | 'locks out' | 'freezes' | 'says goodbye';

/** A camera that takes time to connect and to say goodbye, and fails as it is told. */
class FickleCamera implements Source {
	readonly label = 'fickle';
	readonly #clock: VirtualClock;
	/** What becomes of the next connections. */
	next: 'works' | 'refuses' | 'forbids' | 'hangs' = 'works';
	sessions = 0;
	most = 0;
	runs = 0;
	/** Ends the session that plays, or silences it. */
	hit: ((fault: Fault) => void) | undefined;

	constructor(clock: VirtualClock) {
		this.#clock = clock;
	}

	async run(sink: SourceSink, signal: AbortSignal): Promise<void> {
		this.runs++;
		this.sessions++;
		this.most = Math.max(this.most, this.sessions);
		try {
			await this.#wait(CONNECT, signal);
			if (!signal.aborted) await this.#answer(sink, signal);
			if (signal.aborted) await this.#wait(GOODBYE);
		} finally {
			this.sessions--;
			this.hit = undefined;
		}
	}

	async #answer(sink: SourceSink, signal: AbortSignal): Promise<void> {
		if (this.next === 'refuses') throw new SourceError('camera_refused', 'busy');
		if (this.next === 'forbids') throw new SourceError('camera_unauthorized', 'wrong password', { permanent: true });
		if (this.next === 'hangs') return this.#wait(Number.MAX_SAFE_INTEGER, signal);
		sink.onTracks([VIDEO_TRACK], [], { transport: 'tcp', remote: 'camera:554' });
		let sequence = 0;
		const send = () => {
			const timestamp = (this.#clock.now() * 90) >>> 0;
			const packet = { payloadType: 96, marker: true, sequence: sequence++ & 0xffff, timestamp, ssrc: 1 };
			sink.onPacket(0, { ...packet, payload: Uint8Array.of(0x65, 0x88, 0x84) }, this.#clock.now());
		};
		send();
		const pictures = this.#clock.every(1_000, send);
		try {
			await new Promise<void>((resolve, reject) => {
				signal.addEventListener('abort', () => resolve(), { once: true });
				this.hit = (fault) => {
					if (fault === 'freezes') pictures.cancel();
					else if (fault === 'breaks') reject(new SourceError('camera_closed', 'broken'));
					else if (fault === 'locks out')
						reject(new SourceError('camera_unauthorized', 'password changed', { permanent: true }));
					else if (fault === 'says goodbye') resolve();
				};
			});
		} finally {
			pictures.cancel();
		}
	}

	#wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
		return new Promise((resolve) => {
			const timer = this.#clock.after(milliseconds, resolve);
			signal?.addEventListener('abort', () => {
				timer.cancel();
				resolve();
			});
		});
	}
}

/** Somebody who wants to watch: waits, watches, and is let go when the stream ends. */
class Viewer {
	state: 'waiting' | 'watching' | 'gone' = 'waiting';
	readonly #abort = new AbortController();
	#lease: Lease | undefined;
	#detach = () => {};

	/** @param hurried goes on with the tracks of the last run */
	constructor(stream: Stream, hurried: boolean) {
		stream.claim(this.#abort.signal, { enough: () => hurried }).then(
			(lease) => {
				this.#lease = lease;
				if (this.state === 'gone') return lease.release();
				this.state = 'watching';
				this.#detach = lease.stream.attach(
					{ name: 'viewer', onTracks() {}, onUnit() {}, onEnd: () => this.leave() },
					{ replay: true },
				);
			},
			() => {
				this.state = 'gone';
			},
		);
	}

	leave(): void {
		this.state = 'gone';
		this.#abort.abort(new Error('left'));
		this.#detach();
		this.#lease?.release();
		this.#lease?.release();
	}
}

type Step =
	| { do: 'join' | 'join in a hurry' | 'all leave' | 'calm' }
	| { do: 'leave'; who: number }
	| { do: 'time'; ms: number }
	| { do: 'fault'; fault: Fault }
	| { do: 'next'; next: FickleCamera['next'] };

const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 3, arbitrary: fc.constant({ do: 'join' } as const) },
	{ weight: 3, arbitrary: fc.constant({ do: 'join in a hurry' } as const) },
	{ weight: 6, arbitrary: fc.record({ do: fc.constant('leave' as const), who: fc.nat(100) }) },
	{ weight: 2, arbitrary: fc.constant({ do: 'all leave' } as const) },
	{ weight: 8, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 2_000 }) }) },
	{ weight: 2, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 45_000 }) }) },
	{
		weight: 3,
		arbitrary: fc.record({
			do: fc.constant('fault' as const),
			fault: fc.constantFrom<Fault>('breaks', 'locks out', 'freezes', 'says goodbye'),
		}),
	},
	{
		weight: 3,
		arbitrary: fc.record({
			do: fc.constant('next' as const),
			next: fc.constantFrom(
				'works' as const,
				'works' as const,
				'refuses' as const,
				'forbids' as const,
				'hangs' as const,
			),
		}),
	},
	{ weight: 1, arbitrary: fc.constant({ do: 'calm' } as const) },
);

it.each([
	['for the first viewer', true],
	['always', false],
])(
	'a camera that is opened %s has one session when it is wanted and none when not, over a thousand joins, leaves and faults',
	async (_name, onDemand) => {
		const steps = fc.array(step, { minLength: 1_000, maxLength: 1_000, size: 'max' });
		await fc.assert(
			fc.asyncProperty(steps, fc.integer(), (plan, seed) => live(plan, seed, onDemand)),
			{
				numRuns: 20,
				// The plan that failed says more than a hundred thousand steps towards a smaller one.
				endOnFailure: true,
			},
		);
	},
	120_000,
);

async function live(plan: readonly Step[], seed: number, onDemand: boolean): Promise<void> {
	const clock = new VirtualClock();
	const camera = new FickleCamera(clock);
	const stream = new Stream({
		id: 'cam',
		source: camera,
		onDemand,
		startTimeout: START_TIMEOUT,
		closeAfter: CLOSE_AFTER,
		stallTimeout: STALL,
		backoff: { first: 500, cap: BACKOFF_CAP },
		retryPause: { transient: 1_000, permanent: 30_000 },
		clock,
		logger: silentLogger,
		random: random(seed),
	});
	let viewers: Viewer[] = [];
	const wanted = () => viewers.some(({ state }) => state !== 'gone');
	for (const what of plan) {
		if (what.do === 'join') viewers.push(new Viewer(stream, false));
		else if (what.do === 'join in a hurry') viewers.push(new Viewer(stream, true));
		else if (what.do === 'leave') viewers[what.who % Math.max(1, viewers.length)]?.leave();
		else if (what.do === 'all leave') for (const viewer of viewers) viewer.leave();
		else if (what.do === 'time') await clock.advance(what.ms);
		else if (what.do === 'fault') camera.hit?.(what.fault);
		else if (what.do === 'next') camera.next = what.next;
		else {
			camera.next = 'works';
			await clock.advance(CALM);
			if (onDemand) expect(camera.sessions, stream.state.name).toBe(wanted() ? 1 : 0);
			else if (stream.state.name !== 'failed') expect(camera.sessions, stream.state.name).toBe(1);
			if (wanted()) expect(stream.state.name).toBe('live');
		}
		await settle();
		viewers = viewers.filter(({ state }) => state !== 'gone');
		expect(camera.most).toBeLessThanOrEqual(1);
		// Nobody is kept waiting by a stream that does nothing.
		const atRest = stream.state.name === 'idle' || stream.state.name === 'failed';
		if (atRest) expect(wanted(), `somebody waits while the stream is ${stream.state.name}`).toBe(false);
		if (atRest) expect(camera.sessions).toBe(0);
	}
	for (const viewer of viewers) viewer.leave();
	await clock.advance(CALM);
	if (onDemand) expect(camera.sessions).toBe(0);
	const closed = stream.close();
	await clock.advance(GOODBYE);
	await closed;
	expect(camera.sessions).toBe(0);
	const { runs } = camera;
	await clock.advance(CALM);
	expect(camera.runs).toBe(runs);
}

/** Numbers in [0, 1) from a seed (a linear congruential generator). */
function random(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
}
