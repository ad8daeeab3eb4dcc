import type { RtpPacket } from '../../src/media/rtp/rtp.ts';
import type { SenderClock } from '../../src/media/time/sender-clock.ts';
import type { SkippedMedia, Track } from '../../src/media/track.ts';
import type { SourceConnection, SourceSink } from '../../src/stream/source.ts';

/** Keeps what a source delivers, and lets a test wait for it. */
export class RecordingSink implements SourceSink {
	readonly announcements: {
		tracks: readonly Track[];
		skipped: readonly SkippedMedia[];
		connection: SourceConnection;
	}[] = [];
	readonly packets: { trackId: number; packet: RtpPacket; arrival: number }[] = [];
	readonly reports: { trackId: number; clock: SenderClock }[] = [];
	readonly #waiters = new Set<() => void>();

	onTracks(tracks: readonly Track[], skipped: readonly SkippedMedia[], connection: SourceConnection): void {
		this.announcements.push({ tracks, skipped, connection });
		this.#changed();
	}

	onPacket(trackId: number, packet: RtpPacket, arrival: number): void {
		if (this.announcements.length === 0) throw new Error('a packet before the tracks');
		this.packets.push({ trackId, packet: { ...packet, payload: packet.payload.slice() }, arrival });
		this.#changed();
	}

	onSenderReport(trackId: number, clock: SenderClock): void {
		if (this.announcements.length === 0) throw new Error('a report before the tracks');
		this.reports.push({ trackId, clock });
		this.#changed();
	}

	/** Sequence numbers of one track so far. */
	sequences(trackId: number): number[] {
		return this.packets.filter((entry) => entry.trackId === trackId).map((entry) => entry.packet.sequence);
	}

	until(condition: (sink: RecordingSink) => boolean, deadline = 15_000): Promise<void> {
		return new Promise((resolve, reject) => {
			const check = () => {
				if (!condition(this)) return;
				clearTimeout(timer);
				this.#waiters.delete(check);
				resolve();
			};
			const timer = setTimeout(() => {
				this.#waiters.delete(check);
				reject(new Error(`not in ${deadline} ms; ${this.packets.length} packets came`));
			}, deadline);
			this.#waiters.add(check);
			check();
		});
	}

	/** Waits until every announced track has had `count` packets. */
	flowing(count = 5): Promise<void> {
		return this.until(({ announcements }) => {
			const tracks = announcements.at(-1)?.tracks ?? [];
			return tracks.length > 0 && tracks.every(({ id }) => this.sequences(id).length >= count);
		});
	}

	#changed(): void {
		for (const check of this.#waiters) check();
	}
}
