#pragma once

#include <algorithm>
#include <array>
#include <memory>

#include "../core/udp_socket.h"

namespace dualcast {

/**
 * Datagrams of a socket, of which the kernel may hand over several of equal length as one (UDP_GRO): a burst wakes the
 * receiver once and passes the network stack once.
 */
class CoalescedBatch {
public:
	/** Asks the kernel to coalesce what arrives here; where it cannot, datagrams come one by one. */
	static void coalesce(const UdpSocket& socket);
	/** Asks the kernel to note when datagrams arrive here. */
	static void stamp(const UdpSocket& socket);

	/** Calls `take` with each datagram that is there, up to a cap. */
	template <typename Take>
	void receive(const UdpSocket& socket, Take take) {
		const size_t received = fill(socket);
		for (size_t at = 0; at < received; at++) {
			const View all{memory_.get() + at * ROOM, lengths_[at]};
			const size_t segment = segments_[at] == 0 ? all.size : segments_[at];
			arrivedAt_ = arrivals_[at];
			for (size_t start = 0; start < all.size; start += segment) {
				take(View{all.data + start, std::min(segment, all.size - start)});
			}
		}
	}

	/** When the datagram that `take` has came out of the network: monotonic nanoseconds; 0 where it was not noted. */
	int64_t arrivedAt() const { return arrivedAt_; }

private:
	/** Messages of one call, and bytes of one: an IP packet. */
	static constexpr size_t MESSAGES = 8;
	static constexpr size_t ROOM = 65'536;

	size_t fill(const UdpSocket& socket);

	std::unique_ptr<uint8_t[]> memory_{new uint8_t[MESSAGES * ROOM]};
	std::array<size_t, MESSAGES> lengths_{};
	/** Length of the datagrams of a message, of which the last may be shorter; 0 for one alone. */
	std::array<size_t, MESSAGES> segments_{};
	std::array<int64_t, MESSAGES> arrivals_{};
	int64_t arrivedAt_ = 0;
};

}  // namespace dualcast
