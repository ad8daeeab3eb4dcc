import { packetizeAac } from '../../../media/packetizers/aac-packetizer.ts';
import { packetizeH264 } from '../../../media/packetizers/h264-packetizer.ts';
import { packetizeH265 } from '../../../media/packetizers/h265-packetizer.ts';
import type { AccessUnit, AudioUnit } from '../../../media/unit.ts';

/** Takes the packets of a unit. */
export interface PacketSink {
	/** Ticks of the packets that follow, on the stream's timeline. */
	at(ticks: number): void;
	/** The payload is copied before this returns. */
	readonly add: (payload: Uint8Array, marker: boolean) => void;
}

/** Splits a unit into RTP payloads of at most `maxPayload` bytes, as its codec wants it. */
export function packetize(unit: AccessUnit, maxPayload: number, sink: PacketSink): void {
	sink.at(unit.pts);
	if (unit.kind === 'video') {
		if (unit.track.codec === 'h264') packetizeH264(unit.nalus, maxPayload, sink.add);
		else packetizeH265(unit.nalus, maxPayload, sink.add);
		return;
	}
	switch (unit.track.codec) {
		case 'aac':
			packetizeAac(unit.data, maxPayload, sink.add);
			return;
		case 'opus':
			// It cannot be split (RFC 7587 section 4.2).
			if (unit.data.length <= maxPayload) sink.add(unit.data, false);
			return;
		case 'pcma':
		case 'pcmu':
		case 'g722':
			packetizeSamples(unit, unit.track.channels, maxPayload, sink);
			return;
		case 'l16':
			packetizeSamples(unit, 2 * unit.track.channels, maxPayload, sink);
			return;
	}
}

/** @param tickSize bytes of one tick of the clock, all channels */
function packetizeSamples({ pts, data }: AudioUnit, tickSize: number, maxPayload: number, sink: PacketSink): void {
	const most = Math.floor(maxPayload / tickSize) * tickSize;
	for (let at = 0; at < data.length; at += most) {
		if (at > 0) sink.at(pts + at / tickSize);
		sink.add(data.subarray(at, at + most), false);
	}
}

/** About how much `packetize` makes of a unit. */
export function packetizedSize(unit: AccessUnit, maxPayload: number): { bytes: number; packets: number } {
	const size = unit.kind === 'video' ? unit.size : unit.data.length;
	const count = unit.kind === 'video' ? unit.nalus.length : 1;
	// Per NAL unit at most one packet more than its size asks for; per packet a few bytes of headers.
	const packets = Math.ceil(size / (maxPayload - 4)) + count;
	return { bytes: size + 4 * packets, packets };
}
