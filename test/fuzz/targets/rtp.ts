import { isDeepStrictEqual } from 'node:util';
import { RTCP_LIMITS } from '../../../src/media/limits.ts';
import { parseRtcp, type ReportBlock } from '../../../src/media/rtp/rtcp.ts';
import { buildReceiverReport, buildSenderReport } from '../../../src/media/rtp/rtcp-writer.ts';
import { parseRtp } from '../../../src/media/rtp/rtp.ts';
import { buildRtp } from '../../../src/media/rtp/rtp-writer.ts';
import { senderClock } from '../../../src/media/time/sender-clock.ts';
import { type FuzzTarget, promise } from '../target.ts';

export const rtp: FuzzTarget = {
	name: 'rtp',
	shape: 'bytes',
	run(input) {
		const packet = parseRtp(input);
		if (!packet) return;
		const { payload } = packet;
		promise(payload.buffer === input.buffer, 'the payload is a view');
		const end = payload.byteOffset + payload.length;
		promise(payload.byteOffset >= input.byteOffset + 12, 'the payload begins after the header');
		promise(end <= input.byteOffset + input.length, 'the payload ends within the packet');
		const again = parseRtp(buildRtp(packet));
		promise(again !== undefined && Buffer.compare(again.payload, payload) === 0, 'a payload is written as it is');
		promise(isDeepStrictEqual({ ...again, payload }, packet), 'what was written reads the same');
	},
};

export const rtcp: FuzzTarget = {
	name: 'rtcp',
	shape: 'bytes',
	run(input) {
		const packets = parseRtcp(input);
		promise(packets.length <= RTCP_LIMITS.packets, 'packets are capped');
		for (const packet of packets) {
			switch (packet.type) {
				case 'sender-report': {
					checkBlocks(packet.blocks);
					promise(Number.isFinite(senderClock(packet)?.ntp ?? 0), 'a sender clock is a time');
					const [again] = parseRtcp(buildSenderReport(packet, 'x'));
					promise(JSON.stringify(again) === JSON.stringify(packet), 'what was written reads the same');
					break;
				}
				case 'receiver-report': {
					checkBlocks(packet.blocks);
					const [again] = parseRtcp(buildReceiverReport(packet, 'x'));
					promise(JSON.stringify(again) === JSON.stringify(packet), 'what was written reads the same');
					break;
				}
				case 'goodbye':
					promise(packet.ssrcs.length <= 31, 'sources are capped');
					break;
				case 'nack':
					promise(packet.sequences.length <= RTCP_LIMITS.nackSequences, 'sequences are capped');
					break;
				case 'fir':
					promise(packet.requests.length * 8 <= input.length, 'requests are in the packet');
					break;
				case 'remb':
					promise(Number.isSafeInteger(packet.bitrate) || packet.bitrate > 0, 'a bitrate is a number');
			}
		}
	},
};

function checkBlocks(blocks: readonly ReportBlock[]): void {
	promise(blocks.length <= 31, 'blocks are capped');
	for (const { fractionLost, cumulativeLost } of blocks) {
		promise(fractionLost >= 0 && fractionLost <= 255, 'a fraction is one byte');
		promise(cumulativeLost >= -0x800000 && cumulativeLost <= 0x7fffff, 'a loss has 24 bits');
	}
}
