import { writeUint32 } from '../../media/bytes/big-endian.ts';
import type { MediaFile } from '../segments/segment.ts';
import { SegmentMemories, type SegmentMemory } from '../segments/segment-memory.ts';
import {
	PAYLOAD_START,
	PCR_FIELD,
	TS_BODY,
	TS_HEADER,
	TS_PACKET,
	writePcrField,
	writeStuffing,
	writeTsHeader,
} from './packet.ts';
import { pesHeaderLength, STREAM_ID, wrap33, writePesHeader } from './pes.ts';
import { clockPid, PID, type Program, writePat, writePmt } from './program-tables.ts';

const ACCESS_UNIT_DELIMITER = Uint8Array.of(0, 0, 0, 1, 9, 0xf0);
const START_CODE = 4;
/** The clock runs this far behind the decoding times, so that audio written a little late is still in time. */
const CLOCK_LAG = 0.2 * 90_000;

/**
 * Writes MPEG transport streams of H.264 and AAC (ISO/IEC 13818-1), cut into segments that each start with the
 * program tables. Continuity counters go on over segments. Times are in ticks of 90 kHz and may exceed 33 bits.
 *
 * A PES packet is first laid down in one piece at the end of the room its transport packets will take; then its
 * bytes move forward packet by packet, headers filling the gaps. Nothing is allocated per packet.
 */
export class TsWriter {
	readonly #memories: SegmentMemories;
	#memory: SegmentMemory | undefined;
	/** All of it. */
	#out: Uint8Array = new Uint8Array(0);
	#length = 0;
	#program: Program = { video: false, audio: false };
	#version = -1;
	#tableCounter = 0;
	#videoCounter = 0;
	#audioCounter = 0;
	/** Where the PES packet in work starts, and where its next byte goes. */
	#pesStart = 0;
	#cursor = 0;

	constructor(memories = new SegmentMemories()) {
		this.#memories = memories;
	}

	/** Bytes of the segment so far. */
	get length(): number {
		return this.#length;
	}

	/** Starts a segment. */
	begin(program: Program): void {
		if (program.video !== this.#program.video || program.audio !== this.#program.audio || this.#version < 0) {
			this.#program = program;
			this.#version = (this.#version + 1) & 0x1f;
		}
		this.#memory = this.#memories.take();
		this.#out = this.#memory.bytes;
		this.#length = 2 * TS_PACKET;
		writePat(this.#out, 0, this.#tableCounter);
		writePmt(this.#out, TS_PACKET, this.#tableCounter, this.#version, program);
		this.#tableCounter++;
	}

	/** @param nalus of one picture, without start codes and without access unit delimiter */
	writeVideo(nalus: readonly Uint8Array[], key: boolean, pts: number, dts: number): void {
		let size = ACCESS_UNIT_DELIMITER.length;
		for (let i = 0; i < nalus.length; i++) size += START_CODE + (nalus[i] as Uint8Array).length;
		const end = this.#lay(PID.video, STREAM_ID.video, size, pts, dts);
		this.#append(ACCESS_UNIT_DELIMITER);
		for (let i = 0; i < nalus.length; i++) {
			this.#appendStartCode();
			this.#append(nalus[i] as Uint8Array);
		}
		this.#videoCounter = this.#spread(PID.video, this.#videoCounter, end, key, dts);
	}

	/** One audio frame: its ADTS header and its data. */
	writeAudio(header: Uint8Array, data: Uint8Array, pts: number): void {
		const end = this.#lay(PID.audio, STREAM_ID.audio, header.length + data.length, pts, pts);
		this.#append(header);
		this.#append(data);
		this.#audioCounter = this.#spread(PID.audio, this.#audioCounter, end, true, pts);
	}

	/** Ends the segment. The use of its memory is the caller's. */
	finish(): MediaFile {
		const memory = this.#memory;
		const bytes = memory ? memory.seal(this.#length) : this.#out;
		this.#memory = undefined;
		this.#out = new Uint8Array(0);
		this.#length = 0;
		return { bytes, memory };
	}

	/**
	 * Makes room for a PES packet, writes its header and sets the cursor behind it.
	 *
	 * @returns the end of the room
	 */
	#lay(pid: number, streamId: number, payload: number, pts: number, dts: number): number {
		const wrappedPts = wrap33(pts);
		const wrappedDts = wrap33(dts);
		const header = pesHeaderLength(wrappedPts, wrappedDts);
		const field = pid === clockPid(this.#program) ? PCR_FIELD : 0;
		const packets = Math.ceil((field + header + payload) / TS_BODY);
		const end = this.#length + packets * TS_PACKET;
		this.#reserve(end);
		const start = end - payload - header;
		writePesHeader(this.#out, start, streamId, payload, wrappedPts, wrappedDts);
		this.#cursor = start + header;
		this.#pesStart = start;
		return end;
	}

	#append(bytes: Uint8Array): void {
		this.#out.set(bytes, this.#cursor);
		this.#cursor += bytes.length;
	}

	#appendStartCode(): void {
		writeUint32(this.#out, this.#cursor, 1);
		this.#cursor += START_CODE;
	}

	/**
	 * Moves the PES packet in work into transport packets that end at `end`.
	 *
	 * @returns the continuity counter of the next packet
	 */
	#spread(pid: number, counter: number, end: number, randomAccess: boolean, dts: number): number {
		const out = this.#out;
		let from = this.#pesStart;
		let next = counter;
		for (let at = this.#length; at < end; at += TS_PACKET) {
			const first = at === this.#length;
			const field = first && pid === clockPid(this.#program) ? PCR_FIELD : 0;
			const taken = Math.min(TS_BODY - field, end - from);
			const adaptation = TS_BODY - taken;
			writeTsHeader(out, at, first ? PAYLOAD_START | pid : pid, adaptation > 0, next++);
			if (field > 0) writePcrField(out, at + TS_HEADER, adaptation, wrap33(dts - CLOCK_LAG), randomAccess);
			else if (adaptation > 0) writeStuffing(out, at + TS_HEADER, adaptation);
			out.copyWithin(at + TS_PACKET - taken, from, from + taken);
			from += taken;
		}
		this.#length = end;
		return next & 0x0f;
	}

	#reserve(size: number): void {
		if (size <= this.#out.length) return;
		const grown = this.#memories.take(size);
		grown.bytes.set(this.#out.subarray(0, this.#length));
		this.#memory?.release();
		this.#memory = grown;
		this.#out = grown.bytes;
	}
}
