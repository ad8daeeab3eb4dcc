import type { Clock } from '../base/clock.ts';
import { SourceError } from '../base/errors.ts';
import { GopMeter } from '../stream/gop-meter.ts';
import { Ingest } from '../stream/ingest.ts';
import { NothingToPlayError, type Source, type SourceConnection } from '../stream/source.ts';
import { type Camera, cameraOf } from './camera.ts';
import type { ProbeReport } from './report.ts';
import { adviceOf, judge } from './verdict.ts';

/** How far a probe has come. */
export type ProbeStep = 'connecting' | 'measuring';

export type ProbeOptions = {
	/** It must not be running already. */
	source: Source;
	clock: Clock;
	/** Ends the probe early; what was measured is let go. */
	signal?: AbortSignal;
	onStep?(step: ProbeStep): void;
};

/** Milliseconds until the goodbye, which takes at most one second more. */
const PROBE_TIMEOUT_MS = 9_000;
/** Milliseconds of media when key frames are rare, and at least. */
const LONGEST_LOOK_MS = 5_000;
const SHORTEST_LOOK_MS = 2_000;
const GROUPS = 2;
const PERIOD_MS = 100;
/** A share of lost packets that is seen as broken pictures. */
const FELT_LOSS = 0.005;

/**
 * Connects to a camera once, watches about two groups of pictures, and says what it is and where it plays. A camera
 * that answers but has nothing playable is a finding, not an error.
 *
 * @throws SourceError why there is nothing to report; the signal's reason
 */
export async function probe(options: ProbeOptions): Promise<ProbeReport> {
	const { source, clock, signal, onStep } = options;
	signal?.throwIfAborted();
	onStep?.('connecting');
	const look = new Look(clock, () => onStep?.('measuring'));
	const abort = new AbortController();
	const stop = () => abort.abort();
	signal?.addEventListener('abort', stop, { once: true });
	const watch = clock.every(PERIOD_MS, () => {
		if (look.enough || look.age >= PROBE_TIMEOUT_MS) {
			look.finish();
			stop();
		}
	});
	try {
		await source.run(look.ingest, abort.signal);
		signal?.throwIfAborted();
		return look.report(source.label);
	} catch (thrown) {
		signal?.throwIfAborted();
		if (thrown instanceof NothingToPlayError) return unplayable(source.label, thrown);
		if (thrown instanceof SourceError && look.hasPicture) return look.report(source.label);
		throw thrown;
	} finally {
		watch.cancel();
		signal?.removeEventListener('abort', stop);
	}
}

/** What is seen of the camera while the source runs. */
class Look {
	readonly ingest: Ingest;
	readonly #clock: Clock;
	readonly #started: number;
	readonly #gop = new GopMeter();
	#announced: number | undefined;
	#firstKey: number | undefined;
	#pictures = false;
	#finished: { camera: Camera; connection: SourceConnection | undefined; seconds: number } | undefined;

	constructor(clock: Clock, onMedia: () => void) {
		this.#clock = clock;
		this.#started = clock.now();
		this.ingest = new Ingest(clock, {
			onTracks: () => {
				if (this.#announced === undefined) onMedia();
				this.#announced ??= clock.now();
			},
			onUnit: (unit) => {
				if (unit.kind !== 'video') return;
				this.#pictures = true;
				if (unit.key && !unit.refresh) this.#firstKey ??= clock.now();
				this.#gop.push(unit);
			},
		});
	}

	/** Milliseconds since the start. */
	get age(): number {
		return this.#clock.now() - this.#started;
	}

	get hasPicture(): boolean {
		return this.#pictures;
	}

	get enough(): boolean {
		const watched = this.#watched;
		if (watched < SHORTEST_LOOK_MS || this.ingest.firstPacket === undefined) return false;
		const hasVideo = this.ingest.tracks.some(({ kind }) => kind === 'video');
		if (hasVideo && !this.hasPicture) return false;
		return watched >= LONGEST_LOOK_MS || this.#gop.groups >= GROUPS || !hasVideo;
	}

	/** Takes the figures as they stand: what comes after, as the goodbye, does not count. */
	finish(): void {
		const { ingest } = this;
		this.#finished ??= {
			camera: cameraOf(ingest, this.#gop, this.#clock.now()),
			connection: ingest.connection,
			seconds: this.#watched / 1000,
		};
	}

	/** @throws SourceError when there is nothing to report */
	report(source: string): ProbeReport {
		this.finish();
		const { packets, lost } = this.ingest.totals;
		if (!this.#finished || this.#announced === undefined || packets === 0) throw this.#nothingCame();
		const { camera, connection, seconds } = this.#finished;
		const outputs = judge(camera);
		const roundTrip = connection?.roundTrip?.();
		const firstPacket = this.ingest.firstPacket;
		const advice = adviceOf(outputs);
		if (lost > (packets + lost) * FELT_LOSS && connection?.transport === 'udp') {
			advice.push('Packets are lost over UDP: set transport to tcp, or look at the network of the camera.');
		}
		return {
			source,
			...(connection?.server !== undefined && { server: connection.server }),
			...(connection && { transport: connection.transport }),
			...(connection?.reason !== undefined && { transport_reason: connection.reason }),
			...(roundTrip !== undefined && { rtt_ms: tenths(roundTrip) }),
			...(firstPacket !== undefined && { first_packet_ms: Math.round(firstPacket - this.#started) }),
			...(this.#firstKey !== undefined && { first_key_frame_ms: Math.round(this.#firstKey - this.#started) }),
			media_seconds: tenths(seconds),
			packets_received: packets,
			packets_lost: lost,
			...camera,
			outputs,
			advice,
		};
	}

	/** Milliseconds since the camera began to send. */
	get #watched(): number {
		return this.#announced === undefined ? 0 : this.#clock.now() - this.#announced;
	}

	#nothingCame(): SourceError {
		if (this.age < PROBE_TIMEOUT_MS) {
			return new SourceError('camera_closed', 'the camera ended the session before it sent anything');
		}
		const seconds = Math.round(this.age / 1000);
		const what =
			this.#announced === undefined
				? `the camera did not get ready in ${seconds} s; check its address and the network`
				: `the camera accepted the session but sent nothing in ${seconds} s; check that its stream is switched on`;
		return new SourceError('camera_timeout', what);
	}
}

function unplayable(source: string, { skipped, server }: NothingToPlayError): ProbeReport {
	const camera: Camera = { skipped: [...skipped] };
	const outputs = judge(camera);
	return {
		source,
		...(server !== undefined && { server }),
		media_seconds: 0,
		packets_received: 0,
		packets_lost: 0,
		...camera,
		outputs,
		advice: adviceOf(outputs),
	};
}

function tenths(value: number): number {
	return Math.round(value * 10) / 10;
}
