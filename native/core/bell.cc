#include "bell.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <climits>

namespace dualcast {

void Bell::ring(Ears ears) {
	rung_.fetch_add(1, std::memory_order_release);
	syscall(SYS_futex, &rung_, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, nullptr, nullptr, ears);
}

void Bell::wait(Ears ear, uint32_t seen, std::optional<std::chrono::milliseconds> timeout) {
	timespec until{};
	if (timeout) {
		// This kind of wait takes a time of the monotonic clock.
		clock_gettime(CLOCK_MONOTONIC, &until);
		const auto nanoseconds = until.tv_nsec + timeout->count() % 1000 * 1'000'000;
		until.tv_sec += timeout->count() / 1000 + nanoseconds / 1'000'000'000;
		until.tv_nsec = nanoseconds % 1'000'000'000;
	}
	syscall(SYS_futex, &rung_, FUTEX_WAIT_BITSET_PRIVATE, seen, timeout ? &until : nullptr, nullptr, ear);
}

}  // namespace dualcast
