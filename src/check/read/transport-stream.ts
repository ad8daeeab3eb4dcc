/** One PES packet, and what its first transport packet said. Times are 90 kHz ticks. */
export type ReadPes = {
	readonly pid: number;
	readonly streamId: number;
	readonly pts: number | undefined;
	readonly dts: number | undefined;
	readonly pcr: number | undefined;
	readonly randomAccess: boolean;
	readonly payload: Uint8Array;
};

export type ReadTransportStream = {
	readonly pes: readonly ReadPes[];
	/** PID → stream type, from the last program map. */
	readonly streams: ReadonlyMap<number, number>;
	readonly clockPid: number;
	/** Of the program map. */
	readonly version: number;
	readonly counters: ReadonlyMap<number, { readonly first: number; readonly last: number }>;
	readonly faults: readonly string[];
};

const PACKET = 188;
const NULL_PID = 0x1fff;
/** PIDs below are the system's own tables (ISO/IEC 13818-1 table 2-3). */
const FIRST_FREE_PID = 0x20;
const MAX_FAULTS = 20;

type OpenPes = { readonly head: Omit<ReadPes, 'payload'>; readonly pieces: Uint8Array[]; readonly announced: number };
type Mutable = { streams: Map<number, number>; clockPid: number; version: number };

/** Takes an MPEG transport stream apart (ISO/IEC 13818-1) and tells where it breaks its rules. */
export function readTransportStream(bytes: Uint8Array): ReadTransportStream {
	return new Demuxer(bytes).read();
}

class Demuxer {
	readonly #bytes: Uint8Array;
	readonly #faults: string[] = [];
	readonly #counters = new Map<number, { first: number; last: number }>();
	readonly #open = new Map<number, OpenPes>();
	readonly #pes: ReadPes[] = [];
	readonly #program: Mutable = { streams: new Map(), clockPid: -1, version: -1 };
	#mapPid = -1;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	read(): ReadTransportStream {
		const { length } = this.#bytes;
		if (length % PACKET !== 0) this.#fault(`${length} bytes are no whole number of packets`);
		for (let at = 0; at + PACKET <= length; at += PACKET) this.#packet(this.#bytes.subarray(at, at + PACKET), at);
		for (const open of this.#open.values()) this.#finish(open);
		if (this.#mapPid < 0) this.#fault('no program association table');
		else if (this.#program.version < 0) this.#fault('no program map table');
		return { ...this.#program, pes: this.#pes, counters: this.#counters, faults: this.#faults };
	}

	#packet(packet: Uint8Array, at: number): void {
		const view = new DataView(packet.buffer, packet.byteOffset, PACKET);
		if (packet[0] !== 0x47) {
			this.#fault(`no sync byte at ${at}`);
			return;
		}
		const pid = view.getUint16(1) & 0x1fff;
		if (pid === NULL_PID) return;
		const start = (view.getUint8(1) & 0x40) !== 0;
		const control = (view.getUint8(3) >> 4) & 3;
		const { from, pcr, randomAccess, jump } = this.#adaptation(packet, view, control, at);
		if ((control & 1) === 0) return;
		this.#count(pid, view.getUint8(3) & 15, jump, at);
		const payload = packet.subarray(from);
		if (pid === 0 && start) this.#association(payload);
		else if (pid === this.#mapPid && start) this.#map(payload);
		else if (this.#program.streams.has(pid)) this.#elementary(pid, start, payload, pcr, randomAccess);
		else if (pid >= FIRST_FREE_PID && pid !== this.#mapPid && pid !== this.#program.clockPid) {
			this.#fault(`PID ${pid} at ${at} is in no program map`);
		}
	}

	#adaptation(packet: Uint8Array, view: DataView, control: number, at: number) {
		if ((control & 2) === 0) return { from: 4, pcr: undefined, randomAccess: false, jump: false };
		const length = view.getUint8(4);
		const most = control & 1 ? 182 : 183;
		if (length > most) this.#fault(`adaptation field of ${length} bytes at ${at}`);
		const flags = length > 0 ? view.getUint8(5) : 0;
		let pcr: number | undefined;
		let used = length > 0 ? 1 : 0;
		if (flags & 0x10 && length >= 7) {
			pcr = view.getUint32(6) * 2 + (view.getUint8(10) >> 7);
			used = 7;
		}
		const plain = (flags & 0x0f) === 0;
		const stuffing = packet.subarray(5 + used, Math.min(5 + length, PACKET));
		if (plain && stuffing.some((byte) => byte !== 0xff)) this.#fault(`stuffing at ${at} is not 0xff`);
		return { from: 5 + length, pcr, randomAccess: (flags & 0x40) !== 0, jump: (flags & 0x80) !== 0 };
	}

	#count(pid: number, counter: number, jump: boolean, at: number): void {
		const known = this.#counters.get(pid);
		if (!known) this.#counters.set(pid, { first: counter, last: counter });
		else {
			if (!jump && counter !== ((known.last + 1) & 15)) {
				this.#fault(`continuity counter of PID ${pid} goes from ${known.last} to ${counter} at ${at}`);
			}
			known.last = counter;
		}
	}

	#elementary(pid: number, start: boolean, payload: Uint8Array, pcr: number | undefined, randomAccess: boolean): void {
		if (start) {
			const before = this.#open.get(pid);
			if (before) this.#finish(before);
			const open = this.#pesHeader(pid, payload, pcr, randomAccess);
			if (open) this.#open.set(pid, open);
			else this.#open.delete(pid);
			return;
		}
		const open = this.#open.get(pid);
		if (open) open.pieces.push(payload);
		else this.#fault(`PID ${pid} starts in the middle of a PES packet`);
	}

	#finish({ head, pieces, announced }: OpenPes): void {
		const payload = Buffer.concat(pieces);
		if (announced >= 0 && payload.length !== announced) {
			this.#fault(`a PES packet of ${payload.length} bytes announced ${announced}`);
		}
		this.#pes.push({ ...head, payload });
	}

	#pesHeader(pid: number, bytes: Uint8Array, pcr: number | undefined, randomAccess: boolean): OpenPes | undefined {
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		if (bytes.length < 9 || view.getUint32(0) >>> 8 !== 1 || (view.getUint8(6) & 0xc0) !== 0x80) {
			this.#fault(`PID ${pid} has no PES header where one starts`);
			return undefined;
		}
		const length = view.getUint16(4);
		const flags = view.getUint8(7) >> 6;
		const header = view.getUint8(8);
		const pts = flags & 2 ? this.#timestamp(view, 9, flags) : undefined;
		const dts = flags === 3 ? this.#timestamp(view, 14, 1) : pts;
		const head = { pid, streamId: view.getUint8(3), pts, dts, pcr, randomAccess };
		return { head, pieces: [bytes.subarray(9 + header)], announced: length === 0 ? -1 : length - 3 - header };
	}

	#timestamp(view: DataView, at: number, mark: number): number {
		const byte = (index: number) => view.getUint8(at + index);
		if (byte(0) >> 4 !== mark || !(byte(0) & byte(2) & byte(4) & 1)) this.#fault('marker bits of a timestamp');
		const high = ((byte(0) >> 1) & 7) * 2 ** 30;
		return high + (byte(1) << 22) + ((byte(2) >> 1) << 15) + (byte(3) << 7) + (byte(4) >> 1);
	}

	#association(payload: Uint8Array): void {
		const section = this.#section(payload, 'program association table');
		// The first program that is not the network's.
		for (let at = 8; section && at + 4 <= section.length; at += 4) {
			const program = ((section[at] as number) << 8) | (section[at + 1] as number);
			if (program === 0) continue;
			this.#mapPid = (((section[at + 2] as number) & 0x1f) << 8) | (section[at + 3] as number);
			return;
		}
	}

	#map(payload: Uint8Array): void {
		const section = this.#section(payload, 'program map table');
		if (!section || section.length < 12) return;
		const view = new DataView(section.buffer, section.byteOffset, section.length);
		this.#program.version = (view.getUint8(5) >> 1) & 31;
		this.#program.clockPid = view.getUint16(8) & 0x1fff;
		const streams = new Map<number, number>();
		let at = 12 + (view.getUint16(10) & 0xfff);
		for (; at + 5 <= section.length; at += 5 + (view.getUint16(at + 3) & 0xfff)) {
			streams.set(view.getUint16(at + 1) & 0x1fff, view.getUint8(at));
		}
		this.#program.streams = streams;
	}

	/** A table that fits one packet, without its CRC. */
	#section(payload: Uint8Array, name: string): Uint8Array | undefined {
		const body = payload.subarray(1 + (payload[0] ?? 0));
		if (body.length < 8) return undefined;
		const length = (((body[1] as number) & 15) << 8) | (body[2] as number);
		if (3 + length > body.length) return undefined;
		const whole = body.subarray(0, 3 + length);
		if (crc(whole) !== 0) this.#fault(`CRC of the ${name}`);
		if (body.subarray(3 + length).some((byte) => byte !== 0xff)) this.#fault(`stuffing of the ${name} is not 0xff`);
		return whole.subarray(0, -4);
	}

	#fault(text: string): void {
		if (this.#faults.length < MAX_FAULTS) this.#faults.push(text);
	}
}

/** The decoder of ISO/IEC 13818-1 annex A, bit by bit; 0 for a section with its own CRC. */
function crc(bytes: Uint8Array): number {
	let value = 0xffffffff;
	for (const byte of bytes) {
		for (let bit = 7; bit >= 0; bit--) {
			const top = (value >>> 31) ^ ((byte >> bit) & 1);
			value = top ? (value << 1) ^ 0x04c11db7 : value << 1;
		}
	}
	return value >>> 0;
}
