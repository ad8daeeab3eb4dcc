import { silentLogger } from '../../../src/base/logger.ts';
import type { Track } from '../../../src/media/track.ts';
import type { AccessUnit } from '../../../src/media/unit.ts';
import type { Lease, StreamReader } from '../../../src/stream/reader.ts';
import { Stream } from '../../../src/stream/stream.ts';
import type { StreamOptions } from '../../../src/stream/stream-options.ts';
import { ScriptedSource } from '../../fakes/scripted-source.ts';
import { settle, VirtualClock } from '../../fakes/virtual-clock.ts';

export function setup(changes: Partial<StreamOptions> = {}) {
	const clock = new VirtualClock();
	const source = new ScriptedSource();
	const stream = new Stream({
		id: 'cam',
		source,
		onDemand: true,
		startTimeout: 5_000,
		closeAfter: 30_000,
		stallTimeout: 8_000,
		backoff: { first: 500, cap: 5_000 },
		retryPause: { transient: 1_000, permanent: 30_000 },
		clock,
		logger: silentLogger,
		random: () => 0.5,
		...changes,
	});
	return { clock, source, stream };
}

export class Collector implements StreamReader {
	readonly name = 'collector';
	readonly units: AccessUnit[] = [];
	tracks: readonly Track[] = [];
	ended = 0;
	onTracks(tracks: readonly Track[]): void {
		this.tracks = tracks;
	}
	onUnit(unit: AccessUnit): void {
		this.units.push(unit);
	}
	onEnd(): void {
		this.ended++;
	}
}

export const PCMA_TRACK = { kind: 'audio', codec: 'pcma', id: 1, clockRate: 8_000, channels: 1 } as const;

/** A sound packet every 500 ms. */
export async function soundFor({ clock, source }: ReturnType<typeof setup>, milliseconds: number): Promise<void> {
	const run = source.last;
	for (let passed = 0; passed < milliseconds; passed += 500) {
		const sequence = Math.round(clock.now() / 500);
		const fields = { payloadType: 8, marker: false, sequence, timestamp: clock.now() * 8, ssrc: 2 };
		run.sink.onPacket(1, { ...fields, payload: new Uint8Array(160) }, clock.now());
		await clock.advance(500);
	}
}

export async function live(context: ReturnType<typeof setup>, tracks?: readonly Track[]): Promise<Lease> {
	const claim = context.stream.claim();
	await settle();
	context.source.last.announce(tracks);
	return claim;
}
