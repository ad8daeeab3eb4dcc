import { BitReader } from './bit-reader.ts';

/** AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1), the part that players need. */
export type AacConfig = {
	/** Audio object type: 2 is AAC-LC, 5 and 29 are its SBR extensions. */
	readonly objectType: number;
	/** Hertz, of the core coder (before SBR doubles it). */
	readonly sampleRate: number;
	/** 1 … 8; 0 when a program config element in the stream says it. */
	readonly channels: number;
};

/** Samples of one AAC frame by the core coder. */
export const AAC_FRAME_SAMPLES = 1024;

/** Length of an ADTS header without CRC. */
export const ADTS_HEADER = 7;

const SAMPLE_RATES = [
	96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
] as const;
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8] as const;
const MAX_FRAME = 0x1fff;

/** @returns undefined when the bytes are too short or name no sampling rate or channel layout */
export function parseAudioSpecificConfig(bytes: Uint8Array): AacConfig | undefined {
	const reader = new BitReader(bytes);
	let objectType = reader.bits(5);
	if (objectType === 31) objectType = 32 + reader.bits(6);
	const index = reader.bits(4);
	const sampleRate = index === 15 ? reader.bits(24) : SAMPLE_RATES[index];
	const channels = CHANNELS[reader.bits(4)];
	if (reader.exhausted || objectType === 0 || !sampleRate || channels === undefined) return undefined;
	return { objectType, sampleRate, channels };
}

/**
 * The ADTS header of one frame (ISO/IEC 14496-3 section 1.A.2.2).
 *
 * @param size bytes of the frame without header
 * @returns undefined when ADTS has no way to say it: a sampling rate outside the table, a frame over 8184 bytes
 */
export function adtsHeader(config: AacConfig, size: number): Uint8Array | undefined {
	const rate = (SAMPLE_RATES as readonly number[]).indexOf(config.sampleRate);
	const layout = (CHANNELS as readonly number[]).indexOf(config.channels);
	const length = size + ADTS_HEADER;
	if (rate < 0 || layout < 0 || length > MAX_FRAME) return undefined;
	// SBR object types are signalled inside the stream; ADTS has two bits and names the core coder, AAC-LC.
	const profile = config.objectType >= 1 && config.objectType <= 4 ? config.objectType - 1 : 1;
	return Uint8Array.of(
		0xff,
		0xf1,
		(profile << 6) | (rate << 2) | (layout >> 2),
		((layout & 3) << 6) | (length >> 11),
		(length >> 3) & 0xff,
		((length & 7) << 5) | 0x1f,
		0xfc,
	);
}

/**
 * Length of the ADTS header that `bytes` start with, when they are exactly one ADTS frame.
 *
 * @returns 0 when they are not
 */
export function adtsHeaderLength(bytes: Uint8Array): number {
	if (bytes.length < ADTS_HEADER || bytes[0] !== 0xff || ((bytes[1] as number) & 0xf6) !== 0xf0) return 0;
	const length = (((bytes[3] as number) & 3) << 11) | ((bytes[4] as number) << 3) | ((bytes[5] as number) >> 5);
	if (length !== bytes.length) return 0;
	const header = (bytes[1] as number) & 1 ? ADTS_HEADER : ADTS_HEADER + 2;
	return header < length ? header : 0;
}
