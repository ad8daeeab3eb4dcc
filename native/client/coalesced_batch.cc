#include "coalesced_batch.h"

#include <netinet/udp.h>
#include <sys/socket.h>

#include <cstring>
#include <ctime>

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace dualcast {
namespace {

struct alignas(cmsghdr) Control {
	uint8_t bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(timespec))];
};

/** What the kernel says beside a message; zero where it does not. */
template <typename Value>
Value read(msghdr& header, int level, int type) {
	Value value{};
	for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
		if (part->cmsg_level == level && part->cmsg_type == type) std::memcpy(&value, CMSG_DATA(part), sizeof value);
	}
	return value;
}

int64_t nanoseconds(const timespec& time) { return time.tv_sec * int64_t{1'000'000'000} + time.tv_nsec; }

int64_t nanosecondsOf(clockid_t clock) {
	timespec time{};
	clock_gettime(clock, &time);
	return nanoseconds(time);
}

void turnOn(const UdpSocket& socket, int level, int option) {
	const int on = 1;
	setsockopt(socket.descriptor(), level, option, &on, sizeof on);
}

}  // namespace

void CoalescedBatch::coalesce(const UdpSocket& socket) { turnOn(socket, SOL_UDP, UDP_GRO); }

void CoalescedBatch::stamp(const UdpSocket& socket) { turnOn(socket, SOL_SOCKET, SO_TIMESTAMPNS); }

size_t CoalescedBatch::fill(const UdpSocket& socket) {
	mmsghdr headers[MESSAGES];
	iovec parts[MESSAGES];
	Control controls[MESSAGES];
	std::memset(headers, 0, sizeof headers);
	for (size_t at = 0; at < MESSAGES; at++) {
		parts[at] = {memory_.get() + at * ROOM, ROOM};
		headers[at].msg_hdr.msg_iov = &parts[at];
		headers[at].msg_hdr.msg_iovlen = 1;
		headers[at].msg_hdr.msg_control = controls[at].bytes;
		headers[at].msg_hdr.msg_controllen = sizeof controls[at].bytes;
	}
	const int received = recvmmsg(socket.descriptor(), headers, MESSAGES, MSG_DONTWAIT, nullptr);
	if (received <= 0) return 0;
	// The kernel's stamps are of the wall clock.
	const int64_t epoch = nanosecondsOf(CLOCK_REALTIME) - nanosecondsOf(CLOCK_MONOTONIC);
	for (size_t at = 0; at < static_cast<size_t>(received); at++) {
		msghdr& header = headers[at].msg_hdr;
		lengths_[at] = headers[at].msg_len;
		segments_[at] = static_cast<size_t>(read<int>(header, SOL_UDP, UDP_GRO));
		const auto stamp = nanoseconds(read<timespec>(header, SOL_SOCKET, SCM_TIMESTAMPNS));
		arrivals_[at] = stamp == 0 ? 0 : stamp - epoch;
	}
	return static_cast<size_t>(received);
}

}  // namespace dualcast
