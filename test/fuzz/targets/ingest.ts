import { ReceiverStatistics } from '../../../src/media/rtp/receiver-statistics.ts';
import { ReorderWindow } from '../../../src/media/rtp/reorder.ts';
import { parseRtp, type RtpPacket, sequenceDistance } from '../../../src/media/rtp/rtp.ts';
import type { AccessUnit } from '../../../src/media/unit.ts';
import { Ingest } from '../../../src/stream/ingest.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { unpack } from '../packets.ts';
import { type FuzzTarget, promise } from '../target.ts';

const WINDOW = { delay: 80, packets: 64 } as const;
const MAX_BACK = 100;

/** Packets of one source in any order: they leave in order, none twice, none invented. */
export const reorder: FuzzTarget = {
	name: 'reorder',
	shape: 'packets',
	run(input) {
		const left = new Set<RtpPacket>();
		let last: RtpPacket | undefined;
		const window = new ReorderWindow(WINDOW, (packet) => {
			promise(!left.has(packet), 'a packet leaves once');
			left.add(packet);
			const step = last?.ssrc === packet.ssrc ? sequenceDistance(last.sequence, packet.sequence) : 1;
			// A sender that starts anew is further back than any late packet.
			promise(step > 0 || step <= -MAX_BACK, `sequence numbers go on, not by ${step}`);
			last = packet;
		});
		const statistics = new ReceiverStatistics(90_000);
		let pushed = 0;
		let now = 0;
		for (const bytes of unpack(input)) {
			const packet = parseRtp(bytes);
			if (!packet) continue;
			pushed += 1;
			now += packet.payload.length % 50;
			window.push(packet, now);
			statistics.receive(packet, now);
			const { deadline = now + WINDOW.delay } = window;
			promise(deadline > now - 1 && deadline <= now + WINDOW.delay, 'nothing waits longer than it may');
			promise(statistics.lost >= 0, 'losses are not negative');
		}
		window.flush(now + WINDOW.delay);
		promise(window.deadline === undefined, 'nothing is left behind');
		promise(left.size + window.discarded === pushed, 'each packet leaves or is counted');
		const block = statistics.report(now);
		if (!block) return;
		promise(block.fractionLost >= 0 && block.fractionLost <= 255, 'a fraction is one byte');
		promise(block.jitter >= 0 && Number.isInteger(block.jitter), 'jitter is a number of ticks');
	},
};

/** Pictures and sound of two tracks through to access units: times go on. */
export const ingest: FuzzTarget = {
	name: 'ingest',
	shape: 'packets',
	run(input) {
		const order = new Order();
		const flow = new Ingest(new VirtualClock(), { onTracks() {}, onUnit: (unit) => order.check(unit) });
		flow.onTracks(
			[
				{ kind: 'video', codec: 'h264', id: 96, clockRate: 90_000 },
				{ kind: 'audio', codec: 'pcma', id: 8, clockRate: 8000, channels: 1 },
			],
			[],
			{ transport: 'tcp', remote: 'camera:554' },
		);
		let now = 0;
		for (const bytes of unpack(input)) {
			const packet = parseRtp(bytes);
			if (!packet) continue;
			now += packet.sequence % 40;
			flow.onPacket(packet.payloadType, packet, now);
			const clock = { ntp: packet.ssrc * 1000, rtpTimestamp: packet.timestamp };
			if (packet.sequence % 7 === 0) flow.onSenderReport(packet.payloadType, clock, now);
		}
		promise(Number.isFinite(flow.bitrate(now)) && flow.bitrate(now) >= 0, 'a bitrate is a number');
		promise(flow.totals.lost >= 0 && flow.dropped >= 0, 'counts are not negative');
	},
};

class Order {
	#epoch = 0;
	readonly #last = new Map<string, number>();

	check(unit: AccessUnit): void {
		promise(unit.epoch >= this.#epoch, 'epochs go on');
		this.#epoch = unit.epoch;
		promise(Number.isSafeInteger(unit.pts) && unit.pts >= 0, `a time is a number of ticks, not ${unit.pts}`);
		promise(Number.isFinite(unit.wall), 'a wall clock is a time');
		const time = unit.kind === 'video' ? unit.dts : unit.pts;
		promise(Number.isSafeInteger(time), 'a decoding time is a number of ticks');
		promise(unit.kind === 'audio' || unit.dts <= unit.pts, 'a picture is decoded before it is shown');
		const before = this.#last.get(unit.kind) ?? Number.NEGATIVE_INFINITY;
		promise(unit.kind === 'video' ? time >= before : time > before, `time of ${unit.kind} goes on`);
		this.#last.set(unit.kind, time);
	}
}
