import type { PresentationFrame } from '../presentation.ts';

/** The way of one track's packets to one client. */
export interface Outlet {
	/** Its packets are not written to, and not read after the bytes left. */
	send(frame: PresentationFrame): void;
	sendRtcp(packet: Uint8Array): void;
	/** Bytes that wait to be sent, of all tracks that share the way. */
	readonly backlog: number;
	/** Idempotent. */
	close(): void;
}
