/** The way of one track's packets to one client. */
export interface Outlet {
	/** RTP packets of one frame, in order. They are not written to, and not read after the bytes left. */
	send(packets: readonly Uint8Array[]): void;
	sendRtcp(packet: Uint8Array): void;
	/** Bytes that wait to be sent, of all tracks that share the way. */
	readonly backlog: number;
	/** Idempotent. */
	close(): void;
}
