#pragma once

#include <array>
#include <cstdint>

namespace dualcast {

/** Which of the last 64 indexes of a sequence were seen (RFC 3711 3.3.2). */
class ReplayWindow {
public:
	/** True if the index is neither a repetition nor too old to know. */
	bool isNew(int64_t index) const {
		if (index > highest_) return true;
		const int64_t age = highest_ - index;
		return age < SIZE && (seen_ >> age & 1) == 0;
	}

	/** Only for packets that are new and authenticated. */
	void accept(int64_t index) {
		if (index > highest_) {
			const int64_t step = index - highest_;
			seen_ = step < SIZE ? seen_ << step | 1 : 1;
			highest_ = index;
		} else {
			seen_ |= uint64_t{1} << (highest_ - index);
		}
	}

private:
	static constexpr int64_t SIZE = 64;
	/** Bit n: the index n below the highest. */
	uint64_t seen_ = 0;
	int64_t highest_ = -1;
};

}  // namespace dualcast
