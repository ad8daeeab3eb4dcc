import { FRAGMENT_HEADER, type HandshakeMessage, serializeMessage } from './handshake-message.ts';
import { ContentType, RECORD_HEADER } from './record.ts';
import { Epoch, type RecordLayer } from './record-layer.ts';

/** Messages that are sent, and sent again, together (RFC 6347 4.2.4). */
export type Flight = readonly FlightItem[];

export type FlightItem =
	| { readonly type: 'message'; readonly epoch: 0 | 1; readonly message: HandshakeMessage }
	| { readonly type: 'changeCipherSpec' };

/** UDP payload that passes every path WebRTC knows, bytes. */
const MAX_DATAGRAM = 1200;
/** What protection adds to a record at most. */
const PROTECTION = 24;
/** A fragment of fewer bytes is not worth its headers. */
const MIN_FRAGMENT = 64;

/** The flight as datagrams, in records with numbers of their own each time. */
export function packFlight(flight: Flight, layer: RecordLayer): Buffer[] {
	const datagrams: Buffer[] = [];
	let records: Buffer[] = [];
	let used = 0;
	const flush = (): void => {
		if (records.length > 0) datagrams.push(Buffer.concat(records));
		records = [];
		used = 0;
	};
	const add = (record: Buffer): void => {
		if (used + record.length > MAX_DATAGRAM) flush();
		records.push(record);
		used += record.length;
	};
	for (const item of flight) {
		if (item.type === 'changeCipherSpec') {
			add(layer.seal(Epoch.clear, ContentType.changeCipherSpec, Buffer.from([1])));
			continue;
		}
		const { epoch, message } = item;
		const overhead = RECORD_HEADER + FRAGMENT_HEADER + (epoch === Epoch.clear ? 0 : PROTECTION);
		let start = 0;
		do {
			if (MAX_DATAGRAM - used - overhead < Math.min(MIN_FRAGMENT, message.body.length - start)) flush();
			const end = Math.min(message.body.length, start + MAX_DATAGRAM - used - overhead);
			add(layer.seal(epoch, ContentType.handshake, serializeMessage(message, start, end)));
			start = end;
		} while (start < message.body.length);
	}
	flush();
	return datagrams;
}
