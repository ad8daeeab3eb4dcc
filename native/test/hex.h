#pragma once

#include <string>

#include "../core/bytes.h"

namespace dualcast::test {

inline Bytes fromHex(const std::string& text) {
	Bytes bytes;
	for (size_t at = 0; at + 1 < text.size(); at += 2) {
		bytes.push_back(static_cast<uint8_t>(std::stoi(text.substr(at, 2), nullptr, 16)));
	}
	return bytes;
}

template <typename Range>
std::string toHex(const Range& bytes) {
	constexpr char DIGITS[] = "0123456789abcdef";
	std::string text;
	for (const uint8_t byte : bytes) {
		text += DIGITS[byte >> 4];
		text += DIGITS[byte & 15];
	}
	return text;
}

}  // namespace dualcast::test
