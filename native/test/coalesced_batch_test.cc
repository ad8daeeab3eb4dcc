#include <poll.h>

#include <chrono>
#include <cstring>

#include "../client/coalesced_batch.h"
#include "../core/outbox.h"
#include "check.h"

namespace {

using namespace dualcast;

int64_t nanosecondsNow() {
	return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/** Lengths and first bytes of what a burst of these lengths arrives as; its datagrams begin with 1, 2, … */
std::vector<std::pair<size_t, uint8_t>> send(const std::vector<size_t>& burst, const UdpSocket& to, int64_t& arrivedAt) {
	const UdpSocket from("127.0.0.1", 0);
	EventQueue events([] {});
	Counters counters;
	Outbox outbox(events, counters, from.canSegment());
	Route route;
	route.setAddress("127.0.0.1", to.port());
	route.socket = from.descriptor();
	outbox.begin(route);
	uint8_t number = 0;
	for (const size_t length : burst) {
		std::memset(outbox.room(), ++number, length);
		outbox.commit(length);
	}
	outbox.flush();
	CHECK(counters.sendErrors == 0);

	CoalescedBatch batch;
	std::vector<std::pair<size_t, uint8_t>> arrived;
	pollfd watched{to.descriptor(), POLLIN, 0};
	while (arrived.size() < burst.size() && poll(&watched, 1, 10'000) > 0) {
		batch.receive(to, [&](View datagram) {
			arrived.emplace_back(datagram.size, datagram.data[datagram.size - 1]);
			arrivedAt = batch.arrivedAt();
		});
	}
	return arrived;
}

const std::vector<size_t> BURST{1198, 1198, 1198, 333};
const std::vector<std::pair<size_t, uint8_t>> EACH{{1198, 1}, {1198, 2}, {1198, 3}, {333, 4}};

TEST(coalesced, "a burst that arrives as one is cut as it was sent") {
	const UdpSocket socket("127.0.0.1", 0);
	CoalescedBatch::coalesce(socket);
	int64_t arrivedAt = -1;
	CHECK(send(BURST, socket, arrivedAt) == EACH);
	CHECK(arrivedAt == 0);
}

TEST(separate, "a burst arrives one by one where nobody asked for more") {
	const UdpSocket socket("127.0.0.1", 0);
	int64_t arrivedAt = -1;
	CHECK(send(BURST, socket, arrivedAt) == EACH);
}

TEST(stamped, "the kernel says when a datagram came") {
	const UdpSocket socket("127.0.0.1", 0);
	CoalescedBatch::coalesce(socket);
	CoalescedBatch::stamp(socket);
	const int64_t before = nanosecondsNow();
	int64_t arrivedAt = 0;
	CHECK(send(BURST, socket, arrivedAt) == EACH);
	// The kernel's stamp is of the wall clock, which is slewed while this runs.
	constexpr int64_t SLACK = 1'000'000;
	CHECK(arrivedAt > before - SLACK && arrivedAt < nanosecondsNow() + SLACK);
}

}  // namespace
