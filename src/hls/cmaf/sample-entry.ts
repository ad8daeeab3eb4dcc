import { box, fullBox, uint8, uint16, uint32 } from './box.ts';

const DATA_REFERENCE = uint8(0, 0, 0, 0, 0, 0, 0, 1);
const DPI_72 = 0x00480000;
const COLOR_24_BIT = 0x0018;
const COMPRESSOR_NAME = new Uint8Array(32);

/**
 * How samples of video are to be decoded (ISO/IEC 14496-15 sections 5.4.2 and 8.4.1).
 *
 * @param type `avc1` with an `avcC` record, `hvc1` with an `hvcC` record
 * @param width pixels, as `height`
 */
export function videoSampleEntry(type: 'avc1' | 'hvc1', record: Uint8Array, width: number, height: number): Uint8Array {
	return box(
		type,
		DATA_REFERENCE,
		new Uint8Array(16),
		uint16(width, height),
		uint32(DPI_72, DPI_72, 0),
		uint16(1),
		COMPRESSOR_NAME,
		uint16(COLOR_24_BIT, 0xffff),
		box(type === 'avc1' ? 'avcC' : 'hvcC', record),
	);
}

/**
 * AAC (ISO/IEC 14496-14 section 5.6).
 *
 * @param config AudioSpecificConfig
 * @param sampleRate hertz
 */
export function aacSampleEntry(config: Uint8Array, channels: number, sampleRate: number): Uint8Array {
	return audioSampleEntry('mp4a', channels, sampleRate, fullBox('esds', 0, 0, elementaryStream(config)));
}

/**
 * Opus (Encapsulation of Opus in ISO base media, section 4.3). RTP says nothing of samples to be skipped at the
 * start, and a live stream has no start.
 */
export function opusSampleEntry(channels: number): Uint8Array {
	const inputRate = 48_000;
	const configuration = box('dOps', uint8(0, channels), uint16(0), uint32(inputRate), uint16(0), uint8(0));
	return audioSampleEntry('Opus', channels, inputRate, configuration);
}

function audioSampleEntry(type: string, channels: number, sampleRate: number, configuration: Uint8Array): Uint8Array {
	const sampleSize = 16;
	// 16.16 fixed point has no room for rates over 65,535 Hz; the decoder's own configuration says them.
	const rate = sampleRate > 0xffff ? 0 : sampleRate;
	const facts = uint16(channels, sampleSize, 0, 0, rate, 0);
	return box(type, DATA_REFERENCE, new Uint8Array(8), facts, configuration);
}

const TAG = { elementaryStream: 3, decoderConfig: 4, decoderSpecificInfo: 5, syncLayer: 6 } as const;
const MPEG4_AUDIO = 0x40;
const AUDIO_STREAM = 0x15;

/** ES_Descriptor (ISO/IEC 14496-1 section 7.2.6.5); bit rates are left unsaid. */
function elementaryStream(config: Uint8Array): Uint8Array {
	const decoder = [
		uint8(MPEG4_AUDIO, AUDIO_STREAM, 0, 0, 0),
		uint32(0, 0),
		descriptor(TAG.decoderSpecificInfo, config),
	];
	return descriptor(
		TAG.elementaryStream,
		uint8(0, 0, 0),
		descriptor(TAG.decoderConfig, ...decoder),
		descriptor(TAG.syncLayer, uint8(2)),
	);
}

function descriptor(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
	const body = Buffer.concat(content);
	return Buffer.concat([uint8(tag, ...descriptorLength(body.length)), body]);
}

/** Seven bits a byte, the first bit set on all but the last (ISO/IEC 14496-1 section 8.3.3). */
function descriptorLength(length: number): number[] {
	return length < 0x80 ? [length] : [0x80 | (length >> 7), length & 0x7f];
}
