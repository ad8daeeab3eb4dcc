import { describe, expect, it, vi } from 'vitest';
import { buildGoodbye, buildSenderReport } from '../../../src/media/rtp/rtcp-writer.ts';
import { buildRtp } from '../../../src/media/rtp/rtp-writer.ts';
import { parseSdp } from '../../../src/media/sdp/sdp.ts';
import { type SdpTrack, tracksFromSdp } from '../../../src/media/sdp/tracks.ts';
import { MediaReceiver } from '../../../src/rtsp/client/transport/media-receiver.ts';
import { FAKE_SDP } from '../../camera/fake-camera.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const SSRC = 7;
const SOUND_SSRC = 8;
const [video, sound] = tracksFromSdp(parseSdp(FAKE_SDP)).tracks as [SdpTrack, SdpTrack];
const REPORT = buildSenderReport(
	{ ssrc: SSRC, ntp: { seconds: 4e9, fraction: 0 }, rtpTimestamp: 1, packets: 1, octets: 1, blocks: [] },
	'camera',
);

function packet(sequence: number, payloadType = 96, ssrc = SSRC): Uint8Array {
	const payload = Uint8Array.of(0x41, sequence);
	return buildRtp({ payloadType, marker: true, sequence, timestamp: sequence * 3000, ssrc, payload });
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

	it('takes a goodbye of the pictures for the end, and one of the sound not', () => {
		const { receiver, events, lane } = receive();
		const beside = receiver.addLane(sound, () => {});
		receiver.open();
		lane.onRtp(packet(1), 1);
		beside.onRtp(packet(1, 8, SOUND_SSRC), 1);
		beside.onRtcp(buildGoodbye(SOUND_SSRC, 'camera'), 2);
		lane.onRtp(packet(2), 3);
		expect(events).toEqual(['first', 'packet 1', 'packet 1', 'packet 2']);
		lane.onRtcp(buildGoodbye(SSRC, 'camera'), 4);
		expect(events.at(-1)).toBe('goodbye');
	});

	it('takes a goodbye of the sound for the end where there is nothing else', () => {
		const { receiver, events, lane } = receive();
		receiver.removeLane(lane);
		const only = receiver.addLane(sound, () => {});
		receiver.open();
		only.onRtp(packet(1, 8, SOUND_SSRC), 1);
		only.onRtcp(buildGoodbye(SOUND_SSRC, 'camera'), 2);
		expect(events).toEqual(['first', 'packet 1', 'goodbye']);
	});

	it('passes over a goodbye of others, and before anything came', () => {
		const { receiver, events, lane } = receive();
		receiver.open();
		lane.onRtcp(buildGoodbye(SSRC, 'camera'), 1);
		lane.onRtp(packet(1), 2);
		lane.onRtcp(buildGoodbye(SOUND_SSRC, 'camera'), 3);
		lane.onRtp(packet(2, 96, 9), 4);
		lane.onRtcp(buildGoodbye(SSRC, 'camera'), 5);
		expect(events).toEqual(['first', 'packet 1', 'packet 2']);
	});

	it('gives nothing out any more, and waits for nothing, once it is closed', async () => {
		const { receiver, clock, events, lane } = receive({ delay: 80, packets: 512 });
		const after = vi.spyOn(clock, 'after');
		const beside = receiver.addLane(sound, () => {});
		receiver.open();
		beside.onRtp(packet(1, 8), 0);
		lane.onRtp(packet(1), 0);
		lane.onRtp(packet(3), 0);
		expect(after).toHaveBeenCalledTimes(1);
		receiver.close();
		lane.onRtp(packet(5), 0);
		beside.onRtp(packet(3, 8), 0);
		await clock.advance(1000);
		expect(events).toEqual(['first', 'packet 1', 'packet 1']);
		expect(after).toHaveBeenCalledTimes(1);
	});

	it('expects of a track its payload type and RTCP', () => {
		const { lane } = receive();
		expect([96, 96 | 0x80, 200, 201, 204].map((type) => lane.expects(type))).toEqual(new Array(5).fill(true));
		expect([0, 8, 95, 97, 0x80 | 50, 199, 255].map((type) => lane.expects(type))).toEqual(new Array(7).fill(false));
	});
});
