#pragma once

#include <chrono>

namespace dualcast {

/**
 * When a program with many viewers takes care of them: of those that are not secured yet every 50 ms, of all once a
 * second. It is asked whenever the program wakes up, which packets decide.
 */
class Pace {
public:
	using Time = std::chrono::steady_clock::time_point;
	enum class Due { NOBODY, HURRIED, ALL };

	static constexpr std::chrono::milliseconds HURRY{50};
	static constexpr std::chrono::milliseconds PERIOD{1000};

	explicit Pace(Time start) : hurried_(start), ticked_(start) {}

	Due due(Time now) {
		if (now - hurried_ < HURRY) return Due::NOBODY;
		hurried_ = now;
		// Looked at with the hurried ones only: a second that ended in between is not lost.
		if (now - ticked_ < PERIOD) return Due::HURRIED;
		ticked_ = now;
		return Due::ALL;
	}

private:
	Time hurried_;
	Time ticked_;
};

}  // namespace dualcast
