#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dualcast {

using Bytes = std::vector<uint8_t>;

/** Bytes that belong to somebody else and live as long as the call. */
struct View {
	const uint8_t* data = nullptr;
	size_t size = 0;

	View() = default;
	View(const uint8_t* data, size_t size) : data(data), size(size) {}
	View(const Bytes& bytes) : data(bytes.data()), size(bytes.size()) {}

	Bytes copy() const { return Bytes(data, data + size); }
};

}  // namespace dualcast
