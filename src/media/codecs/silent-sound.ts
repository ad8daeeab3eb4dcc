import type { AacConfig } from './aac.ts';

/** 20 ms by CELT, mono; a decoder for two channels takes it too (RFC 6716 section 3.1). */
export const SILENT_OPUS: Uint8Array = Uint8Array.of(0xf8, 0xff, 0xfe);
/** Ticks of 48 kHz. */
export const SILENT_OPUS_DURATION = 960;

/** Object types whose frames are raw_data_blocks: Main, LC, SSR, LTP, and SBR with them, which may be left out of a frame. */
const RAW_DATA_BLOCKS: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 29]);
/** Syntax elements by channels (ISO/IEC 14496-3 table 1.19): single, pair, low frequency. */
const LAYOUTS: Readonly<Record<number, string>> = {
	1: 's',
	2: 'p',
	3: 'sp',
	4: 'sps',
	5: 'spp',
	6: 'sppl',
	8: 'spppl',
};

const IDS = { s: '000', p: '001', l: '011' } as const;
const END = '111';
const GAIN = '00000000';
/** A long window of no scale factor bands, without prediction (ics_info). */
const NO_BANDS = '00000000000';
/** No pulses, no temporal noise shaping, no gain control. */
const NO_TOOLS = '000';
const COMMON_WINDOW = '1';
const NO_MID_SIDE = '00';

/**
 * A frame of silence (ISO/IEC 14496-3 section 4.4.2.1).
 *
 * @returns undefined where frames have another syntax, or a program config element says the channels
 */
export function silentAac({
	objectType,
	channels,
}: Pick<AacConfig, 'objectType' | 'channels'>): Uint8Array | undefined {
	const layout = LAYOUTS[channels];
	if (layout === undefined || !RAW_DATA_BLOCKS.has(objectType)) return undefined;
	const count = { s: 0, p: 0, l: 0 };
	let bits = '';
	for (const element of layout as Iterable<'s' | 'p' | 'l'>) {
		bits += IDS[element] + (count[element]++).toString(2).padStart(4, '0');
		if (element === 'p') bits += COMMON_WINDOW + NO_BANDS + NO_MID_SIDE + (GAIN + NO_TOOLS).repeat(2);
		else bits += GAIN + NO_BANDS + NO_TOOLS;
	}
	bits += END;
	return Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, index) =>
		Number.parseInt(bits.slice(8 * index, 8 * index + 8).padEnd(8, '0'), 2),
	);
}
