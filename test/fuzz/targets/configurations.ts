import { BitReader } from '../../../src/media/bytes/bit-reader.ts';
import {
	AAC_FRAME_SAMPLES,
	adtsHeader,
	adtsHeaderLength,
	parseAudioSpecificConfig,
} from '../../../src/media/codecs/aac.ts';
import { parseSps } from '../../../src/media/codecs/h264-sps.ts';
import { parseHevcSps } from '../../../src/media/codecs/h265-sps.ts';
import { buildHevcConfiguration } from '../../../src/media/codecs/hevc-configuration.ts';
import { parseStreamMuxConfig } from '../../../src/media/codecs/latm.ts';
import type { VideoFacts } from '../../../src/media/track.ts';
import { type FuzzTarget, promise } from '../target.ts';

/** A sequence parameter set of H.264. */
export const h264Sps: FuzzTarget = {
	name: 'h264-sps',
	shape: 'bytes',
	run(input) {
		const facts = parseSps(input);
		if (facts) checkFacts(facts, /^avc1\.[0-9a-f]{6}$/);
	},
};

/** A sequence parameter set of H.265. */
export const h265Sps: FuzzTarget = {
	name: 'h265-sps',
	shape: 'bytes',
	run(input) {
		const facts = parseHevcSps(input);
		const record = buildHevcConfiguration([input]);
		promise((record !== undefined) === (facts !== undefined), 'what can be read can be described');
		promise(record === undefined || record.length <= input.length + 64, 'a record holds its sets once');
		if (facts) checkFacts(facts, /^hvc1\.[ABC]?\d{1,2}\.[0-9A-F]{1,8}\.[LH]\d{1,3}(\.[0-9A-F]{1,2}){0,6}$/);
	},
};

function checkFacts({ width, height, frameRate = 1, reorderFrames = 0, codecs }: VideoFacts, name: RegExp): void {
	for (const side of [width, height]) {
		promise(Number.isInteger(side) && side >= 1 && side <= 16_888, 'a picture has a size');
	}
	promise(frameRate > 0 && frameRate <= 300, 'a frame rate is one');
	promise(Number.isInteger(reorderFrames) && reorderFrames >= 0 && reorderFrames <= 16, 'reordering is in bounds');
	promise(name.test(codecs), `the codec has a name, not ${codecs}`);
}

/** StreamMuxConfig of LATM. */
export const streamMuxConfig: FuzzTarget = {
	name: 'stream-mux-config',
	shape: 'bytes',
	run(input) {
		const mux = parseStreamMuxConfig(new BitReader(input));
		if (!mux) return;
		promise(mux.subFrames >= 1 && mux.subFrames <= 64, 'there are access units');
		promise(mux.otherDataBits >= 0, 'other data has a length');
		promise(mux.config.length > 0 && mux.config.length <= input.length + 1, 'a configuration is in its input');
	},
};

/** AudioSpecificConfig, and the ADTS header made of it. */
export const aacConfig: FuzzTarget = {
	name: 'aac-config',
	shape: 'bytes',
	run(input) {
		const own = adtsHeaderLength(input);
		promise(own === 0 || own === 7 || own === 9, 'an ADTS header has one of two lengths');
		const config = parseAudioSpecificConfig(input);
		if (!config) return;
		promise(config.sampleRate > 0 && config.sampleRate < 2 ** 24, 'a sampling rate is one');
		promise(config.channels >= 0 && config.channels <= 8, 'channels are in bounds');
		const header = adtsHeader(config, AAC_FRAME_SAMPLES);
		if (!header) return;
		const frame = new Uint8Array(header.length + AAC_FRAME_SAMPLES);
		frame.set(header);
		promise(adtsHeaderLength(frame) === header.length, 'what was written reads the same');
	},
};
