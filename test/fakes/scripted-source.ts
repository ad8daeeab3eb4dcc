import { SourceError } from '../../src/base/errors.ts';
import type { Track, VideoTrack } from '../../src/media/track.ts';
import type { Source, SourceSink } from '../../src/stream/source.ts';

/** SPS of a 64x48 Constrained Baseline picture, its PPS, and the facts they hold. */
export const VIDEO_TRACK: VideoTrack = {
	kind: 'video',
	codec: 'h264',
	id: 0,
	clockRate: 90_000,
	parameterSets: {
		sps: Uint8Array.of(0x67, 0x42, 0xc0, 0x0a, 0xda, 0x10, 0x9e, 0x40),
		pps: Uint8Array.of(0x68, 0xce, 0x3c, 0x80),
	},
	facts: {
		width: 64,
		height: 48,
		frameRate: 25,
		profileIdc: 66,
		constraints: 0xc0,
		levelIdc: 10,
		codecs: 'avc1.42c00a',
		reorderFrames: 0,
	},
};

/** One run of a `ScriptedSource`: the test plays the camera. */
export class Run {
	readonly sink: SourceSink;
	readonly signal: AbortSignal;
	readonly #end: (error?: Error) => void;
	#sequence = 0;

	constructor(sink: SourceSink, signal: AbortSignal, end: (error?: Error) => void) {
		this.sink = sink;
		this.signal = signal;
		this.#end = end;
	}

	announce(tracks: readonly Track[] = [VIDEO_TRACK]): void {
		this.sink.onTracks(tracks, [], { transport: 'tcp', remote: '127.0.0.1:554' });
	}

	/** Sends one picture in one packet. */
	picture(timestamp: number, key: boolean, arrival: number): void {
		const payload = Uint8Array.of(key ? 0x65 : 0x41, 0x88, 0x84, timestamp & 0xff);
		this.sink.onPacket(
			0,
			{
				payloadType: 96,
				marker: true,
				sequence: this.#sequence++ & 0xffff,
				timestamp: timestamp >>> 0,
				ssrc: 1,
				payload,
			},
			arrival,
		);
	}

	fail(code: ConstructorParameters<typeof SourceError>[0], permanent = false): void {
		this.#end(new SourceError(code, `scripted ${code}`, { permanent }));
	}

	end(): void {
		this.#end();
	}
}

/** A camera whose every run is driven by the test. Counts sessions opened and closed. */
export class ScriptedSource implements Source {
	readonly label = 'scripted';
	readonly runs: Run[] = [];
	open = 0;
	onRun: ((run: Run) => void) | undefined;

	get last(): Run {
		const run = this.runs.at(-1);
		if (!run) throw new Error('the source was never started');
		return run;
	}

	async run(sink: SourceSink, signal: AbortSignal): Promise<void> {
		this.open++;
		try {
			await new Promise<void>((resolve, reject) => {
				const run = new Run(sink, signal, (error) => (error ? reject(error) : resolve()));
				signal.addEventListener('abort', () => resolve(), { once: true });
				this.runs.push(run);
				this.onRun?.(run);
			});
		} finally {
			this.open--;
		}
	}
}
