/** Every cap of the transport, in one place. */

/** RTP payload bytes one packet may have: 1200 of a stream's packet, and what a retransmission adds. */
export const MAX_PAYLOAD = 1248;

/** Datagrams above this size are dropped unread, bytes. */
export const MAX_DATAGRAM = 2048;

/** RTCP of one datagram handed to `sendRtcp`, bytes. */
export const MAX_RTCP = 1400;

/** Kernel buffers asked for each UDP socket, bytes (the system may grant less). */
export const SOCKET_SEND_BUFFER = 4 * 1024 * 1024;
export const SOCKET_RECEIVE_BUFFER = 2 * 1024 * 1024;

/** Bytes that may wait in the process for a full UDP socket; packets above are dropped and counted. */
export const MAX_SEND_BACKLOG = 8 * 1024 * 1024;

/** Frames that may wait for one viewer while others are sent theirs: half a second of pictures and sound. */
export const MAX_SENDS_BEHIND = 40;

/** RTP synchronization sources sent to one viewer, and RTCP sources accepted from one. */
export const MAX_SSRCS = 16;

/** Remote addresses, and TCP connections, one viewer may prove by connectivity checks; the oldest is forgotten first. */
export const MAX_ADDRESSES_PER_PEER = 16;

/** Candidates of one answer. */
export const MAX_CANDIDATES = 24;

/** How long the addresses of the machine's network interfaces are believed, ms. */
export const INTERFACES_MS = 2000;

/** How long the addresses of names in the configuration are believed, ms. */
export const HOST_LOOKUP_PERIOD_MS = 60_000;

/** Consent (RFC 7675): a viewer without an authenticated check for so long is gone, ms. */
export const CONSENT_TIMEOUT_MS = 30_000;

/** An opened viewer that is not secured after so long is dropped, ms. */
export const CONNECT_TIMEOUT_MS = 30_000;

/**
 * An address from which an authenticated check came within this time cannot be claimed by another viewer, and media does not
 * leave it without a nomination, ms.
 */
export const ADDRESS_HOLD_MS = 10_000;

/** How often timeouts are looked at, ms. */
export const SWEEP_PERIOD_MS = 1000;

/** Size of one DTLS handshake message, bytes, and how many may wait for each other: those of a flight. */
export const MAX_HANDSHAKE_MESSAGE = 8192;
export const MAX_MESSAGES_AHEAD = 5;

/** Protected DTLS records that are kept until the keys are known; the client repeats what is dropped. */
export const MAX_EARLY_RECORDS = 4;

/** DTLS datagrams of one viewer that wait for their turn. */
export const MAX_WAITING_DATAGRAMS = 16;

/** DTLS datagrams taken of a secured viewer between two looks at timeouts: repeated messages, and alerts. */
export const MAX_LATE_DATAGRAMS = 16;

/** Datagrams one viewer may spend on its DTLS handshake. */
export const MAX_HANDSHAKE_DATAGRAMS = 128;

/** How often a viewer gets a DTLS flight again because it repeats its own. */
export const MAX_REPEATED_FLIGHTS = 32;

/** First wait for the answer to a DTLS flight, and the longest: each wait is twice the one before, ms. */
export const RETRANSMISSION_MS = 400;
export const RETRANSMISSION_MAX_MS = 6400;

/** ICE-TCP connections per allowed viewer: a browser tries several. */
export const TCP_CONNECTIONS_PER_PEER = 2;

/** A TCP connection without an authenticated check is closed after so long, ms. */
export const TCP_CHECK_TIMEOUT_MS = 10_000;

/** A TCP connection is closed so long after its last authenticated check, ms: later than a viewer's consent ends. */
export const TCP_IDLE_TIMEOUT_MS = CONSENT_TIMEOUT_MS + 5000;

/** What a viewer's TCP connections still have to carry its close_notify when it ended, ms. */
export const TCP_GOODBYE_MS = 1000;

/** Bytes that may wait for a slow TCP connection; packets above are dropped and counted. */
export const MAX_TCP_BACKLOG = 1024 * 1024;
