import { BitReader } from '../bytes/bit-reader.ts';

/** AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1), the part that players need. */
export type AacConfig = {
	/** Audio object type: 2 is AAC-LC, 5 and 29 are its SBR extensions. */
	readonly objectType: number;
	/** Hertz, of the core coder (before SBR doubles it). */
	readonly sampleRate: number;
	/** 1 … 8; 0 when a program config element in the stream says it. */
	readonly channels: number;
	/** Samples of one frame by the core coder: 1024, or less in the short and the low delay variants. */
	readonly frameSamples: number;
};

/** Samples of one frame by the core coder of nearly all AAC. */
export const AAC_FRAME_SAMPLES = 1024;

/** Length of an ADTS header without CRC. */
export const ADTS_HEADER = 7;

const SAMPLE_RATES = [
	96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
] as const;
/** Hertz, where the rate is written out: a frame of any other would be of no length, or of minutes. */
const MIN_SAMPLE_RATE = 1000;
const MAX_SAMPLE_RATE = 384_000;
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8] as const;
const MAX_FRAME = 0x1fff;
/** Object types that name their core coder behind themselves: SBR, and SBR with parametric stereo. */
const SBR: ReadonlySet<number> = new Set([5, 29]);
/** Error resilient AAC-LD, and AAC-ELD. */
const LOW_DELAY: ReadonlySet<number> = new Set([23, 39]);
const AAC_FAMILY: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 17, 19, 20, 22, 23, 29, 39, 42]);

/** @returns undefined when the bytes are too short or name no sampling rate or channel layout */
export function parseAudioSpecificConfig(bytes: Uint8Array): AacConfig | undefined {
	const reader = new BitReader(bytes);
	let objectType = reader.bits(5);
	if (objectType === 31) objectType = 32 + reader.bits(6);
	const index = reader.bits(4);
	const sampleRate = (index === 15 ? reader.bits(24) : SAMPLE_RATES[index]) ?? 0;
	const channels = CHANNELS[reader.bits(4)];
	if (reader.exhausted || objectType === 0 || channels === undefined) return undefined;
	if (sampleRate < MIN_SAMPLE_RATE || sampleRate > MAX_SAMPLE_RATE) return undefined;
	if (SBR.has(objectType)) {
		if (reader.bits(4) === 15) reader.skip(24); // extensionSamplingFrequency
		if (reader.bits(5) === 31) reader.skip(6); // the object type of the core coder
	}
	const isShort = reader.flag(); // frameLengthFlag
	const frameSamples = LOW_DELAY.has(objectType) ? (isShort ? 480 : 512) : isShort ? 960 : AAC_FRAME_SAMPLES;
	return { objectType, sampleRate, channels, frameSamples };
}

/** Whether the object type is one of the AAC family, and not of another MPEG-4 coder. */
export function isAac({ objectType }: Pick<AacConfig, 'objectType'>): boolean {
	return AAC_FAMILY.has(objectType);
}

/** @returns undefined for a sampling rate or a channel count outside the tables */
export function buildAudioSpecificConfig(config: Omit<AacConfig, 'frameSamples'>): Uint8Array | undefined {
	const rate = (SAMPLE_RATES as readonly number[]).indexOf(config.sampleRate);
	const layout = (CHANNELS as readonly number[]).indexOf(config.channels);
	if (rate < 0 || layout < 1) return undefined;
	return Uint8Array.of((config.objectType << 3) | (rate >> 1), ((rate & 1) << 7) | (layout << 3));
}

/**
 * The ADTS header of one frame (ISO/IEC 14496-3 section 1.A.2.2).
 *
 * @param size bytes of the frame without header
 * @returns undefined when ADTS has no way to say it: a sampling rate outside the table, a frame over 8184 bytes
 */
export function adtsHeader(config: Omit<AacConfig, 'frameSamples'>, size: number): Uint8Array | undefined {
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

/** What an ADTS header says (ISO/IEC 14496-3 section 1.A.2.2). */
export type AdtsFrame = {
	/** Bytes of the header, with its CRC. */
	readonly header: number;
	/** Bytes of header and frame. */
	readonly length: number;
	readonly config: Omit<AacConfig, 'frameSamples'>;
};

/** @returns undefined when no whole ADTS frame begins at `at` */
export function parseAdtsFrame(bytes: Uint8Array, at: number): AdtsFrame | undefined {
	if (at + ADTS_HEADER > bytes.length || bytes[at] !== 0xff || ((bytes[at + 1] as number) & 0xf6) !== 0xf0) {
		return undefined;
	}
	const byte2 = bytes[at + 2] as number;
	const byte3 = bytes[at + 3] as number;
	const length = ((byte3 & 3) << 11) | ((bytes[at + 4] as number) << 3) | ((bytes[at + 5] as number) >> 5);
	const header = (bytes[at + 1] as number) & 1 ? ADTS_HEADER : ADTS_HEADER + 2;
	const sampleRate = SAMPLE_RATES[(byte2 >> 2) & 0x0f];
	const channels = CHANNELS[((byte2 & 1) << 2) | (byte3 >> 6)];
	if (length <= header || at + length > bytes.length || !sampleRate || channels === undefined) return undefined;
	return { header, length, config: { objectType: (byte2 >> 6) + 1, sampleRate, channels } };
}

/**
 * Length of the ADTS header that `bytes` start with, when they are exactly one ADTS frame.
 *
 * @returns 0 when they are not
 */
export function adtsHeaderLength(bytes: Uint8Array): number {
	const frame = parseAdtsFrame(bytes, 0);
	return frame?.length === bytes.length ? frame.header : 0;
}
