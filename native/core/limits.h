#pragma once

#include <cstddef>
#include <cstdint>

/** Every cap of the transport, in one place. Those that TypeScript has too are the same there. */
namespace dualcast::limits {

/** RTP payload bytes one packet may have: 1200 of a stream's packet, and what a retransmission adds. */
constexpr size_t MAX_PAYLOAD = 1248;

/** Datagrams above this size are dropped unread, bytes. */
constexpr size_t MAX_DATAGRAM = 2048;

/** RTCP of one datagram that is sent, bytes. */
constexpr size_t MAX_RTCP = 1400;

/** Kernel buffers asked for each UDP socket, bytes (the system may grant less). */
constexpr int SOCKET_SEND_BUFFER = 4 * 1024 * 1024;
constexpr int SOCKET_RECEIVE_BUFFER = 2 * 1024 * 1024;

/** RTP synchronization sources sent to one viewer, and RTCP sources accepted from one. */
constexpr size_t MAX_SSRCS = 16;

/** Remote addresses one viewer may prove by connectivity checks; the oldest is forgotten first. */
constexpr size_t MAX_ADDRESSES_PER_PEER = 16;

/** Consent (RFC 7675): a viewer without an authenticated check for so long is gone, ms. */
constexpr uint64_t CONSENT_TIMEOUT_MS = 30'000;

/** An opened viewer that is not secured after so long is dropped, ms. */
constexpr uint64_t CONNECT_TIMEOUT_MS = 30'000;

/**
 * An address from which an authenticated check came within this time cannot be claimed by another viewer, and media does not
 * leave it without a nomination, ms.
 */
constexpr uint64_t ADDRESS_HOLD_MS = 10'000;

/** Bytes of a certificate chain a client may send in its DTLS handshake. */
constexpr long MAX_HANDSHAKE_MESSAGE = 8192;

/** Datagrams one viewer may spend on its DTLS handshake. */
constexpr uint32_t MAX_HANDSHAKE_DATAGRAMS = 128;

/** Datagrams of one viewer that wait for their turn; the newest is dropped. */
constexpr uint32_t MAX_WAITING_DATAGRAMS = 16;

/** First wait for the answer to a DTLS flight, and the longest: each wait is twice the one before, microseconds. */
constexpr unsigned RETRANSMISSION_US = 400'000;
constexpr unsigned RETRANSMISSION_MAX_US = 6'400'000;

/** How often DTLS timers are looked at while a handshake is under way, ms. */
constexpr int TIMER_PERIOD_MS = 50;

/** What a DTLS flight is cut to, bytes of a datagram. */
constexpr long DTLS_MTU = 1200;

/** Media bytes, counted once however many the viewers, that wait for one thread; a batch above is dropped and counted. */
constexpr size_t MAX_QUEUED_MEDIA = 32 * 1024 * 1024;

/** Datagrams of TCP connections that wait for the receiving thread; the newest is dropped and counted. */
constexpr size_t MAX_QUEUED_STREAM_DATAGRAMS = 4096;

/** RTCP packets, and bytes for TCP connections, that wait for JavaScript; what comes above is dropped and counted. */
constexpr size_t MAX_QUEUED_RTCP = 16'384;
constexpr size_t MAX_QUEUED_STREAM_BYTES = 16 * 1024 * 1024;

/** RTCP packets JavaScript gets at once; the rest waits while its loop goes round: a storm holds nothing else up. */
constexpr size_t MAX_RTCP_PER_TURN = 1024;

/** Bytes prepared before they are handed to the kernel: few enough to stay in the processor's cache. */
constexpr size_t OUTBOX_BYTES = 192 * 1024;
constexpr size_t OUTBOX_MESSAGES = 256;

/** Segments and bytes of one send with segmentation offload (Linux allows 64 and an IP packet). */
constexpr size_t MAX_SEGMENTS = 64;
constexpr size_t MAX_SEGMENTED_BYTES = 65'000;

/** How long a full socket is waited for before what it cannot take is dropped and counted, ms. */
constexpr int SOCKET_WAIT_MS = 20;

/** Datagrams taken from a socket at once. */
constexpr size_t RECEIVE_BATCH = 32;

/** Threads that may be asked for. */
constexpr uint32_t MAX_THREADS = 64;

}  // namespace dualcast::limits
