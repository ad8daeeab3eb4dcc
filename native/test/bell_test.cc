#include "../core/bell.h"

#include <thread>
#include <vector>

#include "check.h"

namespace {

using namespace dualcast;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds DEADLINE{30};

/** Threads that sleep until they are rung for, and then take over in `done` what `work` says. */
struct Listeners {
	Bell bell;
	std::vector<std::atomic<int>> work;
	std::vector<std::atomic<int>> done;
	std::atomic<bool> over{false};
	std::vector<std::thread> threads;

	explicit Listeners(size_t count) : work(count), done(count) {
		for (size_t at = 0; at < count; at++) {
			threads.emplace_back([this, at] {
				while (!over) {
					const uint32_t seen = bell.rung();
					if (done[at] == work[at] && !over) bell.wait(Bell::earOf(static_cast<uint32_t>(at)), seen);
					done[at] = work[at].load();
				}
			});
		}
	}

	~Listeners() {
		over = true;
		bell.ring(~Bell::Ears{0});
		for (std::thread& thread : threads) thread.join();
	}

	bool settle() {
		const auto end = Clock::now() + DEADLINE;
		for (size_t at = 0; at < work.size(); at++) {
			while (done[at] != work[at]) {
				if (Clock::now() > end) return false;
				std::this_thread::yield();
			}
		}
		return true;
	}
};

TEST(together, "one ring wakes everybody it is for, and no ring is missed") {
	Listeners listeners(40);
	for (int round = 0; round < 2000; round++) {
		Bell::Ears ears = 0;
		for (size_t at = static_cast<size_t>(round) % 3; at < 40; at += 3) {
			listeners.work[at]++;
			ears |= Bell::earOf(static_cast<uint32_t>(at));
		}
		listeners.bell.ring(ears);
		if (round % 7 == 0) CHECK(listeners.settle());
	}
	CHECK(listeners.settle());
}

TEST(timeout, "who waits for a time waits for that time, and not at all when it was rung meanwhile") {
	Bell bell;
	const auto before = Clock::now();
	bell.wait(Bell::earOf(3), bell.rung(), milliseconds(1100));
	CHECK(Clock::now() - before >= milliseconds(1000));
	const uint32_t seen = bell.rung();
	bell.ring(Bell::earOf(4));
	const auto after = Clock::now();
	bell.wait(Bell::earOf(3), seen, 2 * DEADLINE);
	CHECK(Clock::now() - after < DEADLINE);
}

}  // namespace
