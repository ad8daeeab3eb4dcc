import { describe, expect, it } from 'vitest';
import { carriedTracks, codecsOf } from '../../../src/hls/carried-tracks.ts';
import { AAC_TRACK, OPUS_TRACK } from '../../fakes/access-units.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';

describe('carried tracks', () => {
	it('are H.264 and AAC', () => {
		const carried = carriedTracks([VIDEO_TRACK, AAC_TRACK]);
		expect(carried).toMatchObject({ video: VIDEO_TRACK, audio: { track: AAC_TRACK }, skipped: [] });
		expect(codecsOf(carried)).toEqual(['avc1.42c00a', 'mp4a.40.2']);
	});

	it('leave out what MPEG-TS has no place for, and say so', () => {
		const pcma = { kind: 'audio', codec: 'pcma', id: 2, clockRate: 8000, channels: 1 } as const;
		const { audio, skipped } = carriedTracks([VIDEO_TRACK, OPUS_TRACK, pcma]);
		expect(audio).toBeUndefined();
		expect(skipped.map(({ codec }) => codec)).toEqual(['opus', 'pcma']);
		for (const { reason } of skipped) expect(reason).toContain('AAC');
	});

	it('are one of a kind', () => {
		const { video, audio, skipped } = carriedTracks([
			VIDEO_TRACK,
			{ ...VIDEO_TRACK, id: 5 },
			OPUS_TRACK,
			AAC_TRACK,
			{ ...AAC_TRACK, id: 9 },
		]);
		expect([video?.id, audio?.track.id]).toEqual([0, 1]);
		expect(skipped.map(({ codec }) => codec)).toEqual(['h264', 'opus', 'aac']);
	});

	it('hold no AAC that ADTS cannot frame', () => {
		// 11,111 Hz, written out.
		const odd = { ...AAC_TRACK, config: Uint8Array.of(0x17, 0x80, 0x15, 0xb3, 0x90) };
		const broken = { ...AAC_TRACK, config: new Uint8Array(0) };
		for (const track of [odd, broken]) expect(carriedTracks([track])).toMatchObject({ skipped: [{ codec: 'aac' }] });
	});

	it('hold no AAC beside pictures that no silence is known for', () => {
		// Of 48 kHz: AAC-LD, and channels that a program config element says.
		for (const config of [Uint8Array.of(0xb9, 0x88, 0x80), Uint8Array.of(0x11, 0x80)]) {
			const track = { ...AAC_TRACK, config };
			const { audio, skipped } = carriedTracks([VIDEO_TRACK, track], 'fmp4');
			expect([audio, skipped]).toMatchObject([
				undefined,
				[{ codec: 'aac', reason: expect.stringContaining('silence') }],
			]);
			expect(carriedTracks([track], 'fmp4').audio?.track).toBe(track);
		}
	});

	it('are H.264 or H.265 with AAC or Opus in fragmented MP4', () => {
		const h265 = { ...VIDEO_TRACK, codec: 'h265', facts: undefined } as unknown as typeof VIDEO_TRACK;
		const pcma = { kind: 'audio', codec: 'pcma', id: 2, clockRate: 8000, channels: 1 } as const;
		expect(carriedTracks([h265, OPUS_TRACK], 'ts')).toMatchObject({
			video: undefined,
			audio: undefined,
			skipped: [{ codec: 'h265', reason: expect.stringContaining('hls.variant') }, { codec: 'opus' }],
		});
		const carried = carriedTracks([h265, pcma, OPUS_TRACK], 'fmp4');
		expect(carried).toMatchObject({ video: h265, audio: { track: OPUS_TRACK }, skipped: [{ codec: 'pcma' }] });
		expect(codecsOf(carriedTracks([VIDEO_TRACK, OPUS_TRACK], 'fmp4'))).toEqual(['avc1.42c00a', 'opus']);
	});

	it('are named with the other playlist that carries them', () => {
		const h265 = { ...VIDEO_TRACK, codec: 'h265', facts: undefined } as unknown as typeof VIDEO_TRACK;
		const pcma = { kind: 'audio', codec: 'pcma', id: 2, clockRate: 8000, channels: 1 } as const;
		const reasons = carriedTracks([h265, OPUS_TRACK, pcma], 'ts', 'll.m3u8').skipped.map(({ reason }) => reason);
		expect(reasons).toEqual([
			expect.stringMatching(/H\.264 in MPEG-TS; ll\.m3u8 carries it, or set hls\.variant to fmp4/),
			expect.stringContaining('; ll.m3u8 carries it, or'),
			expect.not.stringContaining('ll.m3u8'),
		]);
		const other = { ...h265, codec: 'vp8' } as unknown as typeof VIDEO_TRACK;
		expect(carriedTracks([other], 'fmp4', 'll.m3u8').skipped[0]?.reason).not.toContain('ll.m3u8');
	});

	it('need no form in ADTS in fragmented MP4', () => {
		const odd = { ...AAC_TRACK, config: Uint8Array.of(0x17, 0x80, 0x15, 0xb3, 0x90) };
		expect(carriedTracks([odd], 'fmp4').audio?.track).toBe(odd);
		expect(carriedTracks([{ ...AAC_TRACK, config: new Uint8Array(0) }], 'fmp4').skipped.length).toBe(1);
	});
});
