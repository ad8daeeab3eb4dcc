import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { toError } from '../../../base/errors.ts';
import type { TransportCounters } from '../secure-transport.ts';

/** Kinds of events that the threads tell. */
export const NativeEvent = { secured: 0, rtcp: 1, closed: 2, stream: 3, checked: 4 } as const;

/**
 * Takes one event: a viewer is secured, its RTCP (a buffer), its end (the reason), its authenticated check over a TCP
 * connection (the connection's number), or bytes for a TCP connection.
 *
 * @param id of the viewer or connection
 */
export type OnNativeEvent = (kind: number, id: number, data: Buffer | string | number | undefined) => void;

/** A transport of the addon (native/addon/transport_object.h). Its work is done on threads of its own. */
export interface NativeTransportObject {
	/** @throws Error with the system's error number as `code` */
	bind(host: string, port: number): number;
	start(): void;
	/** Waits until every viewer was said goodbye to. Nothing may be called afterwards. @returns the final counters */
	stop(): TransportCounters;
	open(
		id: number,
		ufrag: string,
		password: string,
		remoteUfrag: string,
		fingerprintAlgorithm: string,
		fingerprintValue: string,
		now: number,
	): void;
	restartIce(id: number, ufrag: string, password: string, remoteUfrag: string): void;
	close(id: number): void;
	/** @param packets as `PacketWriter` writes them @param destinations as `destinationWords` @param keep for `sendAgain` */
	send(packets: Uint8Array, destinations: Uint32Array, keep: boolean): void;
	/** Sends the packets that were kept last. */
	sendAgain(destinations: Uint32Array): void;
	sendRtcp(id: number, packet: Uint8Array): void;
	sweep(now: number): void;
	/** A datagram of a TCP connection; numbers of connections are positive. */
	receive(connection: number, address: string, port: number, datagram: Uint8Array): void;
	releaseConnection(connection: number, address: string, port: number): void;
	/** Undefined when the viewer is not open. */
	facts(id: number): { bindingRequests: number; dtlsDatagrams: number; remote?: string } | undefined;
	counters(): TransportCounters;
}

/** The C++ transport, as `npm run build` makes it. */
export interface NativeAddon {
	/** What encrypts media with AES-GCM: a library's name and version. */
	readonly gcm: string;
	/** @param privateKey PKCS #8, DER @param segmentation let the kernel cut a frame into datagrams where it can */
	createTransport(
		certificate: Uint8Array,
		privateKey: Uint8Array,
		threads: number,
		segmentation: boolean,
		onEvent: OnNativeEvent,
	): NativeTransportObject;
	/** A new viewer's SRTP packets, each after its length in 16 bits: to compare with another implementation's. */
	protect(
		profile: number,
		masterKey: Uint8Array,
		masterSalt: Uint8Array,
		packets: Uint8Array,
		payloadType: number,
		sequenceOffset: number,
	): Buffer;
}

/** The same file for sources and for what they are compiled to: both lie three folders below the root's. */
const FILE = fileURLToPath(new URL('../../../../dist/native/transport.node', import.meta.url));

/** @returns why it cannot be used, in a sentence's words, where it cannot */
export function loadNativeAddon(): NativeAddon | string {
	try {
		return createRequire(import.meta.url)(FILE) as NativeAddon;
	} catch (error) {
		const { message } = toError(error);
		return message.startsWith('Cannot find module') ? 'it is not built (npm run build makes it)' : message;
	}
}
