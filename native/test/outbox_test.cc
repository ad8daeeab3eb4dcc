#include "../core/outbox.h"

#include <cstring>

#include "../core/udp_socket.h"
#include "check.h"

namespace {

using namespace dualcast;

constexpr size_t LENGTH = 1200;

/** Two packets on their way out. */
void add(Outbox& outbox, const Route& route) {
	outbox.begin(route);
	for (int packet = 0; packet < 2; packet++) {
		std::memset(outbox.room(), 0x80, LENGTH);
		outbox.commit(LENGTH);
	}
}

TEST(counting, "packets count as sent when the kernel has taken them, and as errors when it refused them") {
	for (const bool segmentation : {true, false}) {
		Counters counters;
		EventQueue events([] {});
		Outbox outbox(events, counters, segmentation);
		UdpSocket socket("127.0.0.1", 0);
		Route taken;
		// No socket sends there unasked.
		Route refused;
		CHECK(taken.setAddress("127.0.0.1", socket.port()) && refused.setAddress("255.255.255.255", 9));
		taken.socket = refused.socket = socket.descriptor();
		add(outbox, taken);
		add(outbox, refused);
		add(outbox, taken);
		outbox.add(taken, Bytes(10));
		CHECK(counters.packetsSent == 0);
		outbox.flush();
		CHECK(counters.packetsSent == 4);
		CHECK(counters.bytesSent == 4 * LENGTH);
		CHECK(counters.sendErrors == 2);
	}
}

TEST(streams, "packets for a TCP connection count as sent when there is room for them") {
	Counters counters;
	EventQueue events([] {});
	Outbox outbox(events, counters, false);
	Route route;
	CHECK(route.setAddress("127.0.0.1", 9));
	route.connection = 1;
	CHECK(events.push({Event::Kind::STREAM, 2, Bytes(limits::MAX_QUEUED_STREAM_BYTES - 3000), {}}));
	for (int round = 0; round < 2; round++) {
		add(outbox, route);
		outbox.flush();
	}
	CHECK(counters.packetsSent == 2);
	CHECK(counters.bytesSent == 2 * LENGTH);
	CHECK(counters.sendErrors == 2);
}

}  // namespace
