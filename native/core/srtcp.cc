#include "srtcp.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "byte_order.h"

namespace dualcast {
namespace {

constexpr size_t HEADER = 8;
constexpr size_t SSRC_POSITION = 4;
constexpr size_t INDEX_LENGTH = 4;
constexpr uint32_t ENCRYPTED = 0x80000000;

}  // namespace

// RTCP is rare: its ciphers are made when needed, so that a viewer does not keep them.

SrtcpSender::SrtcpSender(const SessionKeys& keys, SrtpProfile profile) : keys_(keys), profile_(profile) {}

std::optional<Bytes> SrtcpSender::protect(View packet) {
	if (packet.size < HEADER || index_ >= ENCRYPTED) return {};
	const uint32_t index = index_++;
	const uint32_t ssrc = readU32(packet.data + SSRC_POSITION);
	const View body{packet.data + HEADER, packet.size - HEADER};
	uint8_t field[INDEX_LENGTH];
	writeU32(field, ENCRYPTED | index);
	Bytes out(packet.size + INDEX_LENGTH + tagLength(profile_));
	std::copy(packet.data, packet.data + HEADER, out.begin());
	if (profile_ == SrtpProfile::AEAD_AES_128_GCM) {
		Gcm cipher(keys_.encryption, Gcm::Direction::SEAL);
		cipher.seal(gcmIv(keys_, ssrc, index), {packet.data, HEADER}, {field, INDEX_LENGTH}, body, &out[HEADER]);
		std::copy(field, field + INDEX_LENGTH, out.end() - INDEX_LENGTH);
		return out;
	}
	CounterMode(keys_.encryption).crypt(counterModeIv(keys_, ssrc, index), body.data, body.size, &out[HEADER]);
	std::copy(field, field + INDEX_LENGTH, out.begin() + static_cast<long>(packet.size));
	const size_t end = packet.size + INDEX_LENGTH;
	HmacSha1(keys_.authentication).sign({out.data(), end}, {}, &out[end]);
	return out;
}

SrtcpReceiver::SrtcpReceiver(const SessionKeys& keys, SrtpProfile profile) : keys_(keys), profile_(profile) {}

std::optional<Bytes> SrtcpReceiver::unprotect(View datagram) {
	const size_t trailer = INDEX_LENGTH + tagLength(profile_);
	if (datagram.size < HEADER + trailer) return {};
	const bool gcm = profile_ == SrtpProfile::AEAD_AES_128_GCM;
	const size_t fieldAt = datagram.size - (gcm ? INDEX_LENGTH : trailer);
	const uint32_t field = readU32(datagram.data + fieldAt);
	if (field < ENCRYPTED) return {};
	const uint32_t index = field - ENCRYPTED;
	const uint32_t ssrc = readU32(datagram.data + SSRC_POSITION);
	std::optional<Bytes> packet = gcm ? openGcm(datagram, ssrc, index) : openCounterMode(datagram, ssrc, index);
	if (!packet) return {};
	ReplayWindow* const window = sources_.find(ssrc);
	if (window == nullptr || !window->isNew(index)) return {};
	window->accept(index);
	return packet;
}

std::optional<Bytes> SrtcpReceiver::openCounterMode(View datagram, uint32_t ssrc, uint32_t index) {
	const size_t signedEnd = datagram.size - HmacSha1::TAG;
	uint8_t tag[HmacSha1::TAG];
	HmacSha1(keys_.authentication).sign({datagram.data, signedEnd}, {}, tag);
	if (CRYPTO_memcmp(tag, datagram.data + signedEnd, sizeof tag) != 0) return {};
	Bytes packet(datagram.data, datagram.data + signedEnd - INDEX_LENGTH);
	CounterMode(keys_.encryption)
	    .crypt(counterModeIv(keys_, ssrc, index), packet.data() + HEADER, packet.size() - HEADER, packet.data() + HEADER);
	return packet;
}

std::optional<Bytes> SrtcpReceiver::openGcm(View datagram, uint32_t ssrc, uint32_t index) {
	const size_t end = datagram.size - INDEX_LENGTH;
	const View sealed{datagram.data + HEADER, end - HEADER};
	Bytes packet(datagram.data, datagram.data + end - Gcm::TAG);
	Gcm cipher(keys_.encryption, Gcm::Direction::OPEN);
	const bool authentic = cipher.open(gcmIv(keys_, ssrc, index), {datagram.data, HEADER},
	                                   {datagram.data + end, INDEX_LENGTH}, sealed, packet.data() + HEADER);
	if (!authentic) return {};
	return packet;
}

}  // namespace dualcast
