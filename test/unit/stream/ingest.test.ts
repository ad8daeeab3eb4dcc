import { describe, expect, it } from 'vitest';
import type { AacTrack, H264Track, Track } from '../../../src/media/track.ts';
import type { AccessUnit, AudioUnit, VideoUnit } from '../../../src/media/unit.ts';
import { Ingest } from '../../../src/stream/ingest.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { hex, rtpPacket } from '../media/rtp-packets.ts';

const SPS_640 = '6742c016d900a03db0110000030001000003001e0f162e48';
/** High, 1280x720, two reordered frames. */
const SPS_720 = '6764001facd9405005bb0110000003001000000303c0f1831960';
const PPS = '68ce3c80';
const IDR = '65888401';
const SLICE = '419a0102';
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
	#sequence = 0;

	constructor(...tracks: readonly Track[]) {
		this.ingest.onTracks(tracks, [], { transport: 'tcp', remote: 'camera:554' });
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

	#send(trackId: number, timestamp: number, marker: boolean, payload: string, arrival: number): void {
		const packet = rtpPacket({
			...{ sequence: this.#sequence++ & 0xffff, timestamp: timestamp >>> 0, marker, payload: hex(payload) },
		});
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

	it.each([
		['forwards', 3_600_000],
		['back', -3_600_000],
		['to zero', -80],
	])('a camera clock set %s costs nobody the stream: a break at a key picture, then time goes on', (_name, jump) => {
		const camera = new Camera(VIDEO, AAC);
		for (let time = 0; time < 10_000; time += 40) {
			const key = time % 400 === 0;
			const jumped = jump === -80 ? time - 5000 : time + jump;
			camera.video(time, key ? [SPS_640, PPS, IDR] : [SLICE], time < 5000 ? time : jumped);
			camera.audio(time, '00100008ff');
		}
		const { pictures, sounds } = camera;
		expect(new Set(pictures.map(({ epoch }) => epoch))).toEqual(new Set([0, 1]));
		expect(pictures.find(({ epoch }) => epoch === 1)?.key).toBe(true);
		// The three frames that prove the jump and what follows up to the key picture are all that is missing.
		expect(pictures.length).toBeGreaterThan(240);
		for (const units of [pictures, sounds]) {
			for (const [index, { pts }] of units.entries()) expect(pts).toBeGreaterThan(units[index - 1]?.pts ?? -1);
		}
		const first = pictures[0];
		const last = pictures.at(-1);
		expect(((last?.pts ?? 0) - (first?.pts ?? 0)) / 90).toBeGreaterThan(9800);
		expect(((last?.pts ?? 0) - (first?.pts ?? 0)) / 90).toBeLessThan(10_100);
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
