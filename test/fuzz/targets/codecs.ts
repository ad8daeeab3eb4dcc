import type { FuzzTarget } from '../target.ts';
import { depacketizerTarget } from './depacketizers.ts';

const SPS = Uint8Array.from(Buffer.from('Z0LACtoQnkA=', 'base64'));
const PPS = Uint8Array.from(Buffer.from('aM48gA==', 'base64'));
const HEVC_SPS = Uint8Array.from(Buffer.from('QgEBAWAAAAMAkAAAAwAAAwA/oAUCAWllkqSTK8BaAgAAAwACAAADADIQ', 'base64'));
const HEVC_PPS = Uint8Array.from(Buffer.from('RAHBcrRiQA==', 'base64'));
const HEVC_IDR = Uint8Array.of(0x26, 0x01, 0xaf, 0x21);
const MUX_CONFIG = Uint8Array.of(0x40, 0, 0x23, 0x20, 0x3f, 0xc0);
const IDR = Uint8Array.of(0x65, 0x88, 0x84, 0x21);

/** One target for each kind of payload, with packets that must be understood at any time. */
export const CODEC_TARGETS: readonly FuzzTarget[] = [
	depacketizerTarget('h264', { kind: 'video', codec: 'h264', id: 0, clockRate: 90_000 }, [
		{ payload: SPS },
		{ payload: PPS },
		{ payload: IDR, marker: true },
	]),
	depacketizerTarget('h265', { kind: 'video', codec: 'h265', id: 0, clockRate: 90_000 }, [
		{ payload: HEVC_SPS },
		{ payload: HEVC_PPS },
		{ payload: HEVC_IDR, marker: true },
	]),
	depacketizerTarget('opus', { kind: 'audio', codec: 'opus', id: 0, clockRate: 48_000, channels: 2 }, [
		{ payload: Uint8Array.of(0xfc, 1, 2, 3) },
	]),
	depacketizerTarget('g711', { kind: 'audio', codec: 'pcma', id: 0, clockRate: 8000, channels: 1 }, [
		{ payload: new Uint8Array(160) },
	]),
	depacketizerTarget('g722', { kind: 'audio', codec: 'g722', id: 0, clockRate: 8000, channels: 1 }, [
		{ payload: new Uint8Array(160) },
	]),
	depacketizerTarget('l16', { kind: 'audio', codec: 'l16', id: 0, clockRate: 44_100, channels: 2 }, [
		{ payload: new Uint8Array(160) },
	]),
	depacketizerTarget('aac-hbr', aac(13, 3), [{ payload: Uint8Array.of(0, 16, 0, 16, 0x21, 0x10), marker: true }]),
	depacketizerTarget('aac-lbr', aac(6, 2), [{ payload: Uint8Array.of(0, 8, 8, 0x21, 0x10), marker: true }]),
	depacketizerTarget('aac-bare', aac(0, 0), [{ payload: Uint8Array.of(0x21, 0x10), marker: true }]),
	depacketizerTarget('latm', { ...aac(13, 3), latm: { configPresent: false, muxConfig: MUX_CONFIG } }, [
		{ payload: Uint8Array.of(2, 0x21, 0x10), marker: true },
	]),
	depacketizerTarget('latm-config', { ...aac(13, 3), latm: { configPresent: true } }, [
		// The configuration and an access unit of one byte, all moved by the bit before them.
		{ payload: Uint8Array.of(0x20, 0, 0x11, 0x90, 0x1f, 0xe0, 0x09, 0x08), marker: true },
	]),
];

function aac(sizeLength: number, indexLength: number) {
	const lengths = { sizeLength, indexLength, indexDeltaLength: indexLength };
	const config = Uint8Array.of(0x11, 0x90);
	return { kind: 'audio', codec: 'aac', id: 0, clockRate: 48_000, channels: 2, config, ...lengths } as const;
}
