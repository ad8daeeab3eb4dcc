/** Milliseconds a request may take to arrive, head and body; its head alone. */
export const REQUEST_TIMEOUT_MS = 30_000;
export const HEADERS_TIMEOUT_MS = 10_000;
/** How often the two are looked at; the system's own 30 s would let slow senders stay for long. */
export const TIMEOUT_CHECK_MS = 5_000;
export const MAX_HEADER_BYTES = 16_384;
/**
 * Milliseconds a connection may be silent both ways: longer than any request is held, and than reverse proxies keep
 * theirs, who else would meet connections that are just being closed.
 */
export const IDLE_TIMEOUT_MS = 120_000;
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Requests at once on one HTTP/2 connection. */
export const MAX_STREAMS = 100;
