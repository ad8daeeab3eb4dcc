import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { Track } from '../../../src/media/track.ts';
import { Stream } from '../../../src/stream/stream.ts';
import { ScriptedSource, VIDEO_TRACK } from '../../fakes/scripted-source.ts';
import { settle, VirtualClock } from '../../fakes/virtual-clock.ts';

const FIRST = 500;
const CAP = 8_000;
const CLOSE_AFTER = 30_000;
const SOUND: Track = { kind: 'audio', codec: 'pcma', id: 1, clockRate: 8_000, channels: 1 };

/** A camera that plays for as long as it is told and then closes, again and again. */
class Scene {
	readonly clock = new VirtualClock();
	readonly source = new ScriptedSource();
	readonly stream: Stream;
	/** When it was asked, and when it had closed before. */
	readonly asked: number[] = [];
	readonly #closed: number[] = [];
	tracks: readonly Track[] = [VIDEO_TRACK];
	/** Milliseconds from the announced tracks to the end, and to the last picture, and between two of them. */
	life = 0;
	pictures = Number.POSITIVE_INFINITY;
	period = 500;

	constructor(onDemand = false) {
		this.source.onRun = () => this.#play();
		this.stream = new Stream({
			...{ id: 'cam', source: this.source, onDemand, startTimeout: 5_000, closeAfter: CLOSE_AFTER },
			...{ stallTimeout: 8_000, backoff: { first: FIRST, cap: CAP } },
			retryPause: { transient: 1_000, permanent: 30_000 },
			...{ clock: this.clock, logger: silentLogger, random: () => 0 },
		});
	}

	/** Milliseconds from each end to the next start. */
	get pauses(): number[] {
		return this.asked.slice(1).map((at, index) => at - (this.#closed[index] ?? Number.NaN));
	}

	#play(): void {
		const { clock, source, tracks, life } = this;
		const run = source.last;
		const start = clock.now();
		this.asked.push(start);
		run.announce(tracks);
		const send = () => {
			const now = clock.now();
			if (tracks.includes(VIDEO_TRACK) && now - start <= this.pictures) run.picture(now * 90, true, now);
			if (!tracks.includes(SOUND)) return;
			const fields = { payloadType: 8, marker: false, sequence: Math.round(now) & 0xffff, timestamp: now * 8, ssrc: 2 };
			run.sink.onPacket(1, { ...fields, payload: new Uint8Array(160) }, now);
		};
		send();
		const media = clock.every(this.period, send);
		const close = () => {
			media.cancel();
			end.cancel();
			this.#closed.push(clock.now());
			run.end();
		};
		const end = clock.after(life, close);
		run.signal.addEventListener('abort', close, { once: true });
	}
}

/** By capped backoff, random() being 0: half of what each may be. */
const growing = [250, 500, 1_000, 2_000, 4_000, 4_000];

describe('how soon a camera that closed is asked again', () => {
	it.each([
		['at once', 1],
		['after two seconds of pictures', 2_000],
		['after sound of two and a half seconds', 2_500],
	])('ever later when it closes %s each time', async (_name, life) => {
		const scene = new Scene();
		if (life === 2_500) scene.tracks = [SOUND];
		scene.life = life;
		await scene.clock.advance(100_000);
		expect(scene.pauses.slice(0, 6)).toEqual(growing);
		expect(new Set(scene.pauses.slice(6))).toEqual(new Set([4_000]));
	});

	it('ever later when its pictures stop early, however long its sound goes on', async () => {
		const scene = new Scene();
		scene.tracks = [VIDEO_TRACK, SOUND];
		scene.life = 60_000;
		scene.pictures = 2_000;
		await scene.clock.advance(100_000);
		expect(scene.pauses.slice(0, 6)).toEqual(growing);
	});

	it.each([
		['pictures', [VIDEO_TRACK], 500, 3_100],
		['a picture each five seconds', [VIDEO_TRACK], 5_000, 5_100],
		['sound alone', [SOUND], 500, 3_100],
	])('soon when it was good for some seconds each time: %s', async (_name, tracks, period, life) => {
		const scene = new Scene();
		scene.tracks = tracks;
		scene.period = period;
		await scene.clock.advance(30_000);
		scene.life = life;
		const before = scene.pauses.length;
		await scene.clock.advance(100_000);
		expect(before).toBeGreaterThan(4);
		expect(new Set(scene.pauses.slice(before + 1))).toEqual(new Set([FIRST / 2]));
	});

	it('without a pause for a viewer who comes when nobody has watched for a while', async () => {
		const scene = new Scene(true);
		const lease = await scene.stream.claim();
		await scene.clock.advance(20_000);
		expect(scene.pauses.at(-1)).toBe(CAP / 2);
		lease.release();
		await scene.clock.advance(CLOSE_AFTER + CAP);
		const before = scene.asked.length;
		const again = scene.stream.claim();
		await settle();
		expect(scene.asked).toHaveLength(before + 1);
		(await again).release();
	});
});
