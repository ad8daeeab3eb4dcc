import { describe, expect, it } from 'vitest';
import { NAL, nalType } from '../../src/media/codecs/h264.ts';
import { packetizeH264 } from '../../src/media/packetizers/h264-packetizer.ts';
import type { VideoUnit } from '../../src/media/unit.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import { Clip } from '../fakes/clip.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';
import { hex, rtpPacket } from '../unit/media/rtp-packets.ts';

/** Main, and does not say whether it reorders. */
const SPS_UNSAID = hex('674d001ef201407b20');
const RATE = 25;
const GOP = 25;
const PICTURES = 150;

/** Pictures of ffmpeg, without what their SPS says of B-frames, as the ingest gives them on. */
async function ingested(bFrames: number, stamp: (pts: number, index: number) => number) {
	const clip = await Clip.make({ rate: RATE, gop: GOP, bFrames, audio: false });
	const sent: number[] = [];
	const units: VideoUnit[] = [];
	const ingest = new Ingest(new VirtualClock(), {
		onTracks() {},
		onUnit: (unit) => unit.kind === 'video' && units.push(unit),
	});
	ingest.onTracks([{ kind: 'video', codec: 'h264', id: 0, clockRate: 90_000 }], [], {
		transport: 'tcp',
		remote: 'clip',
	});
	let sequence = 0;
	for (const unit of clip.units()) {
		if (sent.length === PICTURES) break;
		if (unit.kind !== 'video') continue;
		const nalus = unit.nalus.map((nalu) => (nalType(nalu) === NAL.sps ? SPS_UNSAID : nalu));
		const timestamp = stamp(unit.pts, sent.length) >>> 0;
		sent.push(unit.pts);
		packetizeH264(nalus, 1200, (payload, marker) => {
			const packet = rtpPacket({ sequence: sequence++ & 0xffff, timestamp, marker, payload: Uint8Array.from(payload) });
			ingest.onPacket(0, packet, unit.arrival);
		});
	}
	expect(ingest.tracks).toMatchObject([{ facts: { profileIdc: 77 } }]);
	expect(units).toHaveLength(PICTURES);
	expect(new Set(units.map(({ epoch }) => epoch)).size).toBe(1);
	return { units, sent };
}

describe('real pictures of a stream that does not say whether it reorders', () => {
	it.each([1, 2, 3])('%i B-frames in a row are shown in their places', async (bFrames) => {
		const { units, sent } = await ingested(bFrames, (pts) => pts);
		const offset = (units[0]?.pts ?? 0) - (sent[0] ?? 0);
		for (const [index, { pts, dts }] of units.entries()) {
			// The first group shows how deep it goes.
			if (index > GOP) expect(pts - offset).toBe(sent[index]);
			expect(dts).toBeLessThanOrEqual(pts);
			expect(dts).toBeGreaterThanOrEqual(units[index - 1]?.dts ?? dts);
		}
		expect(units.slice(GOP).some(({ pts }, index) => pts < (units[GOP + index - 1]?.pts ?? 0))).toBe(true);
	});

	it('plain ones stay in order when the clock is set back', async () => {
		const { units } = await ingested(0, (pts, index) => pts - 27_000 * Math.floor((index + 20) / 40));
		for (const [index, { pts, dts }] of units.entries()) {
			expect(dts).toBe(pts);
			expect(pts).toBeGreaterThan(units[index - 1]?.pts ?? -1);
		}
	});
});
