import type { BitReader } from '../bytes/bit-reader.ts';
import { parseAudioSpecificConfig } from './aac.ts';

/** StreamMuxConfig (ISO/IEC 14496-3 section 1.7.3.1) of one program with one layer: the one kind that cameras send. */
export type StreamMuxConfig = {
	/** AudioSpecificConfig, padded with zero bits. */
	readonly config: Uint8Array;
	/** Access units of one AudioMuxElement, 1 … 64. */
	readonly subFrames: number;
	/** Bits after the access units that are not audio. */
	readonly otherDataBits: number;
};

const ESCAPE = 255;
/** syncExtensionType; frameLengthType would be a reserved one. */
const SYNC_EXTENSION = 0x2b7;
/** GASpecificConfig has more to say about these object types (ISO/IEC 14496-3 section 4.4.1). */
const SCALABLE = new Set([6, 20]);
const ERROR_RESILIENT = new Set([17, 19, 20, 23]);

/** @returns undefined when it is cut short, of a kind that is not supported, or no AAC */
export function parseStreamMuxConfig(reader: BitReader): StreamMuxConfig | undefined {
	const version = reader.bit();
	if (version === 1 && reader.flag()) return undefined; // audioMuxVersionA
	if (version === 1) readValue(reader); // taraBufferFullness
	const sameTiming = reader.flag();
	const subFrames = reader.bits(6) + 1;
	const programs = reader.bits(4) + 1;
	const layers = reader.bits(3) + 1;
	if (!sameTiming || programs !== 1 || layers !== 1) return undefined;
	const config = version === 1 ? readLongConfig(reader) : readConfig(reader);
	if (!config || reader.bits(3) !== 0 || reader.exhausted) return undefined; // frameLengthType
	// What GStreamer cuts off from here on is zero.
	reader.skip(8); // latmBufferFullness
	const otherDataBits = reader.flag() ? readOtherDataLength(reader, version) : 0;
	if (reader.flag()) reader.skip(8); // crcCheckSum
	return parseAudioSpecificConfig(config) && { config, subFrames, otherDataBits };
}

/** PayloadLengthInfo (ISO/IEC 14496-3 section 1.7.3.1): bytes of the next access unit. */
export function readPayloadLength(reader: BitReader): number {
	let length = 0;
	let byte = ESCAPE;
	while (byte === ESCAPE && !reader.exhausted) {
		byte = reader.bits(8);
		length += byte;
	}
	return length;
}

/** LatmGetValue() */
function readValue(reader: BitReader): number {
	return reader.bits(8 * (reader.bits(2) + 1));
}

function readOtherDataLength(reader: BitReader, version: number): number {
	if (version === 1) return readValue(reader);
	let bits = 0;
	let more = true;
	while (more && !reader.exhausted) {
		more = reader.flag();
		bits = bits * 256 + reader.bits(8);
	}
	return bits;
}

function readLongConfig(reader: BitReader): Uint8Array | undefined {
	const length = readValue(reader);
	return length > 0 && length <= 8 * 64 ? reader.take(length) : undefined;
}

/** In version 0 the configuration's length is known by reading it alone. */
function readConfig(reader: BitReader): Uint8Array | undefined {
	const start = reader.position;
	let objectType = readObjectType(reader);
	if (reader.bits(4) === 15) reader.skip(24);
	const channels = reader.bits(4);
	if (objectType === 5 || objectType === 29) {
		if (reader.bits(4) === 15) reader.skip(24);
		objectType = readObjectType(reader);
	}
	// A program config element is not read.
	if (channels === 0) return undefined;
	reader.skip(1); // frameLengthFlag
	if (reader.flag()) reader.skip(14); // coreCoderDelay
	const extended = reader.flag();
	if (SCALABLE.has(objectType)) reader.skip(3); // layerNr
	if (extended) {
		if (objectType === 22) reader.skip(16); // numOfSubFrame, layer_length
		if (ERROR_RESILIENT.has(objectType)) reader.skip(3);
		reader.skip(1); // extensionFlag3
	}
	skipSyncExtension(reader);
	const end = reader.position;
	return reader.exhausted ? undefined : reader.copy(start, end);
}

/** The backward compatible signalling of SBR, which has no place here and is written all the same. */
function skipSyncExtension(reader: BitReader): void {
	if (reader.peek(11) !== SYNC_EXTENSION) return;
	reader.skip(11);
	readObjectType(reader);
	if (!reader.flag()) return; // sbrPresentFlag
	if (reader.bits(4) === 15) reader.skip(24); // extensionSamplingFrequency
}

function readObjectType(reader: BitReader): number {
	const type = reader.bits(5);
	return type === 31 ? 32 + reader.bits(6) : type;
}
