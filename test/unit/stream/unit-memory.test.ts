import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Continuity } from '../../../src/hls/continuity.ts';
import { FromStream, type MediaSink } from '../../../src/hls/from-stream.ts';
import { LowLatencyMuxer } from '../../../src/hls/low-latency-muxer.ts';
import { Muxer } from '../../../src/hls/muxer.ts';
import { packetizeH264 } from '../../../src/media/packetizers/h264-packetizer.ts';
import type { AccessUnit, VideoUnit } from '../../../src/media/unit.ts';
import { StreamRelay } from '../../../src/rtsp/server/relay/relay.ts';
import { Ingest } from '../../../src/stream/ingest.ts';
import type { StreamFace, StreamReader } from '../../../src/stream/reader.ts';
import { ReaderSet } from '../../../src/stream/reader-set.ts';
import { Broadcast } from '../../../src/webrtc/broadcast/broadcast.ts';
import { FakeTransport } from '../../fakes/fake-transport.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { rtpPacket } from '../media/rtp-packets.ts';

const FRAME = 40;
const GROUP = 12;
const GROUPS = 14;

/** A stream whose pictures are bytes of chance; two with the same seed send the same. */
class TestStream implements StreamFace {
	readonly id = 'cam';
	readonly ready = true;
	readonly lastError = undefined;
	readonly clock = new VirtualClock();
	readonly readers = new ReaderSet(silentLogger);
	readonly #ingest = new Ingest(this.clock, {
		onTracks: (tracks) => this.readers.setTracks(tracks),
		onUnit: (unit) => this.readers.deliver(unit),
	});
	#frame = 0;
	#sequence = 0;
	#random = 1;

	constructor() {
		this.#ingest.onTracks([VIDEO_TRACK], [], { transport: 'tcp', remote: 'camera:554' });
	}

	get tracks() {
		return this.#ingest.tracks;
	}

	attach(reader: StreamReader, options: { replay: boolean }): () => void {
		return this.readers.attach(reader, options.replay, this.tracks);
	}

	async send(groups: number): Promise<void> {
		for (let frame = 0; frame < groups * GROUP; frame++) await this.#sendFrame(frame % GROUP === 0);
	}

	async #sendFrame(key: boolean): Promise<void> {
		await this.clock.advance(FRAME);
		// Larger than a piece of memory now and then.
		const size = key ? 60_000 + this.#chance(240_000) : 2 + this.#chance(30_000);
		const nalus = [new Uint8Array(size), new Uint8Array(2 + this.#chance(900))];
		for (const nalu of nalus) {
			nalu[0] = key ? 0x65 : 0x41;
			nalu[1] = nalu === nalus[0] ? 0x88 : 0x08;
			for (let at = 2; at < nalu.length; at++) nalu[at] = 1 + this.#chance(255);
		}
		const timestamp = this.#frame++ * FRAME * 90;
		packetizeH264(nalus, 1400, (payload, marker) => {
			const sequence = this.#sequence++ & 0xffff;
			this.#ingest.onPacket(0, rtpPacket({ sequence, timestamp, marker, payload: payload.slice() }), this.clock.now());
		});
	}

	/** xorshift32 */
	#chance(below: number): number {
		this.#random ^= this.#random << 13;
		this.#random ^= this.#random >>> 17;
		this.#random ^= this.#random << 5;
		return (this.#random >>> 0) % below;
	}
}

/** Keeps views of all it gets, and copies of them as they were. */
class Keeper implements StreamReader {
	readonly name = 'keeper';
	readonly views: Uint8Array[] = [];
	readonly copies: Buffer[] = [];
	onTracks(): void {}
	onUnit(unit: AccessUnit): void {
		if (unit.kind !== 'video') return;
		this.views.push(...unit.nalus);
		this.copies.push(...unit.nalus.map((nalu) => Buffer.from(nalu)));
	}
	onEnd(): void {}

	get intact(): boolean {
		return this.views.every((view, index) => this.copies[index]?.equals(view));
	}
}

/** Reads at once; remembers what it saw, and in which memory. */
class Observer implements StreamReader {
	readonly name = 'observer';
	readonly readsAtOnce = true;
	readonly memory = new Set<ArrayBufferLike>();
	readonly hashes: string[] = [];
	onTracks(): void {}
	onUnit(unit: AccessUnit): void {
		if (unit.kind !== 'video') return;
		this.hashes.push(hash(unit));
		this.memory.add((unit.nalus.at(-1) as Uint8Array).buffer);
	}
	onEnd(): void {}
}

/** What a reader made of a stream; `made` is called at the end. */
type Output = { made(): Uint8Array[] };

function hls(stream: TestStream, muxer: MediaSink): void {
	const release = () => {};
	const directory = { has: () => true, claim: async () => ({ stream, release }) };
	void new FromStream({
		id: 'cam',
		playlist: 'index.m3u8',
		directory,
		clock: stream.clock,
		startTimeout: 5000,
		muxer,
		onEnd() {},
	}).open();
}

function classic(container: 'ts' | 'fmp4') {
	return (stream: TestStream): Output => {
		const segments: Uint8Array[] = [];
		const continuity = new Continuity();
		continuity.startRun(stream.clock.wall());
		const muxer = new Muxer({
			segmentDuration: 1,
			segmentCount: 3,
			run: 'r',
			container,
			continuity,
			now: () => stream.clock.now(),
			onSegment: ({ bytes }) => segments.push(Buffer.from(bytes)),
		});
		hls(stream, muxer);
		return { made: () => segments };
	};
}

const OUTPUTS: Readonly<Record<string, (stream: TestStream) => Output>> = {
	'MPEG-TS segments': classic('ts'),
	'fMP4 segments': classic('fmp4'),
	'low-latency parts': (stream) => {
		const parts: Uint8Array[] = [];
		const continuity = new Continuity();
		continuity.startRun(stream.clock.wall());
		const muxer: LowLatencyMuxer = new LowLatencyMuxer({
			segmentDuration: 1,
			partDuration: 0.2,
			segmentCount: 6,
			run: 'r',
			continuity,
			now: () => stream.clock.now(),
			onChange: () => {
				for (const { parts: done } of muxer.window.listed.slice(-1))
					parts.push(...(done ?? []).map(({ bytes }) => Buffer.from(bytes)));
			},
		});
		hls(stream, muxer);
		return { made: () => parts };
	},
	'RTSP frames': (stream) => {
		let seed = 0;
		const frames: Uint8Array[] = [];
		const relay = new StreamRelay({ stream, maxPayload: 1440, random32: () => seed++ });
		relay.subscribe({ onFrame: ({ packets }) => frames.push(...packets), onEnd() {} });
		return { made: () => frames };
	},
	'WebRTC packets': (stream) => {
		const { clock } = stream;
		const zeros = (size: number) => Buffer.alloc(size);
		const transport = new FakeTransport();
		const broadcast = new Broadcast({ stream, transport, clock, randomBytes: zeros, onOver() {} });
		return {
			made: () => {
				const ring = broadcast.video?.ring;
				const count = ring ? ring.next - ring.first : 0;
				return Array.from(
					{ length: count },
					(_, index) => ring?.packet(ring.first + index)?.payload ?? new Uint8Array(0),
				);
			},
		};
	},
};

async function outputOf(open: (stream: TestStream) => Output, beside: StreamReader): Promise<Buffer> {
	const stream = new TestStream();
	stream.attach(beside, { replay: true });
	// Some of the units come by replay.
	await stream.send(1.5);
	const output = open(stream);
	await stream.send(GROUPS);
	expect(output.made().length).toBeGreaterThan(3);
	return Buffer.concat(output.made());
}

describe('the memory of pictures', () => {
	for (const [name, open] of Object.entries(OUTPUTS)) {
		it(`is not written again before ${name} are made of it`, async () => {
			const observer = new Observer();
			const recycled = await outputOf(open, observer);
			const kept = await outputOf(open, new Keeper());
			expect(recycled.equals(kept)).toBe(true);
		});
	}

	it('is used again when the cached group of pictures is over', async () => {
		const stream = new TestStream();
		const observer = new Observer();
		stream.attach(observer, { replay: true });
		await stream.send(2);
		const early = observer.memory.size;
		await stream.send(60);
		expect(observer.hashes).toHaveLength(62 * GROUP);
		expect(observer.memory.size).toBeLessThan(4 * early);
	});

	it('stays as it is for a reader that keeps it, also what came by replay', async () => {
		const stream = new TestStream();
		stream.attach(new Observer(), { replay: true });
		await stream.send(3.5);
		const keeper = new Keeper();
		const detach = stream.attach(keeper, { replay: true });
		expect(keeper.views.length).toBeGreaterThan(0);
		await stream.send(5);
		detach();
		await stream.send(20);
		expect(keeper.intact).toBe(true);
	});

	it('stays as it is while it is cached', async () => {
		const stream = new TestStream();
		const observer = new Observer();
		stream.attach(observer, { replay: true });
		await stream.send(GROUPS + 0.9);
		const { units } = stream.readers.cache;
		expect(units).toHaveLength(Math.ceil(0.9 * GROUP));
		const cached = units.flatMap((unit) => (unit.kind === 'video' ? [hash(unit)] : []));
		expect(cached).toEqual(observer.hashes.slice(-units.length));
	});
});

function hash({ nalus }: VideoUnit): string {
	return createHash('sha256').update(Buffer.concat(nalus)).digest('hex');
}
