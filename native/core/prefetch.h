#pragma once

#include <cstddef>
#include <cstdint>

namespace dualcast {

/** Asks for an object's memory before it is needed; what it points to is another matter. */
template <typename Object>
void prefetch(const Object& object) {
	constexpr size_t CACHE_LINE = 64;
	const auto* const bytes = reinterpret_cast<const uint8_t*>(&object);
	for (size_t at = 0; at < sizeof object; at += CACHE_LINE) __builtin_prefetch(bytes + at);
}

}  // namespace dualcast
