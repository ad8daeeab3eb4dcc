import { describe, expect, it } from 'vitest';
import { buildGoodbye, buildSenderReport } from '../../../src/media/rtcp-writer.ts';
import { buildRtp } from '../../../src/media/rtp-writer.ts';
import { parseSdp } from '../../../src/media/sdp.ts';
import { type SdpTrack, tracksFromSdp } from '../../../src/media/sdp-tracks.ts';
import { MediaReceiver } from '../../../src/rtsp/client/media-receiver.ts';
import { FAKE_SDP } from '../../camera/fake-camera.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const SSRC = 7;
const [video] = tracksFromSdp(parseSdp(FAKE_SDP)).tracks as [SdpTrack];
const REPORT = buildSenderReport(
	{ ssrc: SSRC, ntp: { seconds: 4e9, fraction: 0 }, rtpTimestamp: 1, packets: 1, octets: 1, blocks: [] },
	'camera',
);

function packet(sequence: number, payloadType = 96): Uint8Array {
	const payload = Uint8Array.of(0x41, sequence);
	return buildRtp({ payloadType, marker: true, sequence, timestamp: sequence * 3000, ssrc: SSRC, payload });
}

function receive(reorder?: { delay: number; packets: number }) {
	const events: string[] = [];
	const clock = new VirtualClock();
	const receiver = new MediaReceiver({
		sink: {
			onTracks() {},
			onPacket: (_, { sequence }) => events.push(`packet ${sequence}`),
			onSenderReport: () => events.push('report'),
		},
		clock,
		events: { onFirstPacket: () => events.push('first'), onGoodbye: () => events.push('goodbye') },
		ssrc: 1,
		cname: 'x',
		reorder,
	});
	return { receiver, clock, events, lane: receiver.addLane(video, () => {}) };
}

describe('MediaReceiver', () => {
	it.each([undefined, { delay: 80, packets: 512 }])('takes nothing until it is opened, with %j', async (reorder) => {
		const { receiver, clock, events, lane } = receive(reorder);
		lane.onRtp(packet(1), 1);
		lane.onRtcp(REPORT, 2);
		lane.onRtcp(buildGoodbye(SSRC, 'camera'), 3);
		await clock.advance(1000);
		expect(events).toEqual([]);
		expect(receiver.started).toBe(false);
		receiver.open();
		lane.onRtp(packet(2), 1004);
		lane.onRtcp(REPORT, 1005);
		expect(events).toEqual(['first', 'packet 2', 'report']);
		expect(receiver.started).toBe(true);
		expect(receiver.reception(video.track.id)).toMatchObject({ received: 1, lost: 0 });
	});

	it('expects of a track its payload type and RTCP', () => {
		const { lane } = receive();
		expect([96, 96 | 0x80, 200, 201, 204].map((type) => lane.expects(type))).toEqual(new Array(5).fill(true));
		expect([0, 8, 95, 97, 0x80 | 50, 199, 255].map((type) => lane.expects(type))).toEqual(new Array(7).fill(false));
	});
});
