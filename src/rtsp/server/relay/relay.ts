import type { Track } from '../../../media/track.ts';
import type { AccessUnit } from '../../../media/unit.ts';
import type { StreamFace, StreamReader } from '../../../stream/reader.ts';
import { controlOf, describeTracks, payloadTypeOf } from '../describe.ts';
import { SERVER_LIMITS } from '../limits.ts';
import {
	channelOf,
	type Presentation,
	type PresentationFrame,
	type PresentationReader,
	type PresentationTrack,
} from '../presentation.ts';
import { FrameBuilder, type RtpNumbers } from './frame-builder.ts';
import { type PacketSink, packetize, packetizedSize } from './packetize.ts';
import { ReportClock } from './report-clock.ts';

export type RelayOptions = {
	readonly stream: StreamFace;
	/** Bytes of an RTP payload at most. */
	readonly maxPayload: number;
	/** Random integers of 32 bit. */
	readonly random32: () => number;
};

/** A track on its way: its numbers go on over reconnects of the camera. */
type Lane = { readonly index: number; readonly timestampBase: number; readonly numbers: RtpNumbers };

/**
 * A stream as an RTSP presentation. Each unit is packetized once, whatever the number of readers, and only while
 * there are any. The frames since the last key frame are kept for readers to come.
 */
export class StreamRelay implements Presentation, StreamReader, PacketSink {
	readonly name = 'rtsp';
	readonly readsAtOnce = true;
	readonly tracks: readonly PresentationTrack[];
	readonly #stream: StreamFace;
	readonly #maxPayload: number;
	readonly #shape: string;
	readonly #lanes: ReadonlyMap<number, Lane>;
	readonly #builder = new FrameBuilder();
	readonly #reportClock = new ReportClock();
	readonly #readers = new Set<PresentationReader>();
	#lane: Lane | undefined;
	#group: PresentationFrame[] = [];
	#groupBytes = 0;
	#attached = false;
	#detach: (() => void) | undefined;

	constructor({ stream, maxPayload, random32 }: RelayOptions) {
		this.#stream = stream;
		this.#maxPayload = maxPayload;
		this.#shape = shapeOf(stream.tracks);
		const lanes = stream.tracks.map((track, index) => ({ id: track.id, lane: createLane(track, index, random32) }));
		this.#lanes = new Map(lanes.map(({ id, lane }) => [id, lane]));
		this.tracks = stream.tracks.map((track, index) => ({
			kind: track.kind,
			control: controlOf(index),
			ssrc: lanes[index]?.lane.numbers.ssrc ?? 0,
			clockRate: track.clockRate,
		}));
	}

	get sdp(): string {
		return describeTracks(this.#stream.id, this.#stream.tracks);
	}

	get current(): boolean {
		return shapeOf(this.#stream.tracks) === this.#shape;
	}

	subscribe(reader: PresentationReader): () => void {
		for (const frame of this.#group) reader.onFrame(frame);
		this.#readers.add(reader);
		if (!this.#attached) this.#attach();
		return () => {
			if (this.#readers.delete(reader) && this.#readers.size === 0) this.#rest();
		};
	}

	onTracks(tracks: readonly Track[]): void {
		if (shapeOf(tracks) !== this.#shape) this.#end("the camera's tracks changed");
	}

	onUnit(unit: AccessUnit): void {
		const lane = this.#lanes.get(unit.track.id);
		if (!lane) return;
		const builder = this.#builder;
		this.#lane = lane;
		builder.begin(lane.numbers, channelOf(lane.index), packetizedSize(unit, this.#maxPayload));
		packetize(unit, this.#maxPayload, this);
		const { packets, interleaved } = builder.finish();
		if (packets.length === 0) return;
		const clock = {
			ntp: this.#reportClock.at((unit.pts / unit.track.clockRate) * 1000, unit.wall),
			rtpTimestamp: (lane.timestampBase + unit.pts) >>> 0,
		};
		const frame = { track: lane.index, packets, interleaved, key: unit.kind === 'video' && unit.key, clock };
		this.#keep(frame);
		for (const reader of this.#readers) this.#deliver(reader, frame);
	}

	onAway(): void {
		this.#forget();
	}

	onEnd(): void {
		this.#end('the stream ended');
	}

	at(ticks: number): void {
		this.#builder.at(((this.#lane?.timestampBase ?? 0) + ticks) >>> 0);
	}

	get add(): (payload: Uint8Array, marker: boolean) => void {
		return this.#builder.add;
	}

	#attach(): void {
		this.#attached = true;
		const detach = this.#stream.attach(this, { replay: true });
		// The stream may have ended within.
		if (this.#attached) this.#detach = detach;
		else detach();
	}

	/** A client that fails loses its seat; the others go on. */
	#deliver(reader: PresentationReader, frame: PresentationFrame): void {
		try {
			reader.onFrame(frame);
		} catch {
			this.#readers.delete(reader);
			reader.onEnd('sending failed');
		}
	}

	#keep(frame: PresentationFrame & { readonly interleaved: Uint8Array }): void {
		if (frame.key) this.#forget();
		else if (this.#group.length === 0) return;
		this.#group.push(frame);
		this.#groupBytes += frame.interleaved.length;
		const { groupBytes, groupFrames } = SERVER_LIMITS;
		if (this.#groupBytes > groupBytes || this.#group.length > groupFrames) this.#forget();
	}

	#forget(): void {
		this.#group = [];
		this.#groupBytes = 0;
	}

	/** Nobody reads: costs nothing until somebody does. */
	#rest(): void {
		this.#attached = false;
		this.#detach?.();
		this.#detach = undefined;
		this.#forget();
	}

	#end(reason: string): void {
		const readers = [...this.#readers];
		this.#readers.clear();
		this.#rest();
		for (const reader of readers) reader.onEnd(reason);
	}
}

function createLane(track: Track, index: number, random32: () => number): Lane {
	const payloadType = payloadTypeOf(track, index);
	const numbers = { payloadType, ssrc: random32() >>> 0, sequence: random32() & 0xffff };
	return { index, timestampBase: random32() >>> 0, numbers };
}

/** What a client was told of tracks and relies on. Parameter sets may change: they are in the stream as well. */
function shapeOf(tracks: readonly Track[]): string {
	return tracks
		.map((track) => {
			const channels = track.kind === 'audio' ? track.channels : '';
			const config = track.codec === 'aac' ? Buffer.from(track.config).toString('hex') : '';
			return [track.id, track.codec, track.clockRate, channels, config].join(' ');
		})
		.join('\n');
}
