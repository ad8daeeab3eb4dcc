import { systemClock } from '../../src/base/clock.ts';
import type { SourceError } from '../../src/base/errors.ts';
import type { RtpPacket } from '../../src/media/rtp/rtp.ts';
import type { SenderClock } from '../../src/media/time/sender-clock.ts';
import type { SkippedMedia, Track } from '../../src/media/track.ts';
import type { AccessUnit, AudioUnit, VideoUnit } from '../../src/media/unit.ts';
import type { RtspSourceOptions } from '../../src/rtsp/client/rtsp-source.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import type { SourceConnection } from '../../src/stream/source.ts';
import { RecordingSink } from '../fakes/recording-sink.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';
import { Pull, RecordingLogger, rtspSource } from './pulled-source.ts';
import { QuirkCamera } from './quirk-camera.ts';
import type { Quirk } from './quirk-file.ts';

/** What became of one quirk. */
export type QuirkResult = {
	readonly camera: QuirkCamera;
	readonly elsewhere: QuirkCamera | undefined;
	/** Of the last run. */
	readonly sink: QuirkSink;
	/** Undefined when the run ended without an error. */
	readonly error: SourceError | undefined;
	/** The run ended before it was stopped. */
	readonly ended: boolean;
	/** Everything that was logged or said in the error. */
	readonly said: string;
};

/** Keeps the packets, and the access units that the stream's ingest makes of them. */
export class QuirkSink extends RecordingSink {
	readonly #ingest: Ingest;
	readonly video: VideoUnit[] = [];
	readonly sound: AudioUnit[] = [];

	constructor(clock: RtspSourceOptions['clock']) {
		super();
		this.#ingest = new Ingest(clock, {
			onTracks: () => {},
			onUnit: (unit: AccessUnit) => {
				if (unit.kind === 'video') this.video.push(unit);
				else this.sound.push(unit);
			},
		});
	}

	/** As they are known at last: with what the stream itself said. */
	get tracks(): readonly Track[] {
		return this.#ingest.tracks;
	}

	/** Packets lost, reordered and received twice. */
	get totals(): { readonly lost: number; readonly reordered: number; readonly duplicates: number } {
		return this.#ingest.totals;
	}

	override onTracks(tracks: readonly Track[], skipped: readonly SkippedMedia[], connection: SourceConnection): void {
		this.#ingest.onTracks(tracks, skipped, connection);
		super.onTracks(tracks, skipped, connection);
	}

	override onPacket(trackId: number, packet: RtpPacket, arrival: number): void {
		this.#ingest.onPacket(trackId, packet, arrival);
		super.onPacket(trackId, packet, arrival);
	}

	override onSenderReport(trackId: number, clock: SenderClock, arrival?: number): void {
		this.#ingest.onSenderReport(trackId, clock, arrival ?? 0);
		super.onSenderReport(trackId, clock);
	}
}

/** Milliseconds for a run that is expected to end. */
const DEADLINE = 15_000;

/** Pulls the camera of a quirk until its script is over and what is expected has come, or until the run ends. */
export async function runQuirk({ client, camera: script, expect }: Quirk): Promise<QuirkResult> {
	const virtual = client.clock === 'virtual' ? new VirtualClock() : undefined;
	const clock = virtual ?? systemClock;
	const logger = new RecordingLogger();
	const advance = async (milliseconds: number) => {
		if (!virtual) throw new Error('the clock moves by itself; set client.clock to virtual');
		await virtual.advance(milliseconds);
	};
	const { elsewhere: other, authorization: _, ...alike } = script;
	const elsewhere = other && (await QuirkCamera.start({ ...alike, answers: other.answers }, '/other', { advance }));
	const camera = await QuirkCamera.start(script, client.path, {
		advance,
		...(elsewhere && { elsewhere: elsewhere.url }),
	});
	const userinfo = client.userinfo === undefined ? '' : `${client.userinfo}@`;
	const source = rtspSource(`rtsp://${userinfo}${camera.host}${client.path}`, {
		transport: client.transport,
		clock,
		logger,
		...(client.username !== undefined && { username: client.username }),
		...(client.password !== undefined && { password: client.password }),
	});
	try {
		for (let run = 1; ; run++) {
			const sink = new QuirkSink(clock);
			const pull = new Pull(source, sink);
			let ended = false;
			const over = pull.outcome.then(() => {
				ended = true;
			});
			const mayEnd = expect.error !== undefined || expect.ends === true;
			const flowed = async () => {
				await Promise.any(
					[camera, ...(elsewhere ? [elsewhere] : [])].map((one) =>
						one.until(() => one.finished >= run, 'end of the script'),
					),
				);
				await sink.until(
					() =>
						sink.video.length >= (expect.video?.length ?? 0) &&
						sink.sound.length >= (expect.sound?.length ?? 0) &&
						sink.reports.length >= (expect.reports ?? 0),
				);
			};
			await (mayEnd ? within(DEADLINE, over) : Promise.race([over, flowed()]));
			// To stop a run that is about to end with an error would hide the error.
			if (camera.seen('TEARDOWN') >= run) await within(DEADLINE, over);
			const stoppedEarly = ended;
			const error = await pull.stop();
			if (run < client.runs && !stoppedEarly) continue;
			const said = [source.label, ...logger.lines, error?.message, JSON.stringify(error?.facts)].join('\n');
			return { camera, elsewhere, sink, error, ended: stoppedEarly, said };
		}
	} finally {
		await camera.close();
		await elsewhere?.close();
	}
}

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`the run did not end in ${milliseconds} ms`)), milliseconds);
	});
	await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
