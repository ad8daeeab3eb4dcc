#pragma once

#include <atomic>
#include <cstdint>

namespace dualcast {

/** What the whole transport has done. Written by its threads, read by anyone. */
struct Counters {
	/** Media, retransmissions included. */
	std::atomic<uint64_t> packetsSent{0};
	std::atomic<uint64_t> bytesSent{0};
	/** Datagrams that belonged to no viewer or were malformed, and RTCP that nobody had time for. */
	std::atomic<uint64_t> strayDatagrams{0};
	/** Packets that could not be sent to one viewer, and batches that a full queue refused. */
	std::atomic<uint64_t> sendErrors{0};
};

inline void count(std::atomic<uint64_t>& counter, uint64_t amount = 1) {
	counter.fetch_add(amount, std::memory_order_relaxed);
}

}  // namespace dualcast
