#include "srtp_keys.h"

#include <algorithm>

#include "byte_order.h"
#include "packet_cipher.h"

namespace dualcast {
namespace {

/** Key derivation labels of RFC 3711 4.3.2: of the encryption key, the authentication key and the salt. */
struct Labels {
	uint8_t encryption, authentication, salt;
};
constexpr Labels RTP{0, 1, 2};
constexpr Labels RTCP{3, 4, 5};
constexpr size_t LABEL_POSITION = 7;

void deriveKey(const MasterKey& master, uint8_t label, uint8_t* key, size_t length) {
	std::array<uint8_t, 16> iv{};
	std::copy(master.salt.begin(), master.salt.end(), iv.begin());
	iv[LABEL_POSITION] ^= label;
	std::fill(key, key + length, uint8_t{0});
	CounterMode(master.key).crypt(iv, key, length, key);
}

SessionKeys derive(const MasterKey& master, Labels labels, SrtpProfile profile) {
	SessionKeys keys;
	deriveKey(master, labels.encryption, keys.encryption.data(), keys.encryption.size());
	deriveKey(master, labels.authentication, keys.authentication.data(), keys.authentication.size());
	deriveKey(master, labels.salt, keys.salt.data(), saltLength(profile));
	return keys;
}

}  // namespace

DerivedKeys::DerivedKeys(const MasterKey& master, SrtpProfile profile)
    : rtp(derive(master, RTP, profile)), rtcp(derive(master, RTCP, profile)) {}

std::array<uint8_t, 16> counterModeIv(const SessionKeys& keys, uint32_t ssrc, uint64_t index) {
	std::array<uint8_t, 16> iv{};
	std::copy(keys.salt.begin(), keys.salt.end(), iv.begin());
	writeU32(&iv[4], readU32(&iv[4]) ^ ssrc);
	writeU32(&iv[8], readU32(&iv[8]) ^ static_cast<uint32_t>(index >> 16));
	writeU16(&iv[12], readU16(&iv[12]) ^ static_cast<uint16_t>(index));
	return iv;
}

std::array<uint8_t, 12> gcmIv(const SessionKeys& keys, uint32_t ssrc, uint64_t index) {
	std::array<uint8_t, 12> iv{};
	writeU32(&iv[2], ssrc);
	writeU32(&iv[6], static_cast<uint32_t>(index >> 16));
	writeU16(&iv[10], static_cast<uint16_t>(index));
	for (size_t at = 0; at < iv.size(); at++) iv[at] ^= keys.salt[at];
	return iv;
}

}  // namespace dualcast
