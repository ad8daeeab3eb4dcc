import { mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';

const RTP_HEADER = 12;
const MAX_PACKETS = 600;

/** One random change of a series of RTP packets: of their order and number, of a header field, of a payload. */
export function mutatePackets(
	packets: readonly Uint8Array[],
	others: readonly Uint8Array[],
	random: Random,
): Uint8Array[] {
	const result = packets.map((packet) => packet.slice());
	const at = random.below(result.length);
	const packet = result[at] ?? new Uint8Array(0);
	switch (random.below(12)) {
		case 0:
			result.splice(at, 1);
			break;
		case 1:
			result.splice(at, 0, packet.slice());
			break;
		case 2:
			result.splice(random.below(result.length), 0, ...result.splice(at, 1));
			break;
		case 3:
			result.splice(at, 0, ...others.slice(0, 1 + random.below(others.length)).map((other) => other.slice()));
			break;
		case 4:
			renumber(result);
			break;
		case 5:
			for (let times = random.below(random.once(10) ? MAX_PACKETS : 8); times > 0; times--) {
				result.splice(at, 0, packet.slice());
			}
			renumber(result);
			break;
		case 6:
			if (packet.length > 1) packet[1] = (packet[1] as number) ^ 0x80;
			break;
		case 7:
			// A field of the header: sequence number, timestamp or source.
			if (packet.length >= RTP_HEADER) packet[2 + random.below(10)] = random.below(256);
			break;
		case 8:
			result[at] = packet.slice(0, RTP_HEADER + random.below(4));
			break;
		default: {
			const other = others[random.below(others.length)]?.subarray(RTP_HEADER) ?? new Uint8Array(0);
			const payload = mutateBytes(packet.subarray(RTP_HEADER), other, random);
			const changed = new Uint8Array(RTP_HEADER + payload.length);
			changed.set(packet.subarray(0, RTP_HEADER));
			changed.set(payload, RTP_HEADER);
			result[at] = changed;
		}
	}
	return result.slice(0, MAX_PACKETS);
}

/** Consecutive sequence numbers: without them, nearly everything is a gap. */
function renumber(packets: readonly Uint8Array[]): void {
	for (const [index, packet] of packets.entries()) {
		if (packet.length < RTP_HEADER) continue;
		packet[2] = (index >> 8) & 0xff;
		packet[3] = index & 0xff;
	}
}
