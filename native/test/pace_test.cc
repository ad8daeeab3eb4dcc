#include "../client/pace.h"

#include <algorithm>

#include "check.h"

namespace {

using namespace dualcast;
using std::chrono::microseconds;
using std::chrono::seconds;

/** The longest time without a turn of all viewers in a minute of frames, each of which wakes the program ten times. */
microseconds longestWait(microseconds frame) {
	const Pace::Time start{};
	Pace pace(start);
	Pace::Time last = start;
	microseconds longest{0};
	for (auto at = start; at < start + seconds(60); at += frame) {
		for (int wake = 0; wake < 10; wake++) {
			const auto now = at + wake * microseconds(700);
			if (pace.due(now) != Pace::Due::ALL) continue;
			longest = std::max(longest, std::chrono::duration_cast<microseconds>(now - last));
			last = now;
		}
	}
	return std::max(longest, std::chrono::duration_cast<microseconds>(start + seconds(60) - last));
}

TEST(paced, "every viewer has its turn each second, however the frames fall") {
	for (int frame = 30'000; frame < 41'000; frame += 170) {
		CHECK(longestWait(microseconds(frame)) < microseconds(1'100'000));
	}
}

TEST(hurried, "a viewer that is not secured has its turn twenty times a second") {
	const Pace::Time start{};
	Pace pace(start);
	int turns = 0;
	for (int at = 1; at <= 1000; at++) {
		if (pace.due(start + std::chrono::milliseconds(at)) != Pace::Due::NOBODY) turns++;
	}
	CHECK(turns == 20);
}

}  // namespace
