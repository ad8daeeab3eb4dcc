#include "srtp_sender.h"

#include "byte_order.h"

namespace dualcast {

SrtpSender::SrtpSender(const SessionKeys& keys, SrtpProfile profile) : keys_(keys) {
	if (profile == SrtpProfile::AES128_CM_SHA1_80) {
		counterMode_.emplace(CounterModeKeys{CounterMode(keys.encryption), HmacSha1(keys.authentication)});
		return;
	}
	vectorGcm_ = VectorGcm::make(keys.encryption);
	if (!vectorGcm_) gcm_.emplace(keys.encryption, Gcm::Direction::SEAL);
}

size_t SrtpSender::protect(const MediaPacket& packet, uint8_t payloadType, uint16_t sequence, uint8_t* out) {
	RollOver* const source = sources_.find(packet.ssrc);
	if (source == nullptr) return 0;
	const int64_t index = nearestIndex(source->highest, sequence);
	if (index < 0) return 0;
	if (index > source->highest) source->highest = index;

	out[0] = 0x80;
	out[1] = static_cast<uint8_t>((packet.marker ? 0x80 : 0) | payloadType);
	writeU16(out + 2, sequence);
	writeU32(out + 4, packet.timestamp);
	writeU32(out + 8, packet.ssrc);
	const auto position = static_cast<uint64_t>(index);
	const View payload = packet.payload;
	if (!counterMode_) {
		const auto iv = gcmIv(keys_, packet.ssrc, position);
		if (vectorGcm_) {
			vectorGcm_->seal(iv, {out, HEADER}, payload, out + HEADER);
		} else {
			gcm_->seal(iv, {out, HEADER}, {}, payload, out + HEADER);
		}
		return HEADER + payload.size + Gcm::TAG;
	}
	auto& [cipher, signer] = *counterMode_;
	cipher.crypt(counterModeIv(keys_, packet.ssrc, position), payload.data, payload.size, out + HEADER);
	uint8_t rollOver[4];
	writeU32(rollOver, static_cast<uint32_t>(position >> 16));
	const size_t end = HEADER + payload.size;
	signer.sign({out, end}, {rollOver, sizeof rollOver}, out + end);
	return end + HmacSha1::TAG;
}

}  // namespace dualcast
