import { describe, expect, it } from 'vitest';
import type { AacTrack, H264Track, Track } from '../../../src/media/track.ts';
import type { AccessUnit, AudioUnit, VideoUnit } from '../../../src/media/unit.ts';
import { Ingest } from '../../../src/stream/ingest.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { hex, rtpPacket } from '../media/rtp-packets.ts';

const SPS_640 = '6742c016d900a03db0110000030001000003001e0f162e48';
/** High, 1280x720, two reordered frames. */
const SPS_720 = '6764001facd9405005bb0110000003001000000303c0f1831960';
/** Main, and does not say whether it reorders. */
const SPS_UNSAID = '674d001ef201407b20';
const PPS = '68ce3c80';
const IDR = '65888401';
const RECOVERY = '060601c480';
const SLICE = '419a0102';
/** Of a picture that may lie between two that come before it. */
const B_SLICE = '019e0102';
const VIDEO: H264Track = { kind: 'video', codec: 'h264', id: 0, clockRate: 90_000 };
const AAC: AacTrack = {
	kind: 'audio',
	codec: 'aac',
	id: 1,
	clockRate: 48_000,
	channels: 2,
	config: hex('1190'),
	sizeLength: 13,
	indexLength: 3,
	indexDeltaLength: 3,
};

class Camera {
	readonly clock = new VirtualClock();
	readonly units: AccessUnit[] = [];
	readonly log: string[] = [];
	readonly announced: (readonly Track[])[] = [];
	readonly ingest = new Ingest(this.clock, {
		onTracks: (tracks) => {
			this.announced.push(tracks);
			this.log.push(tracks.map((track) => (track.kind === 'video' ? track.facts?.width : track.channels)).join(' '));
		},
		onUnit: (unit) => {
			this.units.push(unit);
			this.log.push(unit.kind === 'video' && unit.key ? 'key' : unit.kind);
		},
	});
	readonly #sequences: [number, number] = [0, 0];

	constructor(...tracks: readonly Track[]) {
		this.ingest.onTracks(tracks, [], { transport: 'tcp', remote: 'camera:554' });
	}

	/** The next packet of a track does not arrive. */
	lose(trackId: 0 | 1): void {
		this.#sequences[trackId]++;
	}

	/** @param time of the camera and of the arrival, in milliseconds */
	video(time: number, nalus: readonly string[], stamp = time): void {
		for (const [index, nalu] of nalus.entries()) {
			this.#send(0, Math.round(stamp * 90), index === nalus.length - 1, nalu, time);
		}
	}

	audio(time: number, payload: string): void {
		this.#send(1, Math.round(time * 48), true, payload, time);
	}

	get pictures(): VideoUnit[] {
		return this.units.filter((unit) => unit.kind === 'video');
	}

	get sounds(): AudioUnit[] {
		return this.units.filter((unit) => unit.kind === 'audio');
	}

	#send(trackId: 0 | 1, timestamp: number, marker: boolean, payload: string, arrival: number): void {
		const sequence = this.#sequences[trackId]++ & 0xffff;
		const packet = rtpPacket({ sequence, timestamp: timestamp >>> 0, marker, payload: hex(payload) });
		this.ingest.onPacket(trackId, packet, arrival);
	}
}

describe('Ingest', () => {
	it('learns a track from the stream, and another resolution in mid-stream, without a break', () => {
		const camera = new Camera(VIDEO);
		camera.video(0, [SPS_640, PPS, IDR]);
		camera.video(40, [SLICE]);
		camera.video(80, [SPS_720, PPS, IDR]);
		camera.video(120, [SLICE]);
		expect(camera.log).toEqual(['', '640', 'key', 'video', '1280', 'key', 'video']);
		expect(camera.pictures.map(({ track }) => track.facts?.width)).toEqual([640, 640, 1280, 1280]);
		expect(camera.pictures.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 0]);
		const start = camera.pictures[0]?.pts ?? 0;
		expect(camera.pictures.map(({ pts }) => pts - start)).toEqual([0, 3600, 7200, 10_800]);
	});

	it('follows B-frames that begin with other parameter sets', () => {
		const camera = new Camera(VIDEO);
		camera.video(0, [SPS_640, PPS, IDR]);
		camera.video(40, [SLICE]);
		camera.video(80, [SPS_720, PPS, IDR]);
		for (const [index, stamp] of [200, 120, 160, 320, 240, 280].entries()) {
			camera.video(120 + index * 40, [SLICE], stamp);
		}
		const start = camera.pictures[0]?.pts ?? 0;
		expect(camera.pictures.map(({ pts }) => (pts - start) / 90)).toEqual([0, 40, 80, 200, 120, 160, 320, 240, 280]);
		for (const [index, { pts, dts }] of camera.pictures.entries()) {
			expect(dts).toBeLessThanOrEqual(pts);
			expect(dts).toBeGreaterThanOrEqual(camera.pictures[index - 1]?.dts ?? dts);
		}
	});

	it('tells when the stream says something else of its sound than the SDP', () => {
		const camera = new Camera(AAC);
		camera.audio(0, 'fff16040015ffc aabbcc');
		camera.audio(64, 'fff16040015ffc ddeeff');
		expect(camera.log).toEqual(['2', '1', 'audio', 'audio']);
		expect(camera.sounds[0]?.track).toMatchObject({ codec: 'aac', channels: 1, config: hex('1408') });
	});

	describe.each([
		['forwards', 3_600_000],
		['back', -3_600_000],
		['to zero', -5000],
	])('a camera clock set %s costs nobody the stream', (_name, jump) => {
		const play = (lossy: boolean) => {
			const camera = new Camera(VIDEO, AAC);
			for (let time = 0; time < 10_000; time += 40) {
				if (lossy && time === 5000) camera.lose(0);
				const key = time % 400 === 0;
				camera.video(time, key ? [SPS_640, PPS, IDR] : [SLICE], time < 5000 ? time : time + jump);
				camera.audio(time, '00100008ff');
			}
			for (const units of [camera.pictures, camera.sounds]) {
				for (const [index, { pts }] of units.entries()) expect(pts).toBeGreaterThan(units[index - 1]?.pts ?? -1);
			}
			return camera;
		};

		it('no packet is missing: neither is a picture', () => {
			const { pictures, sounds } = play(false);
			expect([pictures.length, sounds.length]).toEqual([250, 250]);
			expect(new Set(pictures.map(({ epoch }) => epoch))).toEqual(new Set([0]));
			expect(pictures.map(({ pts }) => (pts - (pictures[0]?.pts ?? 0)) / 90)).toEqual(
				pictures.map((_, index) => index * 40),
			);
		});

		it('packets are missing as well: a break at a key picture, then time goes on', () => {
			const { pictures } = play(true);
			expect(new Set(pictures.map(({ epoch }) => epoch))).toEqual(new Set([0, 1]));
			expect(pictures.find(({ epoch }) => epoch === 1)?.key).toBe(true);
			// The three frames that prove the jump and what follows up to the key picture are all that is missing.
			expect(pictures.length).toBeGreaterThan(240);
			const passed = ((pictures.at(-1)?.pts ?? 0) - (pictures[0]?.pts ?? 0)) / 90;
			expect(passed).toBeGreaterThan(9800);
			expect(passed).toBeLessThan(10_100);
		});
	});

	it('wall clock: one relation for all tracks, drawn slowly to this machine where the camera drifts', () => {
		const camera = new Camera(VIDEO);
		const begin = camera.clock.wall();
		for (let time = 0; time < 600_000; time += 40) {
			const key = time % 4000 === 0;
			camera.video(time, key ? [SPS_640, PPS, IDR] : [SLICE], time * 1.0005);
		}
		const { pictures } = camera;
		for (const [index, { wall }] of pictures.entries()) {
			expect(Math.abs(wall - (begin + index * 40))).toBeLessThan(20);
			if (index > 0) expect(wall).toBeGreaterThan(pictures[index - 1]?.wall ?? 0);
		}
		expect(new Set(pictures.map(({ epoch }) => epoch))).toEqual(new Set([0]));
	});
});

describe('dates of a group that was kept by the server and comes all at once', () => {
	/** Four seconds of pictures at `arrival`, then more as they are taken; a clock that is wrong by a day. */
	const play = (camera: Camera, arrival: number) => {
		const ntp = camera.clock.wall() + 86_400_000;
		camera.ingest.onSenderReport(0, { ntp, rtpTimestamp: 4000 * 90 }, arrival);
		for (let time = 0; time < 6000; time += 40) {
			const key = time % 2000 === 0;
			camera.video(arrival + Math.max(0, time - 4000), key ? [SPS_640, PPS, IDR] : [SLICE], time);
		}
	};

	it('are when the pictures were taken: a sender report is of the time at which it was sent', () => {
		const camera = new Camera(VIDEO);
		play(camera, 10_000);
		const live = camera.clock.wall() + 10_000 - 4000;
		for (const [index, { wall }] of camera.pictures.entries()) {
			expect(Math.abs(wall - (live + index * 40))).toBeLessThan(20);
		}
	});

	it('are so again after the camera was away', () => {
		const camera = new Camera(VIDEO);
		play(camera, 10_000);
		camera.ingest.endRun();
		camera.ingest.onTracks([VIDEO], [], { transport: 'tcp', remote: 'camera:554' });
		play(camera, 20_000);
		const again = camera.pictures.filter(({ epoch }) => epoch === 1);
		const live = camera.clock.wall() + 20_000 - 4000;
		for (const [index, { wall }] of again.entries()) {
			expect(Math.abs(wall - (live + index * 40))).toBeLessThan(20);
		}
		expect(again.length).toBe(150);
	});
});

describe('pictures of a stream that does not say whether it reorders them', () => {
	const GOP = 50;

	/** Pictures as they are sent, one each 40 ms; `stamp` in milliseconds. */
	const play = (count: number, stamp: (index: number) => number, slice: (index: number) => string = () => SLICE) => {
		const camera = new Camera(VIDEO);
		for (let index = 0; index < count; index++) {
			const key = index % GOP === 0;
			camera.video(index * 40, key ? [SPS_UNSAID, PPS, IDR] : [slice(index)], stamp(index) + 1000);
		}
		expect(camera.ingest.tracks[0]).toMatchObject({ facts: { profileIdc: 77 } });
		expect(camera.ingest.tracks[0]).not.toHaveProperty('facts.reorderFrames');
		expect(camera.pictures).toHaveLength(count);
		expect(new Set(camera.pictures.map(({ epoch }) => epoch))).toEqual(new Set([0]));
		return camera.pictures;
	};

	it.each<[string, (index: number) => number]>([
		['set back by 50 ms each 20 s', (index) => index * 40 - 50 * Math.floor((index + 240) / 500)],
		['set back by 100 ms each 20 s', (index) => index * 40 - 100 * Math.floor((index + 240) / 500)],
		['set back by 400 ms each 20 s', (index) => index * 40 - 400 * Math.floor((index + 240) / 500)],
		['set back by 900 ms each 20 s', (index) => index * 40 - 900 * Math.floor((index + 240) / 500)],
		['wrong by 45 ms for one picture in 50', (index) => index * 40 - (index % 50 === 25 ? 45 : 0)],
	])('a clock %s makes no B-frames of them', (_name, stamp) => {
		const pictures = play(3000, stamp);
		for (const [index, { pts, dts }] of pictures.entries()) {
			expect(dts).toBe(pts);
			expect(pts).toBeGreaterThan(pictures[index - 1]?.pts ?? 0);
		}
	});

	/** I P B B P B B …, one frame shown each 40 ms. */
	const order = (index: number) => {
		const place = index % GOP;
		if (place === 0) return index;
		return place % 3 === 1 ? Math.min(index + 2, index + GOP - place - 1) : index - 1;
	};
	const slice = (index: number) => ((index % GOP) % 3 === 1 ? SLICE : B_SLICE);

	it('B-frames are known by their slices and shown in their places', () => {
		const pictures = play(300, (index) => order(index) * 40, slice);
		const start = pictures[0]?.pts ?? 0;
		// The first few show how deep it goes.
		for (const [index, { pts, dts }] of pictures.entries()) {
			if (index > 9) expect((pts - start) / 3600).toBe(order(index));
			expect(dts).toBeLessThanOrEqual(pts);
			expect(dts).toBeGreaterThanOrEqual(pictures[index - 1]?.dts ?? dts);
		}
	});

	it('a clock set back among B-frames makes decoding late for three groups at most', () => {
		const before = play(300, (index) => order(index) * 40, slice).at(-1);
		const pictures = play(600, (index) => order(index) * 40 - (index < 310 ? 0 : 400), slice);
		const late = (unit: VideoUnit | undefined) => (unit ? unit.pts - unit.dts : Number.NaN);
		expect(Math.max(...pictures.slice(310, 400).map(late))).toBeGreaterThan(9 * 3600);
		expect(late(pictures[599])).toBe(late(before));
	});

	it('a new run of the source begins without what the one before had shown', () => {
		const camera = new Camera(VIDEO);
		const run = (from: number, slices: (index: number) => string, stamp: (index: number) => number) => {
			for (let index = 0; index < 40; index++) {
				const time = from + index * 40;
				camera.video(time, index === 0 ? [SPS_UNSAID, PPS, IDR] : [slices(index)], from + stamp(index) * 40);
			}
		};
		run(0, slice, order);
		expect(camera.pictures.some(({ pts, dts }) => pts > dts)).toBe(true);
		camera.ingest.endRun();
		camera.ingest.onTracks([VIDEO], [], { transport: 'tcp', remote: 'camera:554' });
		const seen = camera.pictures.length;
		run(
			5000,
			() => SLICE,
			(index) => index,
		);
		for (const { pts, dts, epoch } of camera.pictures.slice(seen)) expect([dts, epoch]).toEqual([pts, 1]);
	});
});

describe('a camera that refreshes its picture gradually', () => {
	const RUN = { transport: 'tcp', remote: 'camera:554' } as const;
	const stream = (camera: Camera, from: number, to: number, picture: (time: number) => readonly string[]) => {
		for (let time = from; time < to; time += 500) camera.video(time, picture(time));
	};
	const refreshed = (time: number) => (time % 2000 === 0 ? [RECOVERY, SLICE] : [SLICE]);
	const starts = (camera: Camera) => camera.pictures.filter(({ key }) => key);

	it('is started at a recovery point when no key picture came for 4 s, with the parameter sets first', () => {
		const camera = new Camera(VIDEO);
		camera.video(0, [SPS_640, PPS, SLICE]);
		stream(camera, 500, 10_000, refreshed);
		expect(camera.pictures[0]).toMatchObject({ key: true, refresh: true, arrival: 4000 });
		expect(camera.pictures[0]?.nalus.map((nalu) => Buffer.from(nalu).toString('hex'))).toEqual([
			...[SPS_640, PPS, RECOVERY, SLICE],
		]);
		expect(camera.pictures[0]?.size).toBe((SPS_640 + PPS + RECOVERY + SLICE).length / 2);
		expect(starts(camera).map(({ arrival }) => arrival)).toEqual([4000, 6000, 8000]);
		expect(camera.pictures[1]).not.toHaveProperty('refresh');
	});

	it('is known in its next run, and forgotten with the first key picture', () => {
		const camera = new Camera(VIDEO);
		camera.video(0, [SPS_640, PPS, SLICE]);
		stream(camera, 500, 5000, refreshed);
		camera.ingest.endRun();
		camera.ingest.onTracks([{ ...VIDEO, parameterSets: { sps: hex(SPS_640), pps: hex(PPS) } }], [], RUN);
		stream(camera, 20_000, 21_000, refreshed);
		expect(starts(camera).at(-1)).toMatchObject({ refresh: true, arrival: 20_000 });
		camera.video(21_500, [IDR]);
		stream(camera, 22_000, 30_000, refreshed);
		expect(starts(camera).at(-1)).toMatchObject({ arrival: 21_500 });
		expect(starts(camera).at(-1)).not.toHaveProperty('refresh');
	});

	it('with key pictures between is started at those alone, until none came for a minute', () => {
		const camera = new Camera(VIDEO);
		camera.video(0, [SPS_640, PPS, IDR]);
		stream(camera, 500, 50_000, refreshed);
		camera.video(50_000, [IDR]);
		stream(camera, 50_500, 114_500, refreshed);
		expect(starts(camera).map(({ arrival, refresh }) => [arrival, refresh])).toEqual([
			[0, undefined],
			[50_000, undefined],
			[110_000, true],
			[112_000, true],
			[114_000, true],
		]);
	});

	it('is not started without parameter sets', () => {
		const camera = new Camera(VIDEO);
		stream(camera, 0, 10_000, refreshed);
		expect(camera.pictures).toEqual([]);
	});
});
