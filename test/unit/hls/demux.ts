/** One PES packet as read back, with what its first transport packet said. */
export type ReadPes = {
	pid: number;
	streamId: number;
	pts: number;
	dts: number;
	pcr: number | undefined;
	randomAccess: boolean;
	payload: Uint8Array;
};

export type ReadStream = {
	pes: ReadPes[];
	/** PID → stream type, from the last program map. */
	streams: Map<number, number>;
	clockPid: number;
	version: number;
};

/** Reads a transport stream strictly, by its own small understanding of ISO/IEC 13818-1; throws on any fault. */
export class Demuxer {
	readonly #counters = new Map<number, number>();

	read(bytes: Uint8Array): ReadStream {
		const result: ReadStream = { pes: [], streams: new Map(), clockPid: -1, version: -1 };
		const open = new Map<number, { pes: ReadPes; parts: Uint8Array[]; announced: number }>();
		let mapPid = -1;
		if (bytes.length % 188 !== 0) throw new Error(`${bytes.length} bytes are no whole number of packets`);
		for (let at = 0; at < bytes.length; at += 188) {
			const packet = bytes.subarray(at, at + 188);
			const view = new DataView(packet.buffer, packet.byteOffset, 188);
			if (packet[0] !== 0x47) throw new Error(`no sync byte at ${at}`);
			const pid = view.getUint16(1) & 0x1fff;
			const start = (view.getUint8(1) & 0x40) !== 0;
			const control = (view.getUint8(3) >> 4) & 3;
			const counter = view.getUint8(3) & 15;
			const before = this.#counters.get(pid);
			if (before !== undefined && counter !== ((before + 1) & 15)) throw new Error(`continuity of ${pid} at ${at}`);
			this.#counters.set(pid, counter);
			if ((control & 1) === 0) throw new Error('a packet without payload');
			let from = 4;
			let pcr: number | undefined;
			let randomAccess = false;
			if (control & 2) {
				const length = view.getUint8(4);
				from = 5 + length;
				if (length > 182) throw new Error(`adaptation field of ${length} leaves no payload`);
				let used = 0;
				if (length > 0) {
					const flags = view.getUint8(5);
					randomAccess = (flags & 0x40) !== 0;
					used = 1;
					if (flags & 0x10) {
						pcr = view.getUint32(6) * 2 + (view.getUint8(10) >> 7);
						if ((view.getUint8(10) & 0x7e) !== 0x7e) throw new Error('reserved bits of the PCR');
						used = 7;
					}
				}
				for (let i = 5 + used; i < from; i++) if (packet[i] !== 0xff) throw new Error('stuffing is not 0xff');
			}
			const payload = packet.subarray(from);
			if (pid === 0) mapPid = readPat(section(payload));
			else if (pid === mapPid) readPmt(section(payload), result);
			else if (!result.streams.has(pid)) throw new Error(`unknown PID ${pid}`);
			else if (start) {
				finish(open.get(pid), result);
				open.set(pid, readPesHeader(pid, payload, pcr, randomAccess));
			} else {
				const pes = open.get(pid);
				if (!pes) throw new Error('a PES packet without start');
				if (pcr !== undefined) throw new Error('a PCR inside a PES packet');
				pes.parts.push(payload);
			}
		}
		for (const pes of open.values()) finish(pes, result);
		return result;
	}
}

function finish(open: { pes: ReadPes; parts: Uint8Array[]; announced: number } | undefined, result: ReadStream): void {
	if (!open) return;
	open.pes.payload = Buffer.concat(open.parts);
	if (open.announced >= 0 && open.pes.payload.length !== open.announced) {
		throw new Error(`PES of ${open.pes.payload.length} bytes announced ${open.announced}`);
	}
	result.pes.push(open.pes);
}

function readPesHeader(pid: number, bytes: Uint8Array, pcr: number | undefined, randomAccess: boolean) {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	if (view.getUint32(0) >>> 8 !== 1) throw new Error('no PES start code');
	const length = view.getUint16(4);
	const flags = view.getUint8(7) >> 6;
	const header = view.getUint8(8);
	if ((view.getUint8(6) & 0xc0) !== 0x80) throw new Error('no PES header');
	const pts = readTimestamp(view, 9, flags);
	const dts = flags === 3 ? readTimestamp(view, 14, 1) : pts;
	const pes: ReadPes = { pid, streamId: view.getUint8(3), pts, dts, pcr, randomAccess, payload: new Uint8Array(0) };
	const announced = length === 0 ? -1 : length - 3 - header;
	return { pes, parts: [bytes.subarray(9 + header)], announced };
}

function readTimestamp(view: DataView, at: number, mark: number): number {
	const [a, b, c, d, e] = [0, 1, 2, 3, 4].map((i) => view.getUint8(at + i)) as [number, number, number, number, number];
	if (a >> 4 !== mark || !(a & c & e & 1)) throw new Error('marker bits of a timestamp');
	return ((a >> 1) & 7) * 2 ** 30 + (b * 2 ** 22 + (c >> 1) * 2 ** 15) + (d * 2 ** 7 + (e >> 1));
}

function section(payload: Uint8Array): Uint8Array {
	const body = payload.subarray(1 + (payload[0] as number));
	const length = (((body[1] as number) & 15) << 8) | (body[2] as number);
	for (const byte of body.subarray(3 + length)) if (byte !== 0xff) throw new Error('section stuffing is not 0xff');
	const whole = body.subarray(0, 3 + length);
	if (crcBitwise(whole) !== 0) throw new Error('section CRC');
	return whole.subarray(0, -4);
}

function readPat(bytes: Uint8Array): number {
	if (bytes.length !== 12 || bytes[0] !== 0) throw new Error('PAT');
	return (((bytes[10] as number) & 0x1f) << 8) | (bytes[11] as number);
}

function readPmt(bytes: Uint8Array, result: ReadStream): void {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	if (bytes[0] !== 2) throw new Error('PMT');
	result.version = (view.getUint8(5) >> 1) & 31;
	result.clockPid = view.getUint16(8) & 0x1fff;
	result.streams = new Map();
	for (let at = 12 + (view.getUint16(10) & 0xfff); at < bytes.length; at += 5 + (view.getUint16(at + 3) & 0xfff)) {
		result.streams.set(view.getUint16(at + 1) & 0x1fff, view.getUint8(at));
	}
}

/** The annex A decoder, bit by bit; 0 for a section with its own CRC. */
function crcBitwise(bytes: Uint8Array): number {
	let crc = 0xffffffff;
	for (const byte of bytes) {
		for (let bit = 7; bit >= 0; bit--) {
			const top = (crc >>> 31) ^ ((byte >> bit) & 1);
			crc = top ? (crc << 1) ^ 0x04c11db7 : crc << 1;
		}
	}
	return crc >>> 0;
}
