/** Caps of what clients may make the server hold or do. Times are in milliseconds. */
export const SERVER_LIMITS = {
	/** Clients at once, unless configured. */
	connections: 256,
	/** Requests a client may send before the first of them is answered. */
	pendingRequests: 32,
	/** Bytes of answers that may wait for a client, media apart. */
	answerBytes: 256 * 1024,
	/** Kept of a client's User-Agent. */
	userAgentCharacters: 200,
	/** A client that was not let in by then is closed: slow or silent clients do not hold a place. */
	admission: 15_000,
	/** Refused requests in a row after which a client is closed. */
	refusals: 5,
	/** Streams one client may ask for over one connection, where each needs a right. */
	streams: 16,
	/** Every wrong password costs its client so long. */
	refusalDelay: 1000,
	/** A nonce is good for so long. */
	nonceAge: 300_000,
	/** Bytes that may wait for one client before frames are dropped. About 4 s of a camera of 2 Mbit/s. */
	backlogBytes: 1024 * 1024,
	/** A client cut to key frames gets every frame again when no more than this waits for it at a key frame. */
	recoveredBytes: 64 * 1024,
	/** A client may take nothing at all for so long. */
	stall: 10_000,
	/** In which a client can still take the last words. */
	linger: 500,
	/** Of one stream, kept for new readers: what the hub keeps, as packets. */
	groupBytes: 12 * 1024 * 1024,
	groupFrames: 2048,
	/** Bytes sent at once to a client over UDP: its socket holds about twice as much, unless enlarged. */
	udpBurstBytes: 64 * 1024,
	/** Bytes a millisecond beyond that burst: 32 Mbit/s. */
	udpBytesPerMs: 4096,
	/** A larger backlog is sent faster: in about so long. */
	udpDrain: 500,
} as const;
