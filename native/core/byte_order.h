#pragma once

#include <cstdint>

/** Numbers in network order. */
namespace dualcast {

inline uint16_t readU16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }

inline uint32_t readU32(const uint8_t* at) {
	return static_cast<uint32_t>(at[0]) << 24 | static_cast<uint32_t>(at[1]) << 16 | static_cast<uint32_t>(at[2]) << 8 |
	       at[3];
}

inline void writeU16(uint8_t* at, uint16_t value) {
	at[0] = static_cast<uint8_t>(value >> 8);
	at[1] = static_cast<uint8_t>(value);
}

inline void writeU32(uint8_t* at, uint32_t value) {
	writeU16(at, static_cast<uint16_t>(value >> 16));
	writeU16(at + 2, static_cast<uint16_t>(value));
}

}  // namespace dualcast
