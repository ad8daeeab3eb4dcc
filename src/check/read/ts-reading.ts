import { parseAdtsFrame } from '../../media/codecs/aac.ts';
import { NAL, nalType, splitAnnexB } from '../../media/codecs/h264.ts';
import { parseSps } from '../../media/codecs/h264-sps.ts';
import { HEVC_NAL, hevcNalType, isIrap } from '../../media/codecs/h265.ts';
import { parseHevcSps } from '../../media/codecs/h265-sps.ts';
import type { VideoRange } from '../../media/video-range.ts';
import type { MediaReading, ReadSample, ReadTrack } from './media-reading.ts';
import { type ReadPes, readTransportStream } from './transport-stream.ts';

const TICKS = 90_000;
const WRAP = 2 ** 33;
const STREAM_TYPE = {
	h264: 0x1b,
	h265: 0x24,
	aac: 0x0f,
	latm: 0x11,
	mp3: 0x03,
	mp3LowRate: 0x04,
	ac3: 0x81,
	eac3: 0x87,
};
const PLAIN_CODECS: Readonly<Record<number, string>> = {
	[STREAM_TYPE.latm]: 'mp4a.40.2',
	[STREAM_TYPE.mp3]: 'mp4a.40.34',
	[STREAM_TYPE.mp3LowRate]: 'mp4a.40.34',
	[STREAM_TYPE.ac3]: 'ac-3',
	[STREAM_TYPE.eac3]: 'ec-3',
};

/** Reads a segment of MPEG-TS: its elementary streams and when each picture and sound is due. */
export function readTsSegment(bytes: Uint8Array): MediaReading {
	const { pes, streams, counters, faults: found, clockPid } = readTransportStream(bytes);
	const faults = [...found];
	const tracks: ReadTrack[] = [];
	for (const [pid, type] of streams) {
		const own = pes.filter((packet) => packet.pid === pid);
		if (type === STREAM_TYPE.h264 || type === STREAM_TYPE.h265) tracks.push(readVideo(pid, own, type, faults));
		else if (type === STREAM_TYPE.aac) tracks.push(readAac(pid, own, faults));
		else tracks.push(trackOf(pid, type in PLAIN_CODECS ? 'audio' : 'other', PLAIN_CODECS[type] ?? '', samplesOf(own)));
	}
	if (pes.length > 0 && !pes.some(({ pid, pcr }) => pid === clockPid && pcr !== undefined)) faults.push('no PCR');
	return { container: 'ts', tracks, faults, counters, wrap: WRAP / TICKS };
}

function readVideo(pid: number, packets: readonly ReadPes[], type: number, faults: string[]): ReadTrack {
	const h264 = type === STREAM_TYPE.h264;
	let facts: { codecs: string; width: number; height: number; range?: VideoRange } | undefined;
	const samples = samplesOf(packets, ({ payload }) => {
		const nalus = splitAnnexB(payload);
		const sps = nalus.find((nalu) => (h264 ? nalType(nalu) === NAL.sps : hevcNalType(nalu) === HEVC_NAL.sps));
		if (sps && !facts) facts = h264 ? parseSps(sps) : parseHevcSps(sps);
		const key = nalus.some((nalu) => (h264 ? nalType(nalu) === NAL.idr : isIrap(hevcNalType(nalu))));
		if (key && !sps) faults.push(`a key picture of PID ${pid} has no parameter sets before it`);
		return key;
	});
	const late = samples.find(({ pts, dts }) => pts < dts - 1e-9);
	if (late) faults.push(`a picture of PID ${pid} is shown before it is decoded`);
	return trackOf(pid, 'video', facts?.codecs ?? '', samples, facts);
}

function readAac(pid: number, packets: readonly ReadPes[], faults: string[]): ReadTrack {
	const samples: ReadSample[] = [];
	let codec = '';
	let rest: Uint8Array = new Uint8Array(0);
	for (const [index, time] of samplesOf(packets).entries()) {
		const payload = packets[index]?.payload ?? rest;
		const bytes = rest.length > 0 ? Buffer.concat([rest, payload]) : payload;
		// The timestamp is that of the first frame that begins in this packet.
		let at = 0;
		let since = 0;
		for (let frame = parseAdtsFrame(bytes, at); frame; frame = parseAdtsFrame(bytes, at)) {
			const duration = 1024 / frame.config.sampleRate;
			codec = `mp4a.40.${frame.config.objectType}`;
			const begins = at >= rest.length;
			const pts = begins ? time.pts + since : (samples.at(-1)?.pts ?? time.pts) + duration;
			if (begins) since += duration;
			samples.push({ pts, dts: pts, duration, key: true });
			at += frame.length;
		}
		rest = bytes.subarray(at);
		if (at === 0 && bytes.length > 0) {
			faults.push(`PID ${pid} holds no ADTS frame where one is due`);
			rest = new Uint8Array(0);
		}
	}
	if (rest.length > 0) faults.push(`the last ADTS frame of PID ${pid} is not whole`);
	return trackOf(pid, 'audio', codec, samples);
}

/** Times in seconds, without the jump of 33 bit timestamps inside a segment. */
function samplesOf(packets: readonly ReadPes[], isKey: (packet: ReadPes) => boolean = () => true): ReadSample[] {
	let before = packets[0]?.dts ?? 0;
	return packets.map((packet) => {
		const dts = near(packet.dts ?? before, before);
		const pts = near(packet.pts ?? dts, dts);
		before = dts;
		return { pts: pts / TICKS, dts: dts / TICKS, duration: 0, key: isKey(packet) };
	});
}

function near(value: number, reference: number): number {
	return value + Math.round((reference - value) / WRAP) * WRAP;
}

function trackOf(
	id: number,
	kind: ReadTrack['kind'],
	codec: string,
	samples: readonly ReadSample[],
	{ width = 0, height = 0, range }: Partial<Pick<ReadTrack, 'width' | 'height' | 'range'>> = {},
): ReadTrack {
	const last = samples.at(-1);
	const end = last && last.duration > 0 ? last.dts + last.duration : undefined;
	return { id, kind, codec, width, height, range, start: samples[0]?.dts ?? 0, end, samples };
}
