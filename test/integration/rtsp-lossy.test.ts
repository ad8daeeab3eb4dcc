import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { Reception } from '../../src/media/rtp/receiver-statistics.ts';
import type { RtpPacket } from '../../src/media/rtp/rtp.ts';
import type { SenderClock } from '../../src/media/time/sender-clock.ts';
import type { SkippedMedia, Track } from '../../src/media/track.ts';
import type { AccessUnit } from '../../src/media/unit.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import type { SourceConnection, SourceSink } from '../../src/stream/source.ts';
import { GstCamera } from '../camera/gst-camera.ts';
import { type Fate, type FateOf, LossyRelay, type RelayedPacket } from '../camera/lossy-relay.ts';
import { rtspSource } from '../camera/pulled-source.ts';

/** Packets of each track that pass before the trouble begins. */
const PEACE = 50;
/** Milliseconds that one lost packet may hold up the ones behind it. */
const MAX_WAIT = 150;
const NAL_IDR = 5;
const NAL_FU = 28;
/** Any odd number above 2^31 that spreads its multiples well. */
const SPREAD = 2_654_435_761;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

/** Hands on to an ingest and notes how long each packet waited for earlier ones. */
class WaitingSink implements SourceSink {
	readonly units: AccessUnit[] = [];
	readonly #ingest = new Ingest(systemClock, { onTracks() {}, onUnit: (unit) => this.units.push(unit) });
	readonly longest = new Map<number, number>();
	readonly #next = new Map<number, number>();
	tracks: readonly Track[] = [];
	/** Steps of the sequence numbers that were not forward. */
	backward = 0;
	packets = 0;
	#connection: SourceConnection | undefined;

	onTracks(tracks: readonly Track[], skipped: readonly SkippedMedia[], connection: SourceConnection): void {
		this.tracks = tracks;
		this.#connection = connection;
		this.#ingest.onTracks(tracks, skipped, connection);
	}

	onPacket(trackId: number, packet: RtpPacket, arrival: number): void {
		this.packets += 1;
		this.longest.set(trackId, Math.max(this.longest.get(trackId) ?? 0, systemClock.now() - arrival));
		const expected = this.#next.get(trackId) ?? packet.sequence;
		if (((packet.sequence - expected) & 0xffff) >= 0x8000) this.backward += 1;
		this.#next.set(trackId, packet.sequence + 1);
		this.#ingest.onPacket(trackId, packet, arrival);
	}

	onSenderReport(trackId: number, clock: SenderClock, arrival: number): void {
		this.#ingest.onSenderReport(trackId, clock, arrival);
	}

	reception(trackId: number): Reception {
		const reception = this.#connection?.reception?.(trackId);
		if (!reception) throw new Error('nothing was received');
		return reception;
	}
}

/** Every packet has the same chance of each fate, always the same ones. */
function badNetwork(chances: Partial<Record<Fate, number>>): FateOf {
	return (track, index) => {
		if (index < PEACE) return 'pass';
		let point = (((index * 2 + track + 1) * SPREAD) % 2 ** 32) / 2 ** 32;
		for (const fate of ['lose', 'twice', 'late'] as const) {
			point -= chances[fate] ?? 0;
			if (point < 0) return fate;
		}
		return 'pass';
	};
}

async function pullThrough(fateOf: FateOf, enough: (relay: LossyRelay) => boolean) {
	const camera = await GstCamera.start({ width: 320, height: 240, bitrate: 800, gop: 15, audio: 'opus' });
	closers.push(() => camera.stop('SIGKILL'));
	const relay = await LossyRelay.start(camera.port, fateOf);
	closers.push(() => relay.close());
	const sink = new WaitingSink();
	const controller = new AbortController();
	const source = rtspSource(`rtsp://127.0.0.1:${relay.port}/cam`, { transport: 'udp' });
	const lag = monitorEventLoopDelay({ resolution: 5 });
	lag.enable();
	const run = source.run(sink, controller.signal);
	closers.push(() => {
		controller.abort();
		return run;
	});
	await Promise.race([until(() => enough(relay)), run.then(() => Promise.reject(new Error('the run ended')))]);
	// What is lost shows by what comes after it; what waits is let go by its time.
	relay.fateOf = () => 'pass';
	const calm = relay.packets.length;
	await until(() =>
		[0, 1].every((track) => relay.packets.slice(calm).filter((each) => each.track === track).length > 20),
	);
	await until(() => [0, 1].every((track) => received(sink, track) === forwarded(relay, track)));
	lag.disable();
	return { relay, sink, busy: lag.max / 1e6 };
}

function received(sink: WaitingSink, track: number): number {
	const id = sink.tracks[track]?.id;
	return id === undefined ? 0 : sink.reception(id).received;
}

function forwarded(relay: LossyRelay, track: number): number {
	const all = relay.packets.filter((packet) => packet.track === track).length;
	return all - relay.count(track, 'lose') + relay.count(track, 'twice');
}

async function until(condition: () => boolean, deadline = 40_000): Promise<void> {
	const from = performance.now();
	while (!condition()) {
		if (performance.now() - from > deadline) throw new Error(`not in ${deadline} ms`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

/** Key pictures of which every packet passed. */
function wholeKeyPictures(packets: readonly RelayedPacket[]): number {
	const whole = new Map<number, boolean>();
	const key = new Set<number>();
	for (const { track, fate, timestamp, payload } of packets) {
		if (track !== 0) continue;
		whole.set(timestamp, (whole.get(timestamp) ?? true) && fate !== 'lose');
		const [first = 0, second = 0] = payload;
		const type = (first & 0x1f) === NAL_FU ? second & 0x1f : first & 0x1f;
		if (type === NAL_IDR) key.add(timestamp);
	}
	return [...key].filter((timestamp) => whole.get(timestamp)).length;
}

describe('over UDP on a bad network', () => {
	it('counts exactly what was lost, reordered and doubled, and puts the rest in order', async () => {
		const { relay, sink } = await pullThrough(
			badNetwork({ lose: 0.05, twice: 0.03, late: 0.05 }),
			({ packets }) => packets.length > 900,
		);
		for (const track of [0, 1]) {
			const { lost, reordered, duplicates } = sink.reception(sink.tracks[track]?.id ?? -1);
			expect({ lost, reordered, duplicates }).toEqual({
				lost: relay.count(track, 'lose'),
				reordered: relay.count(track, 'late'),
				duplicates: relay.count(track, 'twice'),
			});
			expect(lost * reordered * duplicates).toBeGreaterThan(0);
		}
		expect(sink.backward).toBe(0);
	});

	it('never holds sound up longer than 150 ms for a lost packet', async () => {
		const { relay, sink, busy } = await pullThrough(
			(track, index) => (track === 1 && index > PEACE && index % 25 === 0 ? 'lose' : 'pass'),
			(relay) => relay.count(1, 'lose') >= 8,
		);
		const audio = sink.tracks[1]?.id ?? -1;
		// On a busy machine the timer that lets go comes late by as much as everything else.
		expect(sink.longest.get(audio)).toBeLessThan(MAX_WAIT + busy);
		expect(sink.longest.get(audio)).toBeGreaterThan(20);
		const sounds = sink.units.filter((unit) => unit.kind === 'audio').length;
		const sent = relay.packets.filter(({ track }) => track === 1).length;
		expect(sounds).toBeGreaterThanOrEqual(sent - relay.count(1, 'lose') - 10);
		// Nobody waited for the other track.
		expect(sink.longest.get(sink.tracks[0]?.id ?? -1)).toBeLessThan(MAX_WAIT + busy);
	});

	it('has pictures again from the next key picture on', async () => {
		const { relay, sink } = await pullThrough(
			badNetwork({ lose: 0.05 }),
			({ packets }) => wholeKeyPictures(packets.slice(PEACE)) >= 6,
		);
		const keys = sink.units.filter((unit) => unit.kind === 'video' && unit.key).length;
		// The last one may still wait for its end.
		expect(keys).toBeGreaterThanOrEqual(wholeKeyPictures(relay.packets) - 1);
		expect(relay.count(0, 'lose')).toBeGreaterThan(5);
	});
});
