import { buildRtp } from '../../../../src/media/rtp/rtp-writer.ts';
import type { Outlet } from '../../../../src/rtsp/server/outlets/outlet.ts';
import type { Presentation, PresentationFrame, PresentationReader } from '../../../../src/rtsp/server/presentation.ts';

/** Video and audio whose frames the test hands out. */
export class FakePresentation implements Presentation {
	readonly sdp = 'v=0\r\n';
	current = true;
	readonly tracks = [
		{ kind: 'video', control: 'trackID=0', ssrc: 0x1111, clockRate: 90_000 },
		{ kind: 'audio', control: 'trackID=1', ssrc: 0x2222, clockRate: 48_000 },
	] as const;
	readonly readers = new Set<PresentationReader>();

	subscribe(reader: PresentationReader): () => void {
		this.readers.add(reader);
		return () => this.readers.delete(reader);
	}

	deliver(frame: PresentationFrame): void {
		for (const reader of this.readers) reader.onFrame(frame);
	}
}

/** A frame of one packet whose payload is the byte `mark`. */
export function frameOf(track: number, mark: number, key = false): PresentationFrame {
	const packet = buildRtp({
		payloadType: 96 + track,
		marker: true,
		sequence: mark,
		timestamp: mark * 3000,
		ssrc: 0x1111 * (track + 1),
		payload: Uint8Array.of(mark),
	});
	return { track, packets: [packet], key, clock: { ntp: 1_000_000 + mark, rtpTimestamp: mark * 3000 } };
}

/** An outlet that remembers what it was given. */
export class FakeOutlet implements Outlet {
	readonly marks: number[] = [];
	readonly rtcp: Uint8Array[] = [];
	backlog = 0;
	closed = false;

	send({ packets }: PresentationFrame): void {
		for (const packet of packets) this.marks.push(packet.at(-1) as number);
	}

	sendRtcp(packet: Uint8Array): void {
		this.rtcp.push(packet);
	}

	close(): void {
		this.closed = true;
	}
}
