/** The record layer of DTLS 1.2 on the wire (RFC 6347 4.1). */

export const ContentType = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;
export const DTLS_1_2 = 0xfefd;

/** Bytes in front of a record's fragment. */
export const RECORD_HEADER = 13;
/** DTLS 1.0 to 1.2; a first ClientHello may carry the oldest. */
const MAJOR_VERSION = 0xfe;

export type DtlsRecord = {
	readonly type: number;
	readonly version: number;
	readonly epoch: number;
	/** 48 bit. */
	readonly sequence: number;
	readonly fragment: Buffer;
};

/** True for what RFC 7983 gives to DTLS by its first byte. */
export function isDtls(datagram: Buffer): boolean {
	const first = datagram[0] ?? 0;
	return first >= 20 && first < 64;
}

/** The records of a datagram, as views of it. What follows a malformed one is dropped (RFC 6347 4.1.2.7). */
export function parseRecords(datagram: Buffer): DtlsRecord[] {
	const records: DtlsRecord[] = [];
	for (let position = 0; position + RECORD_HEADER <= datagram.length; ) {
		const end = position + RECORD_HEADER + datagram.readUInt16BE(position + 11);
		if (end > datagram.length || datagram[position + 1] !== MAJOR_VERSION) break;
		records.push({
			type: datagram.readUInt8(position),
			version: datagram.readUInt16BE(position + 1),
			epoch: datagram.readUInt16BE(position + 3),
			sequence: datagram.readUIntBE(position + 5, 6),
			fragment: datagram.subarray(position + RECORD_HEADER, end),
		});
		position = end;
	}
	return records;
}

/** A record on the wire. */
export function serializeRecord({ type, version, epoch, sequence, fragment }: DtlsRecord): Buffer {
	const header = Buffer.alloc(RECORD_HEADER);
	header.writeUInt8(type, 0);
	header.writeUInt16BE(version, 1);
	header.writeUInt16BE(epoch, 3);
	header.writeUIntBE(sequence, 5, 6);
	header.writeUInt16BE(fragment.length, 11);
	return Buffer.concat([header, fragment]);
}
