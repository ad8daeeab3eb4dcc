#pragma once

#include <array>
#include <cstdint>

#include "limits.h"

namespace dualcast {

/** Something for each SSRC of a viewer, of which there are few. */
template <typename Value>
class SourceTable {
public:
	/** @returns null when there are too many */
	Value* find(uint32_t ssrc) {
		for (size_t at = 0; at < count_; at++) {
			if (entries_[at].ssrc == ssrc) return &entries_[at].value;
		}
		if (count_ == entries_.size()) return nullptr;
		entries_[count_].ssrc = ssrc;
		return &entries_[count_++].value;
	}

private:
	struct Entry {
		uint32_t ssrc = 0;
		Value value{};
	};
	std::array<Entry, limits::MAX_SSRCS> entries_{};
	size_t count_ = 0;
};

}  // namespace dualcast
