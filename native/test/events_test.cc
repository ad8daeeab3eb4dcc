#include "../core/events.h"

#include "../core/limits.h"
#include "check.h"

namespace {

using namespace dualcast;

constexpr size_t TURN = limits::MAX_RTCP_PER_TURN;

Event rtcp(uint32_t id) { return {Event::Kind::RTCP, id, Bytes(8), {}}; }
Event stream(size_t size) { return {Event::Kind::STREAM, 0, Bytes(size), {}}; }

TEST(turns, "RTCP is handed over in order, so much a turn") {
	size_t wakes = 0;
	EventQueue queue([&] { wakes++; });
	for (uint32_t id = 0; id < 2 * TURN + 1; id++) CHECK(queue.push(rtcp(id)));
	uint32_t next = 0;
	for (const size_t count : {TURN, TURN, size_t{1}, size_t{0}}) {
		const auto taken = queue.take();
		CHECK(taken.size() == count);
		for (const Event& event : taken) CHECK(event.id == next++);
	}
	CHECK(wakes == 1);
	CHECK(queue.push(rtcp(next)));
	CHECK(wakes == 2);
}

TEST(room, "what is taken makes room, and no more") {
	EventQueue queue([] {});
	for (size_t count = 0; count < limits::MAX_QUEUED_RTCP; count++) CHECK(queue.push(rtcp(1)));
	for (size_t count = 0; count < TURN; count++) CHECK(!queue.push(rtcp(1)));
	CHECK(queue.push({Event::Kind::CLOSED, 1, {}, "gone"}));
	CHECK(queue.take().size() == TURN);
	for (size_t count = 0; count < TURN; count++) CHECK(queue.push(rtcp(1)));
	CHECK(!queue.push(rtcp(1)));
}

TEST(others, "only RTCP is counted, and what comes after it waits for its turn") {
	EventQueue queue([] {});
	for (size_t count = 0; count < 2 * TURN; count++) CHECK(queue.push(stream(1)));
	for (size_t count = 0; count < TURN; count++) CHECK(queue.push(rtcp(1)));
	CHECK(queue.push({Event::Kind::CLOSED, 1, {}, "gone"}));
	CHECK(queue.take().size() == 3 * TURN);
	CHECK(queue.take().at(0).text == "gone");
}

TEST(streamRoom, "bytes that are taken make room, and no more") {
	constexpr size_t HALF = limits::MAX_QUEUED_STREAM_BYTES / 2;
	EventQueue queue([] {});
	CHECK(queue.push(stream(HALF)));
	for (size_t count = 0; count < TURN; count++) CHECK(queue.push(rtcp(1)));
	CHECK(queue.push(stream(HALF)));
	CHECK(!queue.push(stream(1)));
	CHECK(queue.take().size() == TURN + 1);
	CHECK(queue.push(stream(HALF)));
	CHECK(!queue.push(stream(1)));
}

}  // namespace
