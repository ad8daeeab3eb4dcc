#pragma once

#include <array>

#include "bytes.h"

namespace dualcast {

/** Protection profiles of SRTP by the numbers DTLS gives them (RFC 5764 4.1.2, RFC 7714 14.2). */
enum class SrtpProfile : uint16_t { AES128_CM_SHA1_80 = 1, AEAD_AES_128_GCM = 7 };

constexpr size_t SRTP_KEY = 16;
constexpr size_t MAX_SRTP_SALT = 14;
constexpr size_t MAX_SRTP_TAG = 16;

constexpr size_t saltLength(SrtpProfile profile) { return profile == SrtpProfile::AEAD_AES_128_GCM ? 12 : 14; }
constexpr size_t tagLength(SrtpProfile profile) { return profile == SrtpProfile::AEAD_AES_128_GCM ? 16 : 10; }

/** A master key and salt of one direction, as exported by DTLS (RFC 5764 4.2). A shorter salt ends in zeros. */
struct MasterKey {
	std::array<uint8_t, SRTP_KEY> key{};
	std::array<uint8_t, MAX_SRTP_SALT> salt{};
};

/** Session keys of RTP or RTCP. */
struct SessionKeys {
	std::array<uint8_t, SRTP_KEY> encryption{};
	std::array<uint8_t, 20> authentication{};
	std::array<uint8_t, MAX_SRTP_SALT> salt{};
};

/** Session keys of one direction (RFC 3711 4.3, key derivation rate 0; RFC 7714 11). */
struct DerivedKeys {
	SessionKeys rtp;
	SessionKeys rtcp;

	DerivedKeys(const MasterKey& master, SrtpProfile profile);
};

/** Where a packet's key stream starts (RFC 3711 4.1.1). @param index 48 bit of RTP or 31 bit of RTCP */
std::array<uint8_t, 16> counterModeIv(const SessionKeys& keys, uint32_t ssrc, uint64_t index);

/** Of RTP and of RTCP (RFC 7714 8.1, 9.1). @param index 48 bit of RTP or 31 bit of RTCP */
std::array<uint8_t, 12> gcmIv(const SessionKeys& keys, uint32_t ssrc, uint64_t index);

}  // namespace dualcast
